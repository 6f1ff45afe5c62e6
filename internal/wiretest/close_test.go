package wiretest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// Peers that leave at the very moment in which the socket closes. Close must return.
func TestCloseWhilePeersHangUp(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		const rounds, peers = 40, 4
		for range rounds {
			push, err := pipeline.NewPush(socket.WithLinger(patience))
			require.NoError(t, err)
			seen := watch(t, push)
			var there []*peer
			for range peers {
				at := l.meet(t, push)
				p := at.peer()
				p.shake(1, "PULL")
				seen.ready(at, 1)
				there = append(there, p)
			}
			closeAmong(t, push, there)
		}
	})
}

// closeAmong closes the socket and hangs up all peers at once.
func closeAmong(t *testing.T, s common, peers []*peer) {
	t.Helper()
	start, closed := make(chan struct{}), make(chan error, 1)
	var leaving sync.WaitGroup
	for _, p := range peers {
		leaving.Go(func() { <-start; _ = p.conn.Close() })
	}
	go func() { <-start; closed <- s.Close() }()
	close(start)
	leaving.Wait()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "Close has not returned", context.DeadlineExceeded)
	}
}
