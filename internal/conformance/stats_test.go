package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestCountsAgree: with what happened, on both sides, for the socket and for each peer, also when peers are gone.
func TestCountsAgree(t *testing.T) {
	const peers, each = 3, 30
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull := open(t, pipeline.NewPull)
		bound := bind(t, pull, fresh())
		var pushes []*pipeline.Push
		for i := range peers {
			push := open(t, pipeline.NewPush, socket.WithLinger(patience))
			join(t, pull, push, bound)
			for range (i + 1) * each {
				send(t, push, "x")
			}
			pushes = append(pushes, push)
		}
		total := each * peers * (peers + 1) / 2
		awaitPending(t, pull, total)
		st := pull.Stats()
		require.EqualValues(t, total, st.Received)
		require.Zero(t, st.Sent+st.Queued+st.Dropped)
		require.Len(t, st.Peers, peers)
		for _, p := range pull.Peers() {
			require.Equal(t, p.PeerStats, st.Peers[p.ID])
			require.Equal(t, bound, p.Endpoint)
			require.Equal(t, p.Received, p.Pending)
		}
		for i, push := range pushes {
			n := uint64((i + 1) * each)
			eventually(t, "all are sent", func() bool { return push.Stats().Sent == n })
			st := push.Stats()
			require.Zero(t, st.Received+st.Queued+st.Dropped+st.Pending)
			require.Len(t, push.Peers(), 1)
			require.Equal(t, n, push.Peers()[0].Sent)
			shut(t, push)
			require.Equal(t, n, push.Stats().Sent, "counts outlive the peers")
		}
		awaitPeers(t, pull, 0)
		require.EqualValues(t, total, pull.Stats().Received)
		require.Empty(t, pull.Stats().Peers)
		drain(t, pull, total)
		require.Zero(t, pull.Stats().Pending)
		require.EqualValues(t, total, pull.Stats().Received)
	})
}

// TestPendingIsWhatIsLeft after each message that is received.
func TestPendingIsWhatIsLeft(t *testing.T) {
	const n = 100
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		for range n {
			send(t, push, "x")
		}
		awaitPending(t, pull, n)
		for i := range n {
			drain(t, pull, 1)
			require.EqualValues(t, n-1-i, pull.Stats().Pending)
			require.EqualValues(t, n-1-i, pull.Peers()[0].Pending)
		}
	})
}

// TestCountsOfEarlyMessages: those that were queued before there was a peer count once.
func TestCountsOfEarlyMessages(t *testing.T) {
	const n = 100
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull, endpoint := open(t, pipeline.NewPush), open(t, pipeline.NewPull), fresh()
		require.NoError(t, push.Connect(endpoint))
		for range n {
			send(t, push, "x")
		}
		require.EqualValues(t, n, push.Stats().Queued)
		require.Zero(t, push.Stats().Sent)
		bind(t, pull, endpoint)
		awaitPending(t, pull, n)
		eventually(t, "all are sent", func() bool { return push.Stats().Sent == n })
		require.Zero(t, push.Stats().Queued)
		require.EqualValues(t, n, pull.Stats().Received)
	})
}

// TestPeersAreDescribed: who they are, from both sides.
func TestPeersAreDescribed(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		start := time.Now()
		router := open(t, reqrep.NewRouter, socket.WithIdentity("R"))
		dealer := open(t, reqrep.NewDealer, socket.WithIdentity("D"), socket.WithMetadata("X-Role", "client"))
		endpoint := fresh()
		require.NoError(t, dealer.Connect(endpoint))
		p := dealer.Peers()[0]
		require.False(t, p.Connected)
		require.Equal(t, endpoint, p.Endpoint)
		require.Empty(t, p.SocketType)
		require.NotZero(t, p.ID)

		bound := bind(t, router, endpoint)
		awaitPeers(t, dealer, 1)
		awaitPeers(t, router, 1)
		require.Equal(t, p.ID, dealer.Peers()[0].ID)
		p = dealer.Peers()[0]
		require.Equal(t, []string{"ROUTER", "R", "3.1"}, []string{p.SocketType, p.Identity, p.Version})
		require.WithinRange(t, p.Since, start.Add(-time.Second), time.Now().Add(time.Second))
		p = router.Peers()[0]
		require.Equal(t, []string{"DEALER", "D", "3.1"}, []string{p.SocketType, p.Identity, p.Version})
		require.Equal(t, bound, p.Endpoint)
		require.NotEmpty(t, p.Address)
		require.Equal(t, "client", p.Properties["X-Role"])
	})
}

// TestProperties: what the peer announced is on its messages, on every one, over every transport.
func TestProperties(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		bound := bind(t, router, fresh())
		for _, name := range []string{"a", "b"} {
			dealer := open(t, reqrep.NewDealer, socket.WithIdentity(name),
				socket.WithMetadata("X-Name", name), socket.WithMetadata("x-other", "o"), socket.WithMetadata("X-Long", longTopic(1000)))
			join(t, router, dealer, bound)
			send(t, dealer, "first")
			require.NoError(t, dealer.SendBytes(deadline(t), []byte("second"), nil))
		}
		awaitPending(t, router, 4)
		for range 4 {
			m, err := router.Recv(deadline(t))
			require.NoError(t, err)
			name := string(m.Frame(0))
			for _, m := range []ringmq.Message{m, m.Clone()} {
				for property, want := range map[string]string{
					"X-Name": name, "x-name": name, "X-NAME": name, "X-Other": "o", "X-Long": longTopic(1000),
					"Socket-Type": "DEALER", "Identity": name,
				} {
					got, ok := m.Property(property)
					require.True(t, ok, property)
					require.Equal(t, want, got)
				}
				from, ok := m.Property("Peer-Address")
				require.True(t, ok)
				require.NotEmpty(t, from)
				_, ok = m.Property("X-Unknown")
				require.False(t, ok)
			}
			m.Release()
		}
	})
	_, ok := ringmq.NewString("never received").Property("Socket-Type")
	require.False(t, ok)
}

// TestIdentityIsOnlyForThoseThatRoute: PUSH and the like announce none (trap 11).
func TestIdentityIsOnlyForThoseThatRoute(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush, socket.WithIdentity("unused")), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		send(t, push, "x")
		m, err := pull.Recv(deadline(t))
		require.NoError(t, err)
		_, ok := m.Property("Identity")
		require.False(t, ok)
		require.Empty(t, pull.Peers()[0].Identity)
	})
}

// TestPublisherCountsAgree: published is sent and dropped, for those that match; a subscriber that goes changes nothing.
func TestPublisherCountsAgree(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub)
		bound := bind(t, xpub, fresh())
		for i := range 3 {
			sub := open(t, pubsub.NewSub)
			require.NoError(t, sub.Subscribe(fmt.Sprint(i)))
			join(t, xpub, sub, bound)
			require.Equal(t, fmt.Sprint("\x01", i), told(t, xpub))
			for range 10 {
				send(t, xpub, "0")
				send(t, xpub, fmt.Sprint(i))
				send(t, xpub, "nobody's")
			}
			drain(t, sub, 10)
			if i == 0 {
				drain(t, sub, 10)
			}
			requireEmpty(t, sub)
			if i > 0 {
				shut(t, sub)
				require.Equal(t, fmt.Sprint("\x00", i), told(t, xpub))
			}
		}
		eventually(t, "all are sent", func() bool { return xpub.Stats().Queued == 0 })
		st := xpub.Stats()
		require.EqualValues(t, 20+2*(10+10), st.Sent+st.Dropped)
	})
}
