package wiretest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
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
	require.NoError(t, arrived(t, closed))
}

// What is given up with a peer that leaves while Close waits for it is in the error of Close. A publisher owes nothing to
// a subscriber that has left.
func TestPeerLeavesWhileCloseWaits(t *testing.T) {
	for _, l := range links {
		if l.connecting { // it would wait for the peer to come back
			continue
		}
		for _, kind := range []string{"PUSH", "PUB"} {
			t.Run(l.String()+" "+kind, func(t *testing.T) {
				opts := []socket.Option{socket.WithSendHWM(0), socket.WithLinger(patience)}
				var s interface {
					common
					sender
				}
				theirs := "PULL"
				if kind == "PUSH" {
					s = open(t, pipeline.NewPush, opts...)
				} else {
					s, theirs = open(t, pubsub.NewXPub, opts...), "SUB"
				}
				seen := watch(t, s)
				at := l.meet(t, s)
				p := at.peer()
				p.shake(1, theirs)
				seen.ready(at, 1)
				if x, ok := s.(*pubsub.XPub); ok {
					p.send(command("SUBSCRIBE"))
					recv(t, x)
				}
				for range 800 { // more than all buffers take: it reads nothing
					send(t, s, strings.Repeat("m", 64<<10))
				}
				closed := make(chan error, 1)
				go func() { closed <- s.Close() }()
				seen.of(socket.ListenerClosed, at)
				p.reset()
				err := arrived(t, closed)
				dropped := s.Stats().Dropped
				require.NotZero(t, dropped)
				if kind == "PUB" {
					require.NoError(t, err)
					return
				}
				var unsent *ringmq.UnsentError
				require.ErrorAs(t, err, &unsent)
				require.EqualValues(t, dropped, unsent.Messages)
				require.Len(t, unsent.ByPeer, 1)
			})
		}
	}
}

// A peer that dies while the mailbox for it is full has an end that nobody will come to read once the socket closes: what
// is queued for it is given up then, and Close does not wait.
func TestPeerDiesWhoseMessagesAreNotReceived(t *testing.T) {
	for _, l := range links {
		if l.connecting { // it would wait for the peer to come back
			continue
		}
		for _, first := range []string{"the peer", "the socket", "the endpoint"} {
			t.Run(l.String()+" "+first, func(t *testing.T) {
				d := open(t, reqrep.NewDealer, socket.WithRecvHWM(mark), socket.WithLinger(-1))
				at := l.meet(t, d)
				p := at.peer().slow()
				p.shake(1, "DEALER")
				for range 20 * mark {
					p.send(frame(0, "never received"))
				}
				require.Eventually(t, func() bool { return d.Stats().Pending >= mark }, patience, time.Millisecond)
				sent := fill(t, d)
				closed := make(chan error, 1)
				finish := func() { go func() { closed <- d.Close() }() }
				switch first {
				case "the peer":
					p.reset()
					finish()
				case "the socket":
					finish()
					require.Eventually(t, func() bool { return errors.Is(d.TrySend(numbered(0)), ringmq.ErrClosed) }, patience, time.Millisecond)
					p.reset()
				case "the endpoint":
					require.NoError(t, d.Unbind(at.endpoint))
					p.reset()
					finish()
				}
				err := arrived(t, closed)
				var unsent *ringmq.UnsentError
				if first != "the endpoint" { // else it may be given up before Close begins
					require.ErrorAs(t, err, &unsent)
					require.LessOrEqual(t, unsent.Messages, sent)
				}
				require.NotZero(t, d.Stats().Dropped)
			})
		}
	}
}

func arrived[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		require.FailNow(t, "nothing has come", context.DeadlineExceeded)
	}
	return v
}
