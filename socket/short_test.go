//go:build linux && !ringmq_portable

package socket

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/batching"
)

// gathers takes everything for a stream.
type gathers struct{}

func (gathers) Decide(batching.State) batching.Decision {
	return batching.Decision{Action: batching.Coalesce, Bytes: 1 << 20}
}
func (gathers) String() string { return "gathers" }

// gatherer returns a PUSH socket whose messages gather until the loop comes by, its one pipe, and the receiving end. The
// pipe has credit: two messages were sent and written since.
func gatherer(t *testing.T) (*Core, *Pipe, taker) {
	s, addr := newTaker(t)
	c, err := New(KindOf(PUSH), func(*Core) Pattern { return new(giver) }, WithBatching(gathers{}), WithLinger(0))
	require.NoError(t, err)
	sock, push := NewSocket(c), NewSender(c)
	t.Cleanup(func() { _ = sock.Close() })
	require.NoError(t, sock.Connect("tcp://"+addr))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, sock.WaitPeers(ctx, 1))
	p := c.allPipes()[0]
	n := uint64(0)
	credit := func() (has bool) { c.HoldsSend(func() { has = p.credit > 0 }); return has }
	for !credit() {
		require.NoError(t, push.SendBytes(ctx, []byte("x")))
		n++
	}
	waitFor(t, "all is written and the stream is over", func() bool {
		return p.out.Done() == n && p.flush.state.Load() == taskIdle
	})
	return c, p, s
}

// Credit is for as long as nothing is written: what comes after that is a decision again.
func TestCreditEndsWithAWrite(t *testing.T) {
	c, p, _ := gatherer(t)
	watched, credit, sent := false, 0, false
	c.HoldsSend(func() {
		watched = p.flush.state.CompareAndSwap(taskIdle, taskWatched)
		credit, sent = p.credit, p.WriteShort([]byte("lone"))
		p.flush.state.Store(taskIdle)
	})
	require.True(t, watched)
	require.Positive(t, credit)
	require.False(t, sent)
}

// TestKickMeetsAConnection: what is to be written may be announced at the moment at which a connection comes. One of the
// two has the loop write.
func TestKickMeetsAConnection(t *testing.T) {
	const rounds = 20_000
	_, p, _ := gatherer(t)
	cn := p.conn.Load()
	var begun, kicked atomic.Int64
	go func() {
		for i := range int64(rounds) {
			for begun.Load() <= i {
				runtime.Gosched()
			}
			p.kick()
			kicked.Store(i + 1)
		}
	}()
	for i := range int64(rounds) {
		require.True(t, p.flush.seize())
		p.conn.Store(nil)
		p.flush.state.Store(taskBlocked)
		begun.Store(i + 1)
		for range i % 64 {
			begun.Load() // the two meet in all places
		}
		p.conn.Store(cn)
		p.kick()
		waitFor(t, "both have kicked and the loop has written", func() bool {
			return kicked.Load() > i && p.flush.state.Load() == taskIdle
		})
	}
}
