package socket

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// gate is a pattern that writes to one pipe, and down what it writes, if it is not shut to that.
type gate struct {
	Base
	spool *spool.Spool
	core  *Core

	// Send lock.
	pipe *Pipe
	shut string
	sent []string
}

func (g *gate) Send(m *ringmq.Message, borrowed bool) error {
	text := string(m.Frame(0))
	if g.pipe == nil || text == g.shut || !g.pipe.Write(nil, m, borrowed) {
		return ringmq.ErrWouldBlock
	}
	g.sent = append(g.sent, text)
	return nil
}

// newGate returns the pattern of a PUSH with a spool.
func newGate(t *testing.T) *gate {
	sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Memory), spool.WithSegmentSize(1<<16))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sp.Close()) })
	g := &gate{spool: sp}
	g.core, err = New(KindOf(PUSH), func(*Core) Pattern { return g }, WithSpool(sp), WithLinger(0))
	require.NoError(t, err)
	t.Cleanup(func() { _ = NewSocket(g.core).Close() })
	return g
}

// meet gives the socket a peer, which takes messages but acknowledges none. Send lock held.
func (g *gate) meet() {
	g.pipe = g.core.newPipe("tcp://test", true)
	g.pipe.lane.Store(g.core.outbox)
	g.core.outbox.begin(g.pipe, true)
}

// leave takes the peer away. Send lock held.
func (g *gate) leave() {
	g.core.outbox.end(g.pipe)
	g.pipe = nil
}

// put has messages come into the spool without the socket's doing; 'k' at the beginning of one is its key.
func (g *gate) put(t *testing.T, texts ...string) {
	for _, text := range texts {
		e := spool.Entry{Message: ringmq.NewString(text)}
		if text[0] == 'k' {
			e.Key = []byte("k")
		}
		_, err := g.spool.Append(t.Context(), e)
		require.NoError(t, err)
	}
	g.core.outbox.prod()
}

// awaitRead waits until so many messages were taken out of the spool.
func (g *gate) awaitRead(t *testing.T, n int) {
	waitFor(t, "messages are read", func() bool {
		info, err := g.core.outbox.consumer.Info()
		require.NoError(t, err)
		return info.InFlight == n
	})
}

// requireSent asserts what has been written, to all peers.
func (g *gate) requireSent(t *testing.T, texts ...string) {
	t.Helper()
	var sent []string
	waitFor(t, "messages are sent", func() bool {
		g.core.HoldsSend(func() { sent = slices.Clone(g.sent) })
		return len(sent) >= len(texts)
	})
	require.Equal(t, texts, sent)
}

// TestConnectionEndsWithABatchInHand: what was on its way comes first, to whichever peer is next.
func TestConnectionEndsWithABatchInHand(t *testing.T) {
	for name, late := range map[string]bool{"the next is there": false, "the next comes late": true} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			g.core.HoldsSend(g.meet)
			g.put(t, "1", "2", "3")
			g.requireSent(t, "1", "2", "3")
			held := make(chan struct{})
			release := make(chan struct{})
			go g.core.HoldsSend(func() { // the pump is stopped before it sends what it has read
				close(held)
				<-release
				if g.leave(); !late {
					g.meet()
				}
			})
			<-held
			g.put(t, "4", "5", "6")
			g.awaitRead(t, 6)
			close(release)
			if late {
				g.awaitRead(t, 0)
				g.core.HoldsSend(g.meet)
			}
			g.requireSent(t, "1", "2", "3", "1", "2", "3", "4", "5", "6")
		})
	}
}

// TestBatchThatIsStopped: of messages that are sent together, those behind one that cannot go wait with it; behind one with
// a key only it waits.
func TestBatchThatIsStopped(t *testing.T) {
	for name, tt := range map[string]struct {
		shut          string
		first, second []string
	}{
		"without a key": {"2", []string{"1"}, []string{"1", "2", "3", "k", "5"}},
		"with a key":    {"k", []string{"1", "2", "3", "5"}, []string{"1", "2", "3", "5", "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			g.put(t, "1", "2", "3", "k", "5")
			g.core.HoldsSend(func() { g.shut = tt.shut; g.meet() })
			g.requireSent(t, tt.first...)
			if tt.shut == "k" {
				waitFor(t, "one is held", func() bool { return g.core.outbox.holding.Load() == 1 })
			}
			g.core.HoldsSend(func() { g.shut = "" })
			g.core.outbox.prod()
			g.requireSent(t, tt.second...)
		})
	}
}
