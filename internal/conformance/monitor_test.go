package conformance_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// await passes over events until one of the type comes.
func await(t *testing.T, events <-chan socket.Event, want socket.EventType) socket.Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case ev, ok := <-events:
			require.True(t, ok, "the monitor ended before the event %q", want)
			if ev.Type == want {
				return ev
			}
		case <-timeout:
			t.Fatalf("no event %q within %v", want, patience)
		}
	}
}

// next is the next event, which is of the type.
func next(t *testing.T, events <-chan socket.Event, want socket.EventType) socket.Event {
	t.Helper()
	select {
	case ev, ok := <-events:
		require.True(t, ok, "the monitor ended before the event %q", want)
		require.Equal(t, want.String(), ev.Type.String(), "%+v", ev)
		require.WithinDuration(t, time.Now(), ev.Time, patience)
		return ev
	case <-time.After(patience):
		t.Fatalf("no event %q within %v", want, patience)
		return socket.Event{}
	}
}

// ended asserts that the channel is closed, after nothing but events of the types.
func ended(t *testing.T, events <-chan socket.Event, but ...socket.EventType) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return
			}
			require.Contains(t, but, ev.Type, "%+v", ev)
		case <-timeout:
			t.Fatal("the monitor has not ended")
		}
	}
}

// TestMonitorOrder: what each side sees of one connection's life.
func TestMonitorOrder(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		server, client := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		s, c := server.Monitor(deadline(t)), client.Monitor(deadline(t))
		endpoint := fresh()

		bound := bind(t, server, endpoint)
		require.Equal(t, bound, next(t, s, socket.Listening).Endpoint)
		require.NoError(t, client.Connect(endpoint))
		ev := next(t, c, socket.Connected)
		require.Equal(t, endpoint, ev.Endpoint)
		require.NotEmpty(t, ev.Peer)
		require.Equal(t, endpoint, next(t, c, socket.HandshakeSucceeded).Endpoint)
		ev = next(t, s, socket.Accepted)
		require.Equal(t, bound, ev.Endpoint)
		require.NotEmpty(t, ev.Peer)
		require.Equal(t, ev.Peer, next(t, s, socket.HandshakeSucceeded).Peer)

		shut(t, server)
		ended(t, s, socket.ListenerClosed, socket.Disconnected)
		ev = next(t, c, socket.Disconnected)
		require.Equal(t, endpoint, ev.Endpoint)
		require.Error(t, ev.Err)
		require.Positive(t, next(t, c, socket.ConnectRetried).Delay)
		require.Error(t, next(t, c, socket.ConnectFailed).Err)
		next(t, c, socket.ConnectRetried)
		shut(t, client)
		ended(t, c, socket.ConnectFailed, socket.ConnectRetried)
	})
}

// TestMonitorOfTheBoundSide: a peer goes, the listener is closed.
func TestMonitorOfTheBoundSide(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		server, client := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		s := server.Monitor(deadline(t))
		bound := bind(t, server, fresh())
		require.NoError(t, client.Connect(bound))
		next(t, s, socket.Listening)
		peer := next(t, s, socket.Accepted).Peer
		next(t, s, socket.HandshakeSucceeded)
		shut(t, client)
		ev := next(t, s, socket.Disconnected)
		require.Equal(t, peer, ev.Peer)
		require.Equal(t, bound, ev.Endpoint)
		require.Error(t, ev.Err)
		require.NoError(t, server.Unbind(bound))
		require.Equal(t, bound, next(t, s, socket.ListenerClosed).Endpoint)
		shut(t, server)
		ended(t, s)
	})
}

// TestMonitorOfARefusal: nobody is there; each failure is followed by the announcement of the next attempt.
func TestMonitorOfARefusal(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		client := open(t, pipeline.NewPush, socket.WithReconnect(time.Millisecond, 4*time.Millisecond))
		c := client.Monitor(deadline(t))
		endpoint := fresh()
		require.NoError(t, client.Connect(endpoint))
		for range 5 {
			ev := next(t, c, socket.ConnectFailed)
			require.Equal(t, endpoint, ev.Endpoint)
			require.Error(t, ev.Err)
			ev = next(t, c, socket.ConnectRetried)
			require.GreaterOrEqual(t, ev.Delay, time.Millisecond)
			require.LessOrEqual(t, ev.Delay, 5*time.Millisecond, "the longest delay and a quarter")
		}
	})
}

func TestMonitorOfABindThatFails(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		first, second := open(t, pipeline.NewPull), open(t, pipeline.NewPull)
		bound := bind(t, first, fresh())
		events := second.Monitor(deadline(t))
		_, err := second.Bind(bound)
		require.ErrorIs(t, err, ringmq.ErrAddrInUse)
		ev := next(t, events, socket.BindFailed)
		require.Equal(t, bound, ev.Endpoint)
		require.ErrorIs(t, ev.Err, ringmq.ErrAddrInUse)
	})
}

// TestMonitorOfInproc: binds and the end of peers.
func TestMonitorOfInproc(t *testing.T) {
	server, client := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
	s := server.Monitor(deadline(t))
	endpoint := freshInproc(t)
	link(t, server, client, endpoint)
	require.Equal(t, endpoint, next(t, s, socket.Listening).Endpoint)
	shut(t, client)
	require.Equal(t, endpoint, next(t, s, socket.Disconnected).Endpoint)
}

// TestMonitorOfStrangers: a peer of a type that this one does not talk to, on either side and over all transports.
func TestMonitorOfStrangers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, order := range []string{"bind first", "connect first"} {
			t.Run(order, func(t *testing.T) {
				a, b := open(t, pipeline.NewPull), open(t, pipeline.NewPull)
				as, bs := a.Monitor(deadline(t)), b.Monitor(deadline(t))
				endpoint := fresh()
				if order == "bind first" {
					bind(t, a, endpoint)
				}
				require.NoError(t, b.Connect(endpoint))
				if order != "bind first" {
					bind(t, a, endpoint)
				}
				one, other := await(t, as, socket.HandshakeFailed).Err, await(t, bs, socket.HandshakeFailed).Err
				require.Error(t, one)
				require.Error(t, other)
				require.ErrorIs(t, errors.Join(one, other), ringmq.ErrProtocol, "one may only see the other leave")
				eventually(t, "no peers are left", func() bool { return len(a.Peers())+len(b.Peers()) == 0 })

				push := open(t, pipeline.NewPush)
				join(t, a, push, endpoint)
				send(t, push, "from a friend")
				require.Equal(t, []string{"from a friend"}, recv(t, a))
			})
		}
	})
}

// TestMonitorsEnd: with their context or their socket, each by itself.
func TestMonitorsEnd(t *testing.T) {
	pull := open(t, pipeline.NewPull)
	ctx, cancel := context.WithCancel(deadline(t))
	one, other := pull.Monitor(ctx), pull.Monitor(deadline(t))
	bind(t, pull, freshInproc(t))
	next(t, one, socket.Listening)
	next(t, other, socket.Listening)
	cancel()
	ended(t, one)
	bind(t, pull, freshInproc(t))
	next(t, other, socket.Listening)
	shut(t, pull)
	ended(t, other, socket.ListenerClosed)
	ended(t, pull.Monitor(deadline(t)))
}

// TestMonitorThatNobodyReads: events are missed and counted, and the socket goes on.
func TestMonitorThatNobodyReads(t *testing.T) {
	pull := open(t, pipeline.NewPull)
	events := pull.Monitor(deadline(t))
	_ = bind(t, pull, freshInproc(t))
	taken := bind(t, pull, freshInproc(t))
	const failures = 5000
	for range failures {
		_, err := pull.Bind(taken)
		require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	}
	missed := pull.Stats().MissedEvents
	require.Positive(t, missed)
	shut(t, pull)
	seen := 0
	for ev := range events {
		if ev.Type == socket.BindFailed {
			seen++
		}
	}
	require.EqualValues(t, failures+2, uint64(seen)+2+missed)
}
