package conformance_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestImmediate: messages go to peers that are there and to no others; what is queued for one is dropped with it, and
// counted.
func TestImmediate(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithImmediate())
		absent, at := fresh(), fresh()
		require.NoError(t, push.Connect(absent))
		require.NoError(t, push.Connect(at))
		require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
		require.ErrorIs(t, push.Send(soon(t), ringmq.NewString("x")), context.DeadlineExceeded)
		ctx := deadline(t)
		for i := range 3 {
			done := begin(func() error { return push.Send(ctx, ringmq.NewString("waits")) })
			pull := open(t, pipeline.NewPull)
			bind(t, pull, at)
			require.NoError(t, result(t, done))
			require.Equal(t, []string{"waits"}, recv(t, pull))
			for j := range 10 {
				send(t, push, fmt.Sprint(i, j))
				require.Equal(t, []string{fmt.Sprint(i, j)}, recv(t, pull))
			}
			shut(t, pull)
			awaitPeers(t, push, 0)
			require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
		}
		require.Zero(t, push.Stats().Dropped)
		require.NoError(t, within(t, "Close", push.Close), "nothing is queued")
	})
}

// TestImmediateDropsItsQueue when the peer is lost: nothing of it comes to the next, and each message is accounted for.
func TestImmediateDropsItsQueue(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		push := open(t, pipeline.NewPush, socket.WithImmediate(), socket.WithSendHWM(3))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(1))
		link(t, pull, push, at)
		n := fill(t, push, ringmq.NewMessage(make([]byte, 64<<10)))
		queued := push.Stats().Queued
		require.Positive(t, queued)
		require.NoError(t, within(t, "Close", pull.Close))
		awaitPeers(t, push, 0)
		st := push.Stats()
		require.EqualValues(t, n, st.Sent+st.Dropped)
		require.Positive(t, st.Dropped)
		require.Zero(t, st.Queued)
		pull = open(t, pipeline.NewPull)
		bind(t, pull, at)
		send(t, push, "fresh")
		require.Equal(t, []string{"fresh"}, recv(t, pull))
	})
}

// TestImmediateTypes: what the types make of it that keep more than a queue.
func TestImmediateTypes(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		peer := open(t, clientserver.NewPeer, socket.WithImmediate())
		_, err := peer.ConnectPeer(at)
		require.ErrorIs(t, err, ringmq.ErrState)
		req, router := open(t, reqrep.NewReq, socket.WithImmediate()), open(t, reqrep.NewRouter, socket.WithImmediate())
		require.NoError(t, req.Connect(at))
		require.NoError(t, router.Connect(at))
		for range 3 {
			server := open(t, reqrep.NewRouter, socket.WithIdentity("server"))
			bind(t, server, at)
			awaitPeers(t, server, 2)
			send(t, req, "request")
			m := recv(t, server)
			send(t, server, append(m[:2], "reply")...)
			require.Equal(t, []string{"reply"}, recv(t, req))
			send(t, req, "lost")
			recv(t, server)
			awaitPeers(t, router, 1)
			send(t, router, "server", "x")
			require.Equal(t, "x", recv(t, server)[1])
			shut(t, server)
			_, err := req.Recv(deadline(t))
			require.ErrorIs(t, err, ringmq.ErrNoRoute)
			awaitPeers(t, router, 0)
		}
	})
}

// requireGivenUp waits for Connect to have given up, which is when the endpoint is not known any more.
func requireGivenUp(t *testing.T, s sock, at string) {
	t.Helper()
	eventually(t, "Connect gives up", func() bool { return len(s.Peers()) == 0 })
	require.ErrorIs(t, s.Disconnect(at), ringmq.ErrNotFound)
}

// TestReconnectStop: refused, and in the handshake; what was queued is counted, and Connect may be called again.
func TestReconnectStop(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		t.Run("refused", func(t *testing.T) {
			at := fresh()
			dealer := open(t, reqrep.NewDealer, socket.WithReconnectStop(socket.StopRefused))
			for i := range 3 {
				require.NoError(t, dealer.Connect(at))
				_ = dealer.TrySend(ringmq.NewString("for nobody")) // it may have been refused by now
				requireGivenUp(t, dealer, at)
				require.LessOrEqual(t, dealer.Stats().Dropped, uint64(i+1))
			}
			other := open(t, reqrep.NewDealer)
			bind(t, other, at)
			require.NoError(t, dealer.Connect(at))
			awaitPeers(t, dealer, 1)
			shut(t, other) // being refused after that is the end
			requireGivenUp(t, dealer, at)
		})
		t.Run("handshake", func(t *testing.T) {
			at := fresh()
			scheme, addr, _ := strings.Cut(at, "://")
			ln, err := net.Listen(map[string]string{"tcp": "tcp", "ipc": "unix"}[scheme], addr)
			require.NoError(t, err)
			defer ln.Close()
			dealer := open(t, reqrep.NewDealer, socket.WithReconnectStop(socket.StopHandshakeFailed))
			require.NoError(t, dealer.Connect(at))
			send(t, dealer, "for nobody")
			c, err := ln.Accept()
			require.NoError(t, err)
			require.NoError(t, c.Close())
			requireGivenUp(t, dealer, at)
			require.EqualValues(t, 1, dealer.Stats().Dropped)
		})
		t.Run("not at once", func(t *testing.T) {
			at := fresh()
			dealer := open(t, reqrep.NewDealer, socket.WithReconnectStop(socket.StopHandshakeFailed))
			events := dealer.Monitor(deadline(t))
			require.NoError(t, dealer.Connect(at))
			await(t, events, socket.ConnectRetried)
			bind(t, open(t, reqrep.NewDealer), at)
			awaitPeers(t, dealer, 1)
		})
	})
}

// TestStopAfterDisconnect: there is no waiting for a peer that is not there, but one that is gets what is queued.
func TestStopAfterDisconnect(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, there := fresh(), fresh()
		push := open(t, pipeline.NewPush, socket.WithReconnectStop(socket.StopAfterDisconnect), socket.WithLinger(-1))
		require.NoError(t, push.Connect(at))
		send(t, push, "for nobody")
		require.NoError(t, push.Disconnect(at))
		eventually(t, "it is given up", func() bool { return len(push.Peers()) == 0 })
		require.EqualValues(t, 1, push.Stats().Dropped)

		pull := open(t, pipeline.NewPull)
		link(t, pull, push, there)
		for i := range 500 {
			send(t, push, fmt.Sprint(i))
		}
		require.NoError(t, push.Disconnect(there))
		for i := range 500 {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
		}
	})
}

// TestNoReconnect: a connection that is lost is not made again, until Connect is called again.
func TestNoReconnect(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		dealer := open(t, reqrep.NewDealer, socket.WithNoReconnect())
		for i := range 3 {
			other := open(t, reqrep.NewDealer)
			bind(t, other, at)
			require.NoError(t, dealer.Connect(at))
			send(t, dealer, fmt.Sprint(i))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, other))
			require.NoError(t, dealer.Connect(at), "a no-op, as long as it is connected")
			require.Len(t, dealer.Peers(), 1)
			shut(t, other)
			requireGivenUp(t, dealer, at)
		}
		require.Zero(t, dealer.Stats().Dropped)
	})
	everywhere(t, func(t *testing.T, fresh func() string) { // whoever hears of the end can connect again
		at := fresh()
		dealer := open(t, reqrep.NewDealer, socket.WithNoReconnect())
		events := dealer.Monitor(deadline(t))
		for range 5 {
			other := open(t, reqrep.NewDealer)
			bind(t, other, at)
			require.NoError(t, dealer.Connect(at))
			awaitPeers(t, dealer, 1)
			shut(t, other)
			await(t, events, socket.Disconnected)
		}
	})
	onStreams(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		dealer := open(t, reqrep.NewDealer, socket.WithNoReconnect(), socket.WithReconnect(time.Millisecond, time.Millisecond))
		require.NoError(t, dealer.Connect(at))
		requireGivenUp(t, dealer, at) // the first attempt failed
	})
}
