package wiretest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// inOrder takes the next events of the socket, which are of the types and about the place.
func (e *events) inOrder(at *place, want ...socket.EventType) (evs []socket.Event) {
	e.t.Helper()
	for _, typ := range want {
		ev := e.await("any", func(socket.Event) bool { return true })
		require.Equal(e.t, typ, ev.Type, "%s, not %s: %+v", ev.Type, typ, ev)
		require.Equal(e.t, at.endpoint, ev.Endpoint)
		evs = append(evs, ev)
	}
	return evs
}

// opening is what is told of a new connection before its handshake.
func (l link) opening() []socket.EventType {
	if l.connecting {
		return []socket.EventType{socket.ConnectDelayed, socket.Connected}
	}
	return []socket.EventType{socket.Accepted}
}

// after is what the end of a connection leads to.
func (l link) after(permanent bool) []socket.EventType {
	switch {
	case !l.connecting:
		return nil
	case permanent:
		return []socket.EventType{socket.ConnectStopped}
	}
	return []socket.EventType{socket.ConnectRetried}
}

// An event of a handshake that fails says where, with whom and whose fault it was, in both roles.
func TestMonitorOfFailedHandshakes(t *testing.T) {
	hangUp := func(p *peer) { p.hangUp() }
	for name, c := range map[string]struct {
		fault     func(*peer)
		want      socket.HandshakeError
		is        error
		permanent bool
	}{
		"no greeting": {
			func(p *peer) { p.send("GET / HTTP/1.1\r\n\r\n") },
			socket.HandshakeError{Cause: socket.CauseProtocol, Code: "malformed-greeting"},
			ringmq.ErrProtocol, true,
		},
		"mechanism": {
			func(p *peer) { p.send(greetingOf(3, 1, "PLAIN")) },
			socket.HandshakeError{Cause: socket.CauseProtocol, Code: "mechanism-mismatch"},
			ringmq.ErrProtocol, true,
		},
		"socket type": {
			func(p *peer) { p.send(greeting, ready("PUB")) },
			socket.HandshakeError{Cause: socket.CauseProtocol, Code: "incompatible-socket-type"},
			ringmq.ErrProtocol, true,
		},
		"not let in": {
			func(p *peer) { p.send(greeting, command("ERROR", 3, "400")) },
			socket.HandshakeError{Cause: socket.CauseAuth, Status: 400},
			ringmq.ErrProtocol, true,
		},
		"hangs up": {hangUp, socket.HandshakeError{}, nil, false},
		"silence": {
			func(p *peer) { _, _ = p.drain() },
			socket.HandshakeError{},
			socket.ErrHandshakeTimeout, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				slow := socket.WithReconnect(patience, patience)
				dealer := open(t, reqrep.NewDealer, slow, socket.WithHandshakeTimeout(limitOf(name)))
				seen := watch(t, dealer)
				at := l.meet(t, dealer)
				if !l.connecting {
					seen.inOrder(at, socket.Listening)
				}
				p := at.peer()
				c.fault(p)
				evs := seen.inOrder(at, append(l.opening(), socket.HandshakeFailed)...)
				met, failed := evs[len(evs)-2], evs[len(evs)-1]
				require.NotZero(t, met.PeerID)
				require.Equal(t, []any{met.PeerID, met.Peer}, []any{failed.PeerID, failed.Peer})
				requireCause(t, failed.Err, c.want, c.is)
				for _, ev := range seen.inOrder(at, l.after(c.permanent)...) {
					require.Equal(t, met.PeerID, ev.PeerID)
					require.Equal(t, c.permanent, ev.Err != nil)
				}
			})
		})
	}
}

// limitOf is the time that a handshake may take in the case of the name.
func limitOf(name string) time.Duration {
	if name == "silence" {
		return 50 * time.Millisecond
	}
	return 2 * patience
}

func requireCause(t *testing.T, err error, want socket.HandshakeError, is error) {
	t.Helper()
	var got *socket.HandshakeError
	require.ErrorAs(t, err, &got)
	require.Equal(t, []any{want.Cause, want.Code, want.Status}, []any{got.Cause, got.Code, got.Status})
	require.Error(t, got.Err)
	if is != nil {
		require.ErrorIs(t, err, is)
	}
	require.NotEmpty(t, got.Cause.String())
}

// A peer that goes silent: the connection is lost, and a connector tries again.
func TestMonitorOfHeartbeats(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		beats := socket.Heartbeat{Interval: 20 * time.Millisecond, Timeout: 40 * time.Millisecond}
		dealer := open(t, reqrep.NewDealer, socket.WithReconnect(patience, patience), socket.WithHeartbeat(beats))
		seen := watch(t, dealer)
		at := l.meet(t, dealer)
		if !l.connecting {
			seen.inOrder(at, socket.Listening)
		}
		at.peer().shake(1, "ROUTER", "Identity", "quiet")
		evs := seen.inOrder(at, append(l.opening(), socket.HandshakeSucceeded, socket.Disconnected)...)
		lost := evs[len(evs)-1]
		require.ErrorIs(t, lost.Err, socket.ErrPeerSilent)
		require.Equal(t, "quiet", lost.Identity)
		require.Equal(t, evs[0].PeerID, lost.PeerID)
		seen.inOrder(at, l.after(false)...)
	})
}

// Breaking the rules after the handshake ends the connection, and the connector with it.
func TestMonitorOfAFault(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		dealer := open(t, reqrep.NewDealer)
		seen := watch(t, dealer)
		at := l.meet(t, dealer)
		p := at.peer()
		p.shake(1, "ROUTER")
		seen.ready(at, 1)
		p.send(raw(0x08, 0))
		seen.of(socket.Disconnected, at)
		if l.connecting {
			require.ErrorIs(t, seen.of(socket.ConnectStopped, at).Err, ringmq.ErrProtocol)
			require.ErrorIs(t, dealer.Disconnect(at.endpoint), ringmq.ErrNotFound)
		}
	})
}

// Seen is every read, not only messages, and what was seen last outlives the connection.
func TestLastSeen(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		dealer := open(t, reqrep.NewDealer, socket.WithReconnect(patience, patience))
		seen := watch(t, dealer)
		at := l.listen(t)
		at.connect(dealer)
		require.Zero(t, dealer.Peers()[0].LastSeen)
		p := at.peer()
		p.shake(1, "ROUTER")
		seen.ready(at, 1)
		last := func() time.Time { return dealer.Peers()[0].LastSeen }
		first := last()
		require.WithinDuration(t, time.Now(), first, patience)
		require.Eventually(t, func() bool { p.sync(); return last().After(first) }, patience, time.Millisecond)
		require.Equal(t, "NULL", dealer.Peers()[0].Mechanism)
		p.hangUp()
		seen.of(socket.Disconnected, at)
		require.True(t, last().After(first))
		require.False(t, dealer.Peers()[0].Connected)
	})
}
