package socket

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// gate is a pattern that writes down what it is to send, while it is open.
type gate struct {
	Base
	open atomic.Bool
	sent chan string
}

func (g *gate) Send(m *ringmq.Message, _ bool) error {
	if !g.open.Load() {
		return ringmq.ErrWouldBlock
	}
	g.sent <- string(m.Frame(0))
	return nil
}

// TestHeldMessageDoesNotOvertake: a message that could not go, since the peer was leaving, comes after the one that the peer
// had not acknowledged.
func TestHeldMessageDoesNotOvertake(t *testing.T) {
	sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Memory), spool.WithSegmentSize(1<<16))
	require.NoError(t, err)
	defer sp.Close()
	g := &gate{sent: make(chan string, 3)}
	core, err := New(KindOf(PUSH), func(*Core) Pattern { return g }, WithSpool(sp))
	require.NoError(t, err)
	defer NewSocket(core).Close()
	o := core.outbox
	core.HoldsSend(func() { o.begin(core.newPipe("tcp://test", true), true) })
	g.open.Store(true)
	require.NoError(t, NewSender(core).Send(t.Context(), ringmq.NewString("1")))
	require.Equal(t, "1", <-g.sent)
	g.open.Store(false)
	require.NoError(t, NewSender(core).Send(t.Context(), ringmq.NewString("2")))
	require.Eventually(t, func() bool { return o.holding.Load() == 1 }, 20*time.Second, time.Millisecond)
	require.NoError(t, o.consumer.Nack(1, 0))
	g.open.Store(true)
	o.prod()
	require.Equal(t, []string{"1", "2"}, []string{<-g.sent, <-g.sent})
}
