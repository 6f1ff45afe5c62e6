package conformance_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
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

// failedAttempt is the end of an attempt to connect, whose begin and end are the next events.
func failedAttempt(t *testing.T, events <-chan socket.Event) socket.Event {
	t.Helper()
	return order(t, events, socket.ConnectDelayed, socket.ConnectFailed)[1]
}

// order is the next events, which are of the types.
func order(t *testing.T, events <-chan socket.Event, want ...socket.EventType) (evs []socket.Event) {
	t.Helper()
	for _, typ := range want {
		evs = append(evs, next(t, events, typ))
	}
	return evs
}

// ended asserts that the channel is closed, after nothing but events of the types, of which the last says why.
func ended(t *testing.T, events <-chan socket.Event, why error, but ...socket.EventType) {
	t.Helper()
	timeout := time.After(patience)
	var last socket.Event
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				require.Equal(t, socket.MonitorStopped, last.Type)
				require.ErrorIs(t, last.Err, why)
				return
			}
			require.Contains(t, append(but, socket.MonitorStopped), ev.Type, "%+v", ev)
			last = ev
		case <-timeout:
			t.Fatal("the monitor has not ended")
		}
	}
}

// connectedTo are the events of a connection that succeeds on the connecting side. There is no attempt over inproc.
func connectedTo(endpoint string) []socket.EventType {
	met := []socket.EventType{socket.Connected, socket.HandshakeSucceeded}
	if isLocal(endpoint) {
		return met
	}
	return append([]socket.EventType{socket.ConnectDelayed}, met...)
}

// TestMonitorOrder: what each side sees of one connection's life, which the bound side ends; and that endpoint, peer and
// identity are the same in all of it.
func TestMonitorOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		server := open(t, reqrep.NewRouter, socket.WithIdentity("S"))
		client := open(t, reqrep.NewDealer, socket.WithIdentity("C"))
		s, c := server.Monitor(deadline(t)), client.Monitor(deadline(t))
		endpoint := fresh()

		bound := bind(t, server, endpoint)
		require.NoError(t, client.Connect(endpoint))
		seen := order(t, c, connectedTo(endpoint)...)
		saw := order(t, s, socket.Listening, socket.Accepted, socket.HandshakeSucceeded)
		peer, id := server.Peers()[0], client.Peers()[0]

		shut(t, server)
		saw = append(saw, order(t, s, socket.ListenerClosed, socket.Closed)...)
		ended(t, s, ringmq.ErrClosed)
		seen = append(seen, next(t, c, socket.Disconnected))
		require.Error(t, seen[len(seen)-1].Err)
		for _, ev := range seen {
			require.Equal(t, endpoint, ev.Endpoint, ev.Type)
			require.Equal(t, id.ID, ev.PeerID, ev.Type)
			requireStable(t, ev, id.Address, "S")
		}
		for _, ev := range saw {
			require.Equal(t, bound, ev.Endpoint, ev.Type)
			if ev.Type != socket.Listening && ev.Type != socket.ListenerClosed {
				require.Equal(t, peer.ID, ev.PeerID, ev.Type)
				requireStable(t, ev, peer.Address, "C")
			}
		}
		if !isLocal(endpoint) {
			retried := order(t, c, socket.ConnectRetried, socket.ConnectDelayed, socket.ConnectFailed, socket.ConnectRetried)
			require.Positive(t, retried[0].Delay)
			require.Error(t, retried[2].Err)
		}
		shut(t, client)
		ended(t, c, ringmq.ErrClosed, socket.ConnectDelayed, socket.ConnectFailed, socket.ConnectRetried)
	})
}

// requireStable asserts that an event names the peer, as far as it is known by then.
func requireStable(t *testing.T, ev socket.Event, address, identity string) {
	t.Helper()
	switch ev.Type {
	case socket.HandshakeSucceeded, socket.Disconnected, socket.Closed:
		require.Equal(t, []string{address, identity}, []string{ev.Peer, ev.Identity}, ev.Type)
	case socket.Connected, socket.Accepted:
		require.Equal(t, address, ev.Peer, ev.Type)
	}
}

// TestMonitorOfTheBoundSide: a peer goes, the listener is closed.
func TestMonitorOfTheBoundSide(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		server, client := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		s := server.Monitor(deadline(t))
		bound := bind(t, server, fresh())
		require.NoError(t, client.Connect(bound))
		evs := order(t, s, socket.Listening, socket.Accepted, socket.HandshakeSucceeded)
		shut(t, client)
		ev := next(t, s, socket.Disconnected)
		require.Equal(t, evs[1].Peer, ev.Peer)
		require.Equal(t, bound, ev.Endpoint)
		require.Error(t, ev.Err)
		require.NoError(t, server.Unbind(bound))
		ev = next(t, s, socket.ListenerClosed)
		require.Equal(t, bound, ev.Endpoint)
		require.NoError(t, ev.Err)
		shut(t, server)
		ended(t, s, ringmq.ErrClosed)
	})
}

// TestMonitorOfALocalClose: what this side ends by Disconnect, Unbind or Close is Closed here, without an error, and
// Disconnected there.
func TestMonitorOfALocalClose(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for name, end := range map[string]struct {
			client bool // it is the client that ends it
			by     func(t *testing.T, s sock, endpoint string)
		}{
			"disconnect":      {true, func(t *testing.T, s sock, e string) { require.NoError(t, s.Disconnect(e)) }},
			"unbind":          {false, func(t *testing.T, s sock, e string) { require.NoError(t, s.Unbind(e)) }},
			"close client":    {true, func(t *testing.T, s sock, _ string) { shut(t, s) }},
			"close the bound": {false, func(t *testing.T, s sock, _ string) { shut(t, s) }},
		} {
			t.Run(name, func(t *testing.T) {
				server, client := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
				endpoint := fresh()
				ender := sock(server)
				mine, theirs := server.Monitor(deadline(t)), client.Monitor(deadline(t))
				link(t, server, client, endpoint)
				order(t, mine, socket.Listening, socket.Accepted, socket.HandshakeSucceeded)
				order(t, theirs, connectedTo(endpoint)...)
				if end.client {
					ender, mine, theirs = client, theirs, mine
				}
				end.by(t, ender, endpoint)
				if !end.client {
					next(t, mine, socket.ListenerClosed)
				}
				if isLocal(endpoint) && name == "unbind" { // the name is free, and the peers stay
					send(t, client, "still here")
					require.Equal(t, []string{"still here"}, recv(t, server))
					require.Empty(t, mine)
					require.Empty(t, theirs)
					return
				}
				closed := next(t, mine, socket.Closed)
				require.NoError(t, closed.Err)
				require.NotEmpty(t, closed.Peer)
				require.Error(t, next(t, theirs, socket.Disconnected).Err)
			})
		}
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
			evs := order(t, c, socket.ConnectDelayed, socket.ConnectFailed, socket.ConnectRetried)
			for _, ev := range evs {
				require.Equal(t, endpoint, ev.Endpoint)
				require.Equal(t, client.Peers()[0].ID, ev.PeerID)
			}
			var named *ringmq.Error
			require.ErrorAs(t, evs[1].Err, &named)
			require.Equal(t, endpoint, named.Endpoint)
			require.GreaterOrEqual(t, evs[2].Delay, time.Millisecond)
			require.LessOrEqual(t, evs[2].Delay, 5*time.Millisecond, "the longest delay and a quarter")
		}
		require.NoError(t, client.Disconnect(endpoint))
		shut(t, client)
		ended(t, c, ringmq.ErrClosed, socket.ConnectDelayed, socket.ConnectFailed, socket.ConnectRetried)
	})
}

// TestMonitorOfAStop: what ends Connect is told like any failure, and then that there is no other attempt.
func TestMonitorOfAStop(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		refused := []socket.EventType{socket.ConnectDelayed, socket.ConnectFailed, socket.ConnectStopped}
		for name, test := range map[string]struct {
			opt  socket.Option
			want []socket.EventType
		}{
			"refused":      {socket.WithReconnectStop(socket.StopRefused), refused},
			"no reconnect": {socket.WithNoReconnect(), refused},
			"handshake": {socket.WithReconnectStop(socket.StopHandshakeFailed), []socket.EventType{
				socket.ConnectDelayed, socket.Connected, socket.HandshakeFailed, socket.ConnectStopped,
			}},
		} {
			t.Run(name, func(t *testing.T) {
				endpoint := fresh()
				push := open(t, pipeline.NewPush, test.opt)
				events := push.Monitor(deadline(t))
				if name == "handshake" {
					l := listenSystem(t, endpoint)
					hungUp := begin(func() error {
						c, err := l.Accept()
						if err == nil {
							err = c.Close()
						}
						return err
					})
					defer func() { require.NoError(t, result(t, hungUp)) }()
				}
				require.NoError(t, push.Connect(endpoint))
				evs := order(t, events, test.want...)
				for _, ev := range evs {
					require.Equal(t, endpoint, ev.Endpoint)
					require.Equal(t, evs[0].PeerID, ev.PeerID)
				}
				var why *ringmq.Error
				require.ErrorAs(t, evs[len(evs)-1].Err, &why)
				require.Equal(t, endpoint, why.Endpoint)
				requireGivenUp(t, push, endpoint)
			})
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
				for _, err := range []error{one, other} {
					var failed *socket.HandshakeError
					require.ErrorAs(t, err, &failed)
					require.Contains(t, []socket.HandshakeCause{socket.CauseProtocol, socket.CauseNoDetail}, failed.Cause)
				}
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
	ended(t, one, context.Canceled)
	bind(t, pull, freshInproc(t))
	next(t, other, socket.Listening)
	shut(t, pull)
	ended(t, other, ringmq.ErrClosed, socket.ListenerClosed)
	ended(t, pull.Monitor(deadline(t)), ringmq.ErrClosed)
}

// TestMonitorThatNobodyReads: events are missed and counted, for the socket and for each reader, and the socket goes on.
func TestMonitorThatNobodyReads(t *testing.T) {
	pull := open(t, pipeline.NewPull)
	events := pull.Monitor(deadline(t))
	_ = bind(t, pull, freshInproc(t))
	taken := bind(t, pull, freshInproc(t))
	const failures = 5000
	fail := func() {
		_, err := pull.Bind(taken)
		require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	}
	for range failures {
		fail()
	}
	missed := pull.Stats().MissedEvents
	require.Positive(t, missed)
	order(t, events, socket.Listening, socket.Listening)
	fail() // there is room again: the reader learns what it has missed when it comes to this one
	require.Equal(t, missed, pull.Stats().MissedEvents)
	shut(t, pull)
	var seen, told uint64
	for ev := range events {
		told += ev.Missed
		if ev.Type == socket.BindFailed {
			seen++
		}
	}
	require.EqualValues(t, failures+1, seen+missed)
	require.Equal(t, pull.Stats().MissedEvents, told)
}
