package conformance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestNotFound: Unbind takes what Bind returned, Disconnect what Connect was given, once.
func TestNotFound(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		s, endpoint := open(t, pipeline.NewPull), fresh()
		for _, leave := range []func(string) error{s.Unbind, s.Disconnect} {
			require.ErrorIs(t, leave(endpoint), ringmq.ErrNotFound)
			require.ErrorIs(t, leave(""), ringmq.ErrNotFound)
			require.ErrorContains(t, leave(endpoint), endpoint)
		}
		bound := bind(t, s, endpoint)
		require.ErrorIs(t, s.Disconnect(bound), ringmq.ErrNotFound)
		require.NoError(t, s.Unbind(bound))
		require.ErrorIs(t, s.Unbind(bound), ringmq.ErrNotFound)
		require.NoError(t, s.Connect(endpoint))
		require.ErrorIs(t, s.Unbind(endpoint), ringmq.ErrNotFound)
		require.NoError(t, s.Disconnect(endpoint))
		require.ErrorIs(t, s.Disconnect(endpoint), ringmq.ErrNotFound)
	})
}

// TestUnbindLetsPeersGo: a stream's accepted peers are closed, an inproc name's stay; nobody new gets in.
func TestUnbindLetsPeersGo(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		stays := open(t, pipeline.NewPull)
		link(t, push, stays, fresh())
		endpoint := fresh()
		link(t, push, pull, endpoint)
		require.NoError(t, push.Unbind(endpoint))
		if isLocal(endpoint) {
			require.Equal(t, 2, connected(push))
			send(t, push, "1")
			send(t, push, "2")
			require.Len(t, recv(t, stays), 1)
			require.Len(t, recv(t, pull), 1)
			return
		}
		awaitPeers(t, push, 1)
		awaitPeers(t, pull, 0)
		for i := range 4 {
			send(t, push, fmt.Sprint(i))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, stays))
		}
		bind(t, push, endpoint) // and the connector comes back
		awaitPeers(t, pull, 1)
	})
}

// TestUnbindFlushes: what is queued for accepted peers is written within the linger period.
func TestUnbindFlushes(t *testing.T) {
	const n = 200
	onStreams(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithLinger(patience), socket.WithSendHWM(0))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(2))
		endpoint := fresh()
		link(t, push, pull, endpoint)
		for i := range n {
			require.NoError(t, push.SendBytes(deadline(t), fmt.Append(nil, i), make([]byte, 64<<10)))
		}
		require.Positive(t, push.Stats().Queued)
		require.NoError(t, push.Unbind(endpoint))
		require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock, "the peer is on its way out")
		for i := range n {
			m, err := pull.Recv(deadline(t))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(i), string(m.Frame(0)))
			m.Release()
		}
		eventually(t, "the peer is gone", func() bool { return len(push.Peers()) == 0 })
		require.EqualValues(t, n, push.Stats().Sent)
		require.Zero(t, push.Stats().Dropped)
	})
}

// TestDisconnectFlushes: what is queued is written within the linger period, also to a peer that is not there yet.
func TestDisconnectFlushes(t *testing.T) {
	const n = 200
	everywhere(t, func(t *testing.T, fresh func() string) {
		t.Run("slow reader", func(t *testing.T) {
			push := open(t, pipeline.NewPush, socket.WithLinger(patience), socket.WithSendHWM(0))
			pull := open(t, pipeline.NewPull, socket.WithRecvHWM(2))
			endpoint := fresh()
			link(t, pull, push, endpoint)
			for i := range n {
				require.NoError(t, push.SendBytes(deadline(t), fmt.Append(nil, i), make([]byte, 64<<10)))
			}
			require.NoError(t, push.Disconnect(endpoint))
			require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
			for i := range n {
				m, err := pull.Recv(deadline(t))
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint(i), string(m.Frame(0)))
				m.Release()
			}
			eventually(t, "the peers are gone", func() bool { return len(push.Peers())+len(pull.Peers()) == 0 })
		})
		t.Run("late binder", func(t *testing.T) {
			push, endpoint := open(t, pipeline.NewPush, socket.WithLinger(patience)), fresh()
			require.NoError(t, push.Connect(endpoint))
			send(t, push, "queued")
			require.NoError(t, push.Disconnect(endpoint))
			pull := open(t, pipeline.NewPull)
			bind(t, pull, endpoint)
			require.Equal(t, []string{"queued"}, recv(t, pull))
			eventually(t, "the peers are gone", func() bool { return len(push.Peers())+len(pull.Peers()) == 0 })
			require.EqualValues(t, 1, push.Stats().Sent)
		})
	})
}

// TestDisconnectDrops: with linger 0, and when the period ends, what is queued is dropped and counted.
func TestDisconnectDrops(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, linger := range []socket.Option{socket.WithLinger(0), socket.WithLinger(moment)} {
			push, endpoint := open(t, pipeline.NewPush, linger), fresh()
			require.NoError(t, push.Connect(endpoint))
			for range 3 {
				send(t, push, "queued")
			}
			require.NoError(t, push.Disconnect(endpoint))
			eventually(t, "they are dropped", func() bool { return push.Stats().Dropped == 3 })
			st := push.Stats()
			require.Zero(t, st.Sent+st.Queued)
			require.Empty(t, push.Peers())
			pull := open(t, pipeline.NewPull)
			bind(t, pull, endpoint)
			require.NoError(t, push.Connect(endpoint))
			send(t, push, "new")
			require.Equal(t, []string{"new"}, recv(t, pull))
		}
	})
}

// TestDisconnectDiscardsInbound: what was received from that peer and not taken is thrown away, others' is not.
func TestDisconnectDiscardsInbound(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull, gone, stays := open(t, pipeline.NewPull), open(t, pipeline.NewPush), open(t, pipeline.NewPush)
		endpoint := fresh()
		link(t, gone, pull, endpoint)
		link(t, stays, pull, fresh())
		for range 5 {
			send(t, gone, "gone")
			send(t, stays, "stays")
		}
		awaitPending(t, pull, 10)
		require.NoError(t, pull.Disconnect(endpoint))
		for range 5 {
			require.Equal(t, []string{"stays"}, recv(t, pull))
		}
		requireEmpty(t, pull)
		awaitPeers(t, gone, 0)
	})
}

// TestMovingOn: connections are made and given up while others are used, by one goroutine each, without disturbance.
func TestMovingOn(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		one, other := bind(t, router, fresh()), bind(t, router, fresh())
		dealer := open(t, reqrep.NewDealer, socket.WithLinger(patience))
		require.NoError(t, dealer.Connect(one))
		for i := range 20 {
			from, to := one, other
			if i%2 == 1 {
				from, to = other, one
			}
			send(t, dealer, "a", fmt.Sprint(i))
			require.Equal(t, []string{"a", fmt.Sprint(i)}, recv(t, router)[1:])
			require.NoError(t, dealer.Connect(to))
			require.NoError(t, dealer.Disconnect(from))
			send(t, dealer, "b", fmt.Sprint(i))
			m := recv(t, router)
			require.Equal(t, []string{"b", fmt.Sprint(i)}, m[1:])
			send(t, router, m[0], "reply", fmt.Sprint(i))
			require.Equal(t, []string{"reply", fmt.Sprint(i)}, recv(t, dealer))
		}
	})
}

// TestBoundSideRestarts: the connector comes back by itself; what was sent meanwhile is delivered, in order, once.
func TestBoundSideRestarts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, endpoint := open(t, pipeline.NewPush), fresh()
		require.NoError(t, push.Connect(endpoint))
		for round := range 5 {
			pull := open(t, pipeline.NewPull)
			for i := range 10 {
				send(t, push, "before", fmt.Sprint(round, i))
			}
			bind(t, pull, endpoint)
			for i := range 10 {
				require.Equal(t, []string{"before", fmt.Sprint(round, i)}, recv(t, pull))
			}
			send(t, push, "now")
			require.Equal(t, []string{"now"}, recv(t, pull))
			requireEmpty(t, pull)
			shut(t, pull)
			awaitPeers(t, push, 0)
		}
		require.EqualValues(t, 5*11, push.Stats().Sent)
		require.Zero(t, push.Stats().Dropped)
	})
}
