package conformance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// dealerOf makes a DEALER of the id, which acknowledges and connects.
func dealerOf(t *testing.T, endpoint, id string) *reqrep.Dealer {
	t.Helper()
	d := open(t, reqrep.NewDealer, socket.WithAck(), socket.WithIdentity(id))
	require.NoError(t, d.Connect(endpoint))
	return d
}

// ackNext receives a message, which is the one of the body, and acknowledges it.
func ackNext(t *testing.T, r receiver, body string) {
	t.Helper()
	m := parcel(t, r)
	require.Equal(t, []string{body}, text(m))
	require.NoError(t, m.Ack())
}

// awaitPendingOf waits until the consumer has n messages that are not acknowledged.
func awaitPendingOf(t *testing.T, sp *spool.Spool, consumer string, n uint64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s has %d messages", consumer, n), func() bool {
		for _, c := range sp.Consumers() {
			if c.Name == consumer {
				return c.Pending == n
			}
		}
		return false
	})
}

// TestRouterSendsThroughASpool: what is for a peer by its id waits for it, through the absence of either; others have no
// part in that.
func TestRouterSendsThroughASpool(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, dir := fresh(), t.TempDir()
		sp := openSpool(t, dir)
		router := open(t, reqrep.NewRouter, socket.WithSpool(sp))
		bind(t, router, at)
		send(t, router, "d", "1") // before the peer was ever there
		d, e := dealerOf(t, at, "d"), dealerOf(t, at, "e")
		ackNext(t, d, "1")
		for i := range 50 {
			send(t, router, "d", fmt.Sprint("d", i))
			require.NoError(t, router.SendBytes(deadline(t), []byte("e"), fmt.Appendf(nil, "e%d", i)))
		}
		for i := range 50 {
			ackNext(t, d, fmt.Sprint("d", i))
			ackNext(t, e, fmt.Sprint("e", i))
		}
		awaitPendingOf(t, sp, "ROUTER d", 0)
		require.NoError(t, router.TrySend(ringmq.NewString("d", "2")))
		require.Equal(t, []string{"2"}, text(parcel(t, d))) // not acknowledged
		require.NoError(t, d.Close())
		awaitPeers(t, router, 1)
		n, err := router.SendBatch(deadline(t), []ringmq.Message{ringmq.NewString("d", "3"), ringmq.NewString("e", "e")})
		require.NoError(t, err)
		require.Equal(t, 2, n)
		ackNext(t, e, "e")
		require.NoError(t, router.Close())
		require.NoError(t, sp.Close())

		sp = openSpool(t, dir)
		router = open(t, reqrep.NewRouter, socket.WithSpool(sp))
		bind(t, router, at)
		d = dealerOf(t, at, "d")
		ackNext(t, d, "2")
		ackNext(t, d, "3")
		awaitPendingOf(t, sp, "ROUTER d", 0)
		send(t, d, "reply") // the dealer has no spool
		m, err := router.Recv(deadline(t))
		require.NoError(t, err)
		require.Equal(t, []string{"d", "reply"}, text(m))
	})
}

// A peer without an id of its own is not a consumer of the spool.
func TestRouterWithASpoolAndAPassingPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		router := open(t, reqrep.NewRouter, socket.WithSpool(sp))
		dealer := open(t, reqrep.NewDealer, socket.WithAck())
		link(t, router, dealer, fresh())
		send(t, dealer, "a")
		m, err := router.Recv(deadline(t))
		require.NoError(t, err)
		require.NoError(t, router.Send(deadline(t), m))
		answer, err := dealer.Recv(deadline(t))
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, text(answer))
		require.Empty(t, sp.Consumers())
	})
}
