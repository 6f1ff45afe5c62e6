package spool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// model is what a spool with one consumer is, in memory. What is under way, after an operation that failed, or not yet
// committed, a crash may leave or take.
type model struct {
	messages []string        // by sequence - 1; "" for one that is known to be missing
	acked    map[uint64]bool // acknowledged
	safe     map[uint64]bool // acknowledged, and committed
	dead     map[uint64]bool // made dead letters
	tries    map[uint64]int  // deliveries
	flight   map[uint64]bool // in flight
	given    map[uint64]bool // given back
	reached  uint64          // the highest sequence that was delivered since the last opening
}

func newModel() *model {
	return &model{
		acked: map[uint64]bool{}, safe: map[uint64]bool{}, dead: map[uint64]bool{},
		tries: map[uint64]int{}, flight: map[uint64]bool{}, given: map[uint64]bool{},
	}
}

// expected is the sequence that comes next, 0 if none: what was given back first, then what is new.
func (m *model) expected() uint64 {
	least := uint64(0)
	for n := range m.given {
		if !m.acked[n] && (least == 0 || n < least) {
			least = n
		}
	}
	if least != 0 {
		return least
	}
	for n := m.reached + 1; n <= uint64(len(m.messages)); n++ {
		if !m.acked[n] {
			return n
		}
	}
	return 0
}

// restart forgets what lives only as long as the process, and what a crash has taken of the acknowledgements.
func (m *model) restart(acked map[uint64]bool) {
	m.acked, m.reached = acked, 0
	for acked[m.reached+1] {
		m.reached++
	}
	clear(m.flight)
	clear(m.given)
}

// machine runs a spool and its model side by side.
type machine struct {
	model
	fsys  *vfstest.FS
	s     *Spool
	c     *Consumer
	opts  []Option
	count int
}

const maxTries = 3

func (m *machine) open(t *rapid.T) {
	var err error
	m.s, err = Open(dir, append([]Option{withFS(m.fsys), WithSegmentSize(MinSegmentSize), WithRetention(Retention{
		Bytes: 1 << 40, // everything is kept, to be compared
	})}, m.opts...)...)
	require.NoError(t, err)
	m.c, err = m.s.Consumer("c", ConsumerOptions{MaxDeliveries: maxTries})
	require.NoError(t, err)
}

func (m *machine) newText(t *rapid.T) string {
	m.count++
	length := rapid.IntRange(0, 700).Draw(t, "length")
	return fmt.Sprintf("%d %0*d", m.count, length, 0)
}

func (m *machine) append(t *rapid.T) {
	s := m.newText(t)
	r, err := m.s.Append(context.Background(), text("%s", s))
	require.NoError(t, err)
	m.messages = append(m.messages, s)
	require.Equal(t, uint64(len(m.messages)), r.Sequence)
	if rapid.Bool().Draw(t, "claim") {
		isNext := len(m.given) == 0 && m.reached == r.Sequence-1
		require.Equal(t, isNext, m.c.Claim(r))
		if isNext {
			m.flight[r.Sequence], m.tries[r.Sequence], m.reached = true, 1, r.Sequence
		}
	}
}

func (m *machine) appendBatch(t *rapid.T) {
	var es []Entry
	for range rapid.IntRange(1, 8).Draw(t, "entries") {
		s := m.newText(t)
		es = append(es, text("%s", s))
		m.messages = append(m.messages, s)
	}
	rs, err := m.s.AppendBatch(context.Background(), es)
	require.NoError(t, err)
	require.Len(t, rs, len(es))
	require.Equal(t, uint64(len(m.messages)), rs[len(rs)-1].Sequence)
}

// appendBadly appends while the disk is full: nothing happens.
func (m *machine) appendBadly(t *rapid.T) {
	percent := rapid.IntRange(0, 100).Draw(t, "percent written")
	m.fsys.SetFail(func(op vfstest.Op) error {
		if op.Kind == vfstest.Write && op.Size > 0 {
			return &vfstest.Short{N: op.Size * percent / 100, Err: syscall.ENOSPC}
		}
		return nil
	})
	_, err := m.s.Append(context.Background(), text("%s", m.newText(t)))
	m.fsys.SetFail(nil)
	require.ErrorIs(t, err, syscall.ENOSPC)
}

func (m *machine) deliver(t *rapid.T) {
	d, err := m.c.TryNext()
	for {
		want := m.expected()
		m.pass(want)
		if want == 0 {
			require.ErrorIs(t, err, ErrEnd)
			m.reached = uint64(len(m.messages))
			return
		}
		delete(m.given, want)
		m.reached = max(m.reached, want)
		if m.tries[want] >= maxTries {
			m.acked[want], m.dead[want] = true, true
			continue
		}
		m.tries[want]++
		require.NoError(t, err, "want %d", want)
		require.Equal(t, want, d.Sequence)
		require.Equal(t, m.messages[want-1], string(d.Message.Frame(0)))
		require.Equal(t, m.tries[want], d.Deliveries)
		m.flight[want] = true
		return
	}
}

// pass forgets what was given back, and acknowledged since, if it comes before the message that is wanted.
func (m *machine) pass(want uint64) {
	for n := range m.given {
		if m.acked[n] && (n < want || !m.given[want]) {
			delete(m.given, n)
		}
	}
}

// one draws a message in flight, 0 if there is none.
func (m *machine) one(t *rapid.T) uint64 {
	if len(m.flight) == 0 {
		return 0
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.flight))).Draw(t, "in flight")
}

func (m *machine) ack(t *rapid.T) {
	last := rapid.Uint64Range(0, uint64(len(m.messages))).Draw(t, "last")
	first := rapid.Uint64Range(1, last+1).Draw(t, "first")
	if rapid.Bool().Draw(t, "one in flight") {
		first = m.one(t)
		last = first
	}
	require.NoError(t, m.c.Ack(Range{first, last}))
	for n := max(first, 1); n <= last; n++ {
		m.acked[n] = true
		delete(m.flight, n)
	}
}

func (m *machine) nack(t *rapid.T) {
	if n := m.one(t); n != 0 {
		require.NoError(t, m.c.Nack(n, 0))
		m.given[n] = true
		delete(m.flight, n)
	}
}

func (m *machine) giveBack(t *rapid.T) {
	if n := m.one(t); n != 0 {
		require.NoError(t, m.c.Return(n))
		m.given[n] = true
		m.tries[n]--
		delete(m.flight, n)
	}
}

func (m *machine) reject(t *rapid.T) {
	if n := m.one(t); n != 0 {
		require.NoError(t, m.c.Reject(n, "rejected"))
		delete(m.flight, n)
		m.acked[n], m.dead[n] = true, true
	}
}

func (m *machine) commit(t *rapid.T) {
	require.NoError(t, m.s.Commit())
	m.safe = maps.Clone(m.acked)
}

func (m *machine) reopen(t *rapid.T) {
	require.NoError(t, m.s.Close())
	m.safe = maps.Clone(m.acked)
	m.restart(maps.Clone(m.acked))
	m.open(t)
}

// crash lets the machine stop: what was not committed of the acknowledgements is there or is not.
func (m *machine) crash(t *rapid.T) {
	after := m.fsys.Crash(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
	if err := m.s.Close(); err != nil {
		require.NoError(t, err)
	}
	m.fsys = after
	m.open(t)
	acked := map[uint64]bool{}
	for n := range uint64(len(m.messages)) {
		if m.c.account.Contains(n + 1) {
			acked[n+1] = true
			require.True(t, m.acked[n+1], "%d was never acknowledged", n+1)
		}
		require.False(t, m.safe[n+1] && !acked[n+1], "the acknowledgement of %d is lost", n+1)
		tries := int(m.c.account.Count(n+1, 1))
		require.LessOrEqual(t, tries, maxTries)
		m.tries[n+1] = tries // deliveries that were not committed may be forgotten
	}
	m.restart(acked)
}

// check compares all messages, and the dead letters.
func (m *machine) check(t *rapid.T) {
	var got []string
	for r, err := range m.s.Records(FromOldest()) {
		require.NoError(t, err)
		require.Equal(t, uint64(len(got)+1), r.Sequence)
		got = append(got, string(r.Message.Frame(0)))
	}
	require.Equal(t, m.messages, got)
	d, err := m.s.DeadLetters()
	require.NoError(t, err)
	dead := map[uint64]bool{}
	for letter, err := range d.All() {
		require.NoError(t, err)
		require.Equal(t, m.messages[letter.Was-1], string(letter.Message.Frame(0)))
		dead[letter.Was] = true
	}
	require.Equal(t, m.dead, dead)
	info, err := m.c.Info()
	require.NoError(t, err)
	require.Equal(t, len(m.messages)-len(m.acked), int(info.Pending))
	require.Equal(t, len(m.flight), info.InFlight)
}

func TestSpoolIsItsModel(t *testing.T) {
	for name, opts := range map[string][]Option{"group": nil, "each": {WithSync(SyncEach)}} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := &machine{model: *newModel(), fsys: vfstest.New(), opts: opts}
				m.open(t)
				defer func() {
					if err := m.s.Close(); err != nil && !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
				}()
				t.Repeat(map[string]func(*rapid.T){
					"append": m.append, "append batch": m.appendBatch, "append badly": m.appendBadly,
					"deliver": m.deliver, "deliver one more": m.deliver, "ack": m.ack, "nack": m.nack, "give back": m.giveBack,
					"reject": m.reject, "commit": m.commit, "reopen": m.reopen, "crash": m.crash, "": m.check,
				})
			})
		})
	}
}
