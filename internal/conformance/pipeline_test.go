package conformance_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

func TestPushWaitsForAPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush)
		m := ringmq.NewString("first")
		require.ErrorIs(t, push.TrySend(m), ringmq.ErrWouldBlock)
		require.ErrorIs(t, push.Send(soon(t), m), context.DeadlineExceeded)
		require.ErrorIs(t, push.SendBytes(soon(t), m.Frame(0)), context.DeadlineExceeded)
		n, err := push.SendBatch(soon(t), []ringmq.Message{m, m})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, n)

		ctx := deadline(t)
		done := blocked(t, func() error { return push.Send(ctx, m) })
		pull := open(t, pipeline.NewPull)
		bound := bind(t, push, fresh())
		require.NoError(t, pull.Connect(bound))
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"first"}, recv(t, pull))
		requireEmpty(t, pull)
	})
}

// TestWaitsEndWithTheContext: every call that waits, and every way in which a context ends.
func TestWaitsEndWithTheContext(t *testing.T) {
	m := ringmq.NewString("m")
	calls := map[string]func(ctx context.Context, push *pipeline.Push, pull *pipeline.Pull) error{
		"Send": func(ctx context.Context, push *pipeline.Push, _ *pipeline.Pull) error { return push.Send(ctx, m) },
		"SendBytes": func(ctx context.Context, push *pipeline.Push, _ *pipeline.Pull) error {
			return push.SendBytes(ctx, []byte("m"))
		},
		"SendBatch": func(ctx context.Context, push *pipeline.Push, _ *pipeline.Pull) error {
			_, err := push.SendBatch(ctx, []ringmq.Message{m})
			return err
		},
		"Recv": func(ctx context.Context, _ *pipeline.Push, pull *pipeline.Pull) error {
			_, err := pull.Recv(ctx)
			return err
		},
		"RecvBatch": func(ctx context.Context, _ *pipeline.Push, pull *pipeline.Pull) error {
			_, err := pull.RecvBatch(ctx, make([]ringmq.Message, 3))
			return err
		},
		"Messages": func(ctx context.Context, _ *pipeline.Push, pull *pipeline.Pull) (err error) {
			for _, err = range pull.Messages(ctx) {
				if err == nil {
					return errors.New("a message from nowhere")
				}
			}
			return err
		},
	}
	push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, call(soon(t), push, pull), context.DeadlineExceeded)

			ctx, cancel := context.WithCancel(context.Background())
			done := blocked(t, func() error { return call(ctx, push, pull) })
			cancel()
			require.ErrorIs(t, result(t, done), context.Canceled)
			require.ErrorIs(t, call(ctx, push, pull), context.Canceled, "ended before the call")

			why := errors.New("why")
			ctx, stop := context.WithCancelCause(context.Background())
			done = blocked(t, func() error { return call(ctx, push, pull) })
			stop(why)
			require.ErrorIs(t, result(t, done), context.Canceled, "a cause does not hide the context's own error")
		})
	}
}

// TestPushLeavesOutALostPeer: what is sent after a peer went goes to those that are there.
func TestPushLeavesOutALostPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, a, b := open(t, pipeline.NewPush), open(t, pipeline.NewPull), open(t, pipeline.NewPull)
		bound := bind(t, push, fresh())
		join(t, push, a, bound)
		join(t, push, b, bound)
		shut(t, a)
		awaitPeers(t, push, 1)
		for i := range 10 {
			send(t, push, strconv.Itoa(i))
		}
		for i := range 10 {
			require.Equal(t, []string{strconv.Itoa(i)}, recv(t, b))
		}
		shut(t, b)
		awaitPeers(t, push, 0)
		require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
	})
}

// TestQueuedMessagesOutliveTheirSender: what has arrived can be received after the peer is gone.
func TestQueuedMessagesOutliveTheirSender(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush, socket.WithLinger(patience)), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		for i := range 100 {
			send(t, push, strconv.Itoa(i))
		}
		require.NoError(t, within(t, "Close", push.Close))
		awaitPeers(t, pull, 0)
		for i := range 100 {
			require.Equal(t, []string{strconv.Itoa(i)}, recv(t, pull))
		}
	})
}

// numbered is a message that says which goroutine sent it, and which of its messages it is.
func numbered(from, n int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(from)), uint32(n))
}

// tally checks numbered messages: each goroutine that receives sees those of one sender in order, and all of them
// together see each exactly once.
type tally struct {
	mu   sync.Mutex
	seen [][]bool
	left int
}

func newTally(senders, each int) *tally {
	s := &tally{left: senders * each}
	for range senders {
		s.seen = append(s.seen, make([]bool, each))
	}
	return s
}

// add returns whether that was the last one.
func (s *tally) add(m ringmq.Message, last []int) (done bool, err error) {
	b := m.Frame(m.Len() - 1)
	from, n := int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
	if n <= last[from] {
		return false, fmt.Errorf("sender %d: message %d after %d", from, n, last[from])
	}
	last[from] = n
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[from][n] {
		return false, fmt.Errorf("sender %d: message %d twice", from, n)
	}
	s.seen[from][n] = true
	s.left--
	return s.left == 0, nil
}

// before is what add takes for a receiver that has seen nothing.
func before(senders int) []int {
	last := make([]int, senders)
	for i := range last {
		last[i] = -1
	}
	return last
}

// TestManySendersAndReceivers: several sockets a side, each used by several goroutines at once, with marks so low that
// everybody blocks all the time. Nothing is lost, doubled or reordered.
func TestManySendersAndReceivers(t *testing.T) {
	const sockets, goroutines, each = 2, 3, 1500
	const senders = sockets * goroutines
	low := []socket.Option{socket.WithSendHWM(7), socket.WithRecvHWM(5)}
	everywhere(t, func(t *testing.T, fresh func() string) {
		var pushes []*pipeline.Push
		var pulls []*pipeline.Pull
		for range sockets {
			pushes = append(pushes, open(t, pipeline.NewPush, low...))
			pulls = append(pulls, open(t, pipeline.NewPull, low...))
		}
		for _, pull := range pulls {
			bound := bind(t, pull, fresh())
			for _, push := range pushes {
				join(t, pull, push, bound)
			}
		}
		ctx, finish := context.WithCancel(deadline(t))
		defer finish()
		all := newTally(senders, each)
		var wg sync.WaitGroup
		for i := range senders {
			wg.Go(func() { pushNumbered(t, ctx, pushes[i%sockets], i, each) })
			wg.Go(func() { pullNumbered(t, ctx, pulls[i%sockets], all, senders, finish) })
		}
		wg.Wait()
		for i := range sockets {
			t.Logf("pull %d: %+v; push %d: %+v", i, pulls[i].Stats(), i, pushes[i].Stats()) // shown on failure: where it stuck
		}
		require.Zero(t, all.left)
		for _, pull := range pulls {
			requireEmpty(t, pull)
		}
	})
}

// pushNumbered sends by all the ways there are.
func pushNumbered(t *testing.T, ctx context.Context, s sender, from, each int) {
	buf := make([]byte, 0, 8)
	for n := 0; n < each; {
		var err error
		switch n % 3 {
		case 0:
			err = s.Send(ctx, ringmq.NewMessage(numbered(from, n)))
			n++
		case 1:
			buf = append(buf[:0], numbered(from, n)...)
			err = s.SendBytes(ctx, buf)
			clear(buf)
			n++
		case 2:
			batch := []ringmq.Message{ringmq.NewMessage(numbered(from, n)), ringmq.NewMessage(numbered(from, n+1))}
			var k int
			k, err = s.SendBatch(ctx, batch[:min(2, each-n)])
			n += k
		}
		if err != nil {
			t.Errorf("sender %d, message %d: %v", from, n, err)
			return
		}
	}
}

// pullNumbered receives until somebody has had the last one.
func pullNumbered(t *testing.T, ctx context.Context, r receiver, all *tally, senders int, finish func()) {
	last, dst := before(senders), make([]ringmq.Message, 4)
	for {
		n, err := r.RecvBatch(ctx, dst)
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			t.Errorf("receive: %v", err)
			return
		}
		for i := range dst[:n] {
			done, err := all.add(dst[i], last)
			if err != nil {
				t.Error(err)
			}
			if done {
				finish()
			}
			dst[i].Release()
		}
	}
}
