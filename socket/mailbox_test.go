package socket

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// plain is a pattern that takes messages in turn and nothing else.
type plain struct {
	Base
	core *Core
}

func (p *plain) Recv(m *ringmq.Message) error {
	if p.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

// newReceiving is a core without loops: enough to receive with.
func newReceiving(hwm int) *Core {
	c := &Core{kind: KindOf(PULL), closed: make(chan struct{}), pipes: map[uint64]*Pipe{}, conns: map[*conn]struct{}{}}
	c.cfg = defaults()
	c.cfg.recvHWM = hwm
	c.readable.ch = make(chan struct{}, 1)
	c.drive.core = c
	c.pattern = &plain{core: c}
	c.receive = c.pattern.Recv
	return c
}

// numberedMessage is message n of a writer.
func numberedMessage(writer, n int) ringmq.Message {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 8), uint32(writer))
	return ringmq.NewMessage(binary.BigEndian.AppendUint32(b, uint32(n)))
}

func numbersOf(m ringmq.Message) (writer, n int) {
	b := m.Frame(0)
	return int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestMailboxRoom(t *testing.T) {
	for _, hwm := range []int{1, 2, 7, 8, 1000} {
		b := newMailbox(nil, hwm)
		m := numberedMessage(0, 0)
		for left := hwm; left > 0; left-- {
			require.Equal(t, left, b.room())
			b.q.Push(m)
		}
		require.Zero(t, b.room(), "unpublished messages count")
		b.publish()
		for range hwm {
			b.q.Pop()
		}
		require.Nil(t, b.q.Peek())
		require.Equal(t, hwm, b.room(), "all room is back when the reader has found the queue empty")
	}
	b := newMailbox(nil, 0)
	require.Equal(t, math.MaxInt, b.room())
	require.True(t, b.half(math.MaxInt))
}

// The writer of a full mailbox goes on when half of it is taken, and is told so once.
func TestMailboxPause(t *testing.T) {
	for _, hwm := range []int{1, 2, 3, 100} {
		t.Run(fmt.Sprint(hwm), func(t *testing.T) {
			b := newMailbox(nil, hwm)
			require.False(t, b.pause(), "there is room")
			require.False(t, b.roomAgain(), "nobody waits")
			m := numberedMessage(0, 0)
			for range hwm {
				b.q.Push(m)
			}
			b.publish()
			require.True(t, b.pause())
			told := 0
			for left := hwm; left > 0; left-- {
				if b.roomAgain() {
					told++
					require.LessOrEqual(t, left, hwm/2)
				}
				b.q.Pop()
			}
			b.q.Peek()
			if b.roomAgain() {
				told++
			}
			require.Equal(t, 1, told)
			require.False(t, b.pause())
		})
	}
}

func TestMailboxIsListedOnce(t *testing.T) {
	c := newReceiving(0)
	p := c.newPipe("", true)
	m := numberedMessage(0, 0)
	for range 3 {
		p.in.q.Push(m)
		p.in.publish()
	}
	require.Len(t, c.inbox, 1)
	require.False(t, p.in.rest(), "something is there: it stays on the list")
	require.True(t, p.in.active.Load())
	for range 3 {
		p.in.q.Pop()
	}
	require.True(t, p.in.rest())
	require.False(t, p.in.active.Load())
	p.in.publish()
	require.Len(t, c.inbox, 2, "whoever publishes to an idle mailbox lists it")
}

// TestMailboxStress joins writers that publish batches, each to a mailbox of its own, and receivers that park. Legal
// outcomes: every message of every writer arrives once and, with one receiver, in order; nobody parks for ever.
func TestMailboxStress(t *testing.T) {
	for _, c := range []struct{ hwm, writers, receivers, batch, each int }{
		{0, 1, 1, 1, 20_000},
		{0, 1, 1, 7, 20_000},
		{1, 1, 1, 1, 5_000},
		{2, 3, 1, 1, 5_000},
		{100, 2, 1, 50, 20_000},
		{1000, 6, 1, 3, 5_000}, // more pipes than stay on the list while empty
		{3, 2, 3, 2, 5_000},
		{0, 6, 3, 1, 5_000},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			s := &mailStress{Core: newReceiving(c.hwm), ctx: within(t), batch: c.batch, each: c.each}
			s.ordered = c.receivers == 1
			s.run(t, c.writers, c.receivers)
		})
	}
}

type mailStress struct {
	*Core
	ctx         context.Context
	batch, each int
	ordered     bool

	mu   sync.Mutex
	next []int // of each writer, the next message, or with several receivers the number of messages
	left int
}

func (s *mailStress) run(t *testing.T, writers, receivers int) {
	s.next, s.left = make([]int, writers), writers*s.each
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	errs := make(chan error, writers+receivers)
	for i := range writers {
		p := s.newPipe("", true)
		go func() { errs <- s.write(p, i) }()
	}
	for range receivers {
		go func() { errs <- s.receive(ctx, stop) }()
	}
	for range writers + receivers {
		require.NoError(t, <-errs)
	}
	for _, n := range s.next {
		require.Equal(t, s.each, n)
	}
}

// write is what the sending side does, over inproc: the receiver wakes it when there is room again.
func (s *mailStress) write(p *Pipe, writer int) error {
	sender := new(Core)
	p.local.Store(&link{from: p, other: &Pipe{core: sender}})
	for n := 0; n < s.each; {
		for range min(s.batch, s.each-n, p.in.room()) {
			m := numberedMessage(writer, n)
			p.in.q.Push(m)
			n++
		}
		p.in.publish()
		for p.in.room() == 0 && p.in.pause() {
			if !sender.writable.until(s.ctx, func() bool { return !p.in.paused.Load() }) {
				return fmt.Errorf("writer %d stranded after %d messages, %d in its mailbox", writer, n, p.in.q.Depth())
			}
		}
	}
	return nil
}

func (s *mailStress) receive(ctx context.Context, stop func()) error {
	r := Receiver{s.Core}
	for {
		m, err := r.Recv(ctx)
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.left > 0 {
				return fmt.Errorf("%d messages missing: %w", s.left, err)
			}
			return nil
		}
		if err := s.count(m, stop); err != nil {
			return err
		}
	}
}

func (s *mailStress) count(m ringmq.Message, stop func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	writer, n := numbersOf(m)
	if s.ordered && n != s.next[writer] {
		return fmt.Errorf("message %d of writer %d in place of %d", n, writer, s.next[writer])
	}
	s.next[writer]++
	if s.left--; s.left == 0 {
		stop()
	}
	return nil
}

// The reader's protocol alone, without the list's short cuts: after rest, a publish activates.
func TestParkedReaderIsActivated(t *testing.T) {
	const total = 30_000
	c := newReceiving(0)
	p := c.newPipe("", true)
	c.readable.n.Store(1)
	go func() {
		for n := range total {
			m := numberedMessage(0, n)
			p.in.q.Push(m)
			p.in.publish()
		}
	}()
	timeout := time.After(patience)
	for want := 0; want < total; {
		select {
		case <-c.readable.ch:
		case <-timeout:
			require.Fail(t, "parked for ever", "after %d messages", want)
		}
		c.takeInbox()
		require.LessOrEqual(t, len(c.turns), 1, "listed twice")
		for len(c.turns) > 0 {
			if m, ok := p.in.q.Pop(); ok {
				_, n := numbersOf(m)
				require.Equal(t, want, n)
				want++
			} else if p.in.rest() {
				c.turns = c.turns[:0]
			}
		}
	}
}
