package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// giver is a PUSH.
type giver struct {
	Base
	turn Rotation
}

func (g *giver) Attach(p *Pipe) { g.turn.Add(p) }
func (g *giver) Detach(p *Pipe) { g.turn.Remove(p) }
func (g *giver) Send(m *ringmq.Message, borrowed bool) error {
	if g.turn.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
func (g *giver) SendShort(b []byte) bool                { return g.turn.SendShort(b) }
func (g *giver) Deliver(*Pipe, *ringmq.Message) Verdict { return Discard }

// TestBothEndsLeave: what the peer has received is not taken for dropped by a sender that closes while the peer is
// leaving.
func TestBothEndsLeave(t *testing.T) {
	build := func(c *Core) Pattern { return Fair{Core: c} }
	pulls, err := New(KindOf(PULL), build, WithLinger(0))
	require.NoError(t, err)
	pull := NewSocket(pulls)
	defer pull.Close()
	_, err = pull.Bind("inproc://both-ends-leave")
	require.NoError(t, err)
	pushes, err := New(KindOf(PUSH), func(*Core) Pattern { return new(giver) })
	require.NoError(t, err)
	push := NewSocket(pushes)
	defer push.Close()
	require.NoError(t, push.Connect("inproc://both-ends-leave"))
	require.NoError(t, NewSender(pushes).Send(t.Context(), ringmq.NewString("x")))
	_, err = NewReceiver(pulls).Recv(t.Context())
	require.NoError(t, err)

	p, left := pulls.allPipes()[0], make(chan struct{})
	pulls.HoldsSend(func() { // the peer is stopped half-way: it is seen to be gone
		go func() { p.closeLocal(); close(left) }()
		waitFor(t, "the peer is leaving", p.gone.Load)
		require.NoError(t, push.Close())
	})
	<-left
	require.Equal(t, Stats{Sent: 1, Peers: map[uint64]PeerStats{}}, push.Stats())
}

// dropper is a PUSH that calls leaves when a peer is taken off.
type dropper struct {
	giver
	leaves func()
}

func (d *dropper) Detach(p *Pipe) {
	d.leaves()
	d.giver.Detach(p)
}

// TestNothingToDisconnect: a peer that the socket gives up by itself is gone for Disconnect before it is gone for anybody.
func TestNothingToDisconnect(t *testing.T) {
	for _, endpoint := range []string{"inproc://nothing-to-disconnect", "tcp://127.0.0.1:1"} {
		d := new(dropper)
		c, err := New(KindOf(PUSH), func(*Core) Pattern { return d })
		require.NoError(t, err)
		push := NewSocket(c)
		require.NoError(t, push.Connect(endpoint))
		left := false
		d.leaves = func() {
			left = true
			require.False(t, c.connected(endpoint))
		}
		c.drop(c.allPipes()[0].dialer)
		require.True(t, left)
		require.ErrorIs(t, push.Disconnect(endpoint), ringmq.ErrNotFound)
		require.NoError(t, push.Close())
	}
}
