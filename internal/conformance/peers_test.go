package conformance_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestWaitPeers: it returns when the peer that was lacking is there, on either side, and not before.
func TestWaitPeers(t *testing.T) {
	const n = 3
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithMandatory())
		endpoint := fresh()
		var dealers []*reqrep.Dealer
		var early []<-chan error
		for i := range n {
			d := open(t, reqrep.NewDealer, socket.WithIdentity(string(rune('a'+i))))
			require.NoError(t, d.Connect(endpoint))
			dealers = append(dealers, d)
			early = append(early, begin(func() error { return d.WaitPeers(deadline(t), 1) }))
		}
		bind(t, router, endpoint)
		require.NoError(t, router.WaitPeers(deadline(t), n))
		for i, d := range dealers {
			require.NoError(t, result(t, early[i]))
			send(t, router, string(rune('a'+i)), "hello") // ErrNoRoute if it were too early
			require.Equal(t, []string{"hello"}, recv(t, d))
		}

		lacking := blocked(t, func() error { return router.WaitPeers(deadline(t), n+1) })
		late := open(t, reqrep.NewDealer)
		require.NoError(t, late.Connect(endpoint))
		require.NoError(t, result(t, lacking))

		err := router.WaitPeers(soon(t), n+2)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "4 of 5")
		over, cancel := context.WithCancel(context.Background())
		cancel()
		require.NoError(t, router.WaitPeers(over, n+1), "they are there")
		require.ErrorIs(t, router.WaitPeers(over, n+2), context.Canceled)
		require.NoError(t, router.WaitPeers(over, 0))
	})
}

// TestWaitPeersOfASocketThatEnds: a peer that is sent off counts no more, and Close wakes those that wait.
func TestWaitPeersOfASocketThatEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		endpoint := fresh()
		link(t, pull, push, endpoint)
		require.NoError(t, push.WaitPeers(deadline(t), 1))
		require.NoError(t, push.Disconnect(endpoint))
		require.ErrorContains(t, push.WaitPeers(soon(t), 1), "0 of 1")
		waits := blockedAll(t,
			func() error { return push.WaitPeers(deadline(t), 1) },
			func() error { return push.WaitPeers(deadline(t), 2) })
		shut(t, push)
		for _, w := range waits {
			require.ErrorIs(t, result(t, w), ringmq.ErrClosed)
		}
		require.ErrorIs(t, push.WaitPeers(deadline(t), 0), ringmq.ErrClosed)
	})
}

// TestPeersAsARoutingTable: each peer under the id that stands in front of its messages, whether it has announced one or
// not.
func TestPeersAsARoutingTable(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		endpoint := bind(t, router, fresh())
		named, nameless := open(t, reqrep.NewDealer, socket.WithIdentity("named")), open(t, reqrep.NewDealer)
		join(t, router, named, endpoint)
		join(t, router, nameless, endpoint)
		send(t, named, "1")
		send(t, nameless, "2")
		ids := map[string]string{}
		for range 2 {
			m := recv(t, router)
			ids[m[1]] = m[0]
		}
		peers := router.Peers()
		require.Len(t, peers, 2)
		require.Equal(t, []string{"named", "named"}, []string{peers[0].Identity, peers[0].RoutingID})
		require.Equal(t, []string{ids["1"], ids["2"]}, []string{peers[0].RoutingID, peers[1].RoutingID})
		require.Empty(t, peers[1].Identity)
		for _, p := range peers {
			require.True(t, p.Accepted)
			require.EqualValues(t, 1, p.Received)
			require.WithinDuration(t, time.Now(), p.LastSeen, patience)
			requireMechanism(t, endpoint, p)
		}
		require.False(t, named.Peers()[0].Accepted)

		server, client := open(t, clientserver.NewServer), open(t, clientserver.NewClient)
		link(t, server, client, fresh())
		require.NoError(t, client.SendBytes(deadline(t), []byte("x")))
		require.Equal(t, recv(t, server)[0], server.Peers()[0].RoutingID)
	})
}

func requireMechanism(t *testing.T, endpoint string, p socket.Peer) {
	t.Helper()
	if isLocal(endpoint) {
		require.Empty(t, p.Mechanism)
		return
	}
	require.Equal(t, "NULL", p.Mechanism)
}

// TestLastSeenRisesWithTraffic, over all transports, and also where messages are received as they are read.
func TestLastSeenRisesWithTraffic(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, sub := open(t, pubsub.NewXPub), open(t, pubsub.NewSub)
		require.NoError(t, sub.Subscribe(""))
		link(t, pub, sub, fresh())
		told(t, pub)
		first := sub.Peers()[0].LastSeen
		eventually(t, "it rises", func() bool {
			send(t, pub, "x")
			recv(t, sub)
			return sub.Peers()[0].LastSeen.After(first)
		})
	})
}
