package socket

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// gate is a pattern that writes down what it is to send, if it is not shut to that.
type gate struct {
	Base
	shut map[string]bool // send lock
	sent chan string
}

func (g *gate) Send(m *ringmq.Message, _ bool) error {
	if g.shut[string(m.Frame(0))] {
		return ringmq.ErrWouldBlock
	}
	g.sent <- string(m.Frame(0))
	return nil
}

// gated returns a socket with a spool and a peer, and the gate between them.
func gated(t *testing.T) (*Core, *gate) {
	sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Memory), spool.WithSegmentSize(1<<16))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sp.Close()) })
	g := &gate{sent: make(chan string, 10)}
	core, err := New(KindOf(PUSH), func(*Core) Pattern { return g }, WithSpool(sp))
	require.NoError(t, err)
	t.Cleanup(func() { _ = NewSocket(core).Close() })
	return core, g
}

// meet gives the socket its peer.
func meet(c *Core) { c.HoldsSend(func() { c.outbox.begin(c.newPipe("tcp://test", true), true) }) }

// shutTo has the gate shut to messages, and to no others.
func (g *gate) shutTo(c *Core, texts ...string) {
	c.HoldsSend(func() {
		g.shut = make(map[string]bool)
		for _, text := range texts {
			g.shut[text] = true
		}
	})
}

// requireSent asserts what has passed the gate, in order.
func (g *gate) requireSent(t *testing.T, texts ...string) {
	t.Helper()
	for _, want := range texts {
		select {
		case got := <-g.sent:
			require.Equal(t, want, got)
		case <-time.After(patience):
			require.Fail(t, "not sent", want)
		}
	}
	require.Empty(t, g.sent)
}

func awaitHeld(t *testing.T, o *outbox, n int32) {
	t.Helper()
	waitFor(t, "messages are held", func() bool { return o.holding.Load() == n })
}

// TestHeldMessageDoesNotOvertake: a message that could not go, since the peer was leaving, comes after the one that the peer
// had not acknowledged.
func TestHeldMessageDoesNotOvertake(t *testing.T) {
	core, g := gated(t)
	meet(core)
	require.NoError(t, NewSender(core).Send(t.Context(), ringmq.NewString("1")))
	g.requireSent(t, "1")
	g.shutTo(core, "2")
	require.NoError(t, NewSender(core).Send(t.Context(), ringmq.NewString("2")))
	o := core.outbox
	awaitHeld(t, o, 1)
	require.NoError(t, o.consumer.Nack(1, 0))
	g.shutTo(core)
	o.prod()
	g.requireSent(t, "1", "2")
}

// TestBatchThatIsStopped: of messages that are sent together, those behind one that cannot go wait with it; behind one with
// a key only it waits.
func TestBatchThatIsStopped(t *testing.T) {
	for name, tt := range map[string]struct {
		key    string
		first  []string
		held   int32
		second []string
	}{
		"without a key": {"", []string{"1"}, 3, []string{"2", "3", "4"}},
		"with a key":    {"k", []string{"1", "3", "4"}, 1, []string{"2"}},
	} {
		t.Run(name, func(t *testing.T) {
			core, g := gated(t)
			g.shutTo(core, "2")
			for _, text := range []string{"1", "2", "3", "4"} {
				m := ringmq.NewString(text)
				if text == "2" {
					m = m.WithKey([]byte(tt.key))
				}
				require.NoError(t, NewSender(core).Send(t.Context(), m))
			}
			meet(core)
			awaitHeld(t, core.outbox, tt.held)
			g.requireSent(t, tt.first...)
			g.shutTo(core)
			core.outbox.prod()
			g.requireSent(t, tt.second...)
		})
	}
}
