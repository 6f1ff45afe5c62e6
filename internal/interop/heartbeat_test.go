package interop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// Heartbeats of these tests. The pause in which a peer is idle is longer than the time after which either side gives a
// silent one up, which in turn is more than two dozen processes on a busy machine keep each other waiting.
const (
	beat     = 100 * time.Millisecond
	tooQuiet = 3 * time.Second
	pause    = 4 * time.Second
)

// theirHeartbeat is for libzmq: PINGs, what it expects of us, and what it asks us to expect of it.
var theirHeartbeat = []string{"monitor=1", "heartbeat_ivl=100", "heartbeat_timeout=3000", "heartbeat_ttl=3000"}

// idlers are the pairs of types, ours first, that heartbeats are tested with. A PUSH and a PUB have nobody who waits in
// Recv.
var idlers = []struct{ our, their string }{{"PUSH", "PULL"}, {"SUB", "PUB"}, {"PUB", "SUB"}, {"DEALER", "ROUTER"}}

// TestTheirHeartbeat: libzmq sends PINGs to our socket, which is idle, and keeps the connection.
func TestTheirHeartbeat(t *testing.T) {
	testIdle(t, nil, theirHeartbeat)
}

// TestOurHeartbeat: our socket sends PINGs to libzmq, which is idle and keeps the connection, though it was asked to
// give up a silent peer.
func TestOurHeartbeat(t *testing.T) {
	testIdle(t, []socket.Option{ourHeartbeat()}, []string{"monitor=1"})
}

// TestBothHeartbeats: they do not disturb each other.
func TestBothHeartbeats(t *testing.T) {
	testIdle(t, []socket.Option{ourHeartbeat()}, theirHeartbeat)
}

func ourHeartbeat() socket.Option {
	return socket.WithHeartbeat(socket.Heartbeat{Interval: beat, Timeout: tooQuiet, TTL: tooQuiet})
}

// testIdle leaves a connection of each kind idle, all at once, and finds every one as it was.
func testIdle(t *testing.T, ourOptions []socket.Option, theirOptions []string) {
	t.Parallel()
	var checks []func()
	for _, c := range idlers {
		for _, weBind := range []bool{true, false} {
			o := newOurs(t, c.our, ourOptions...)
			var p *process
			if weBind {
				p = libzmq(t, c.their, "connect", o.bind(endpoint(t, "tcp")).Endpoint(), theirOptions...)
			} else {
				p = libzmq(t, c.their, "bind", endpoint(t, "tcp"), theirOptions...)
				o.connect(p.Endpoint())
			}
			o.await(socket.HandshakeSucceeded)
			before := o.Peers()
			require.Len(t, before, 1)
			quiet := start(p, "quiet %d", pause.Milliseconds())
			checks = append(checks, func() {
				require.Equal(t, "yes", quiet(), "%s, we bind: %v", p.name, weBind)
				after := o.Peers()
				require.Len(t, after, 1)
				require.False(t, after[0].LastSeen.Before(before[0].LastSeen))
				after[0].LastSeen = before[0].LastSeen
				require.Equal(t, before, after)
				require.Empty(t, o.events)
			})
		}
	}
	for _, check := range checks {
		check()
	}
}

// TestNoHeartbeatBefore31: zmq4 speaks ZMTP 3.0, which has no PING (RFC 23), and would receive one as a message.
func TestNoHeartbeatBefore31(t *testing.T) {
	t.Parallel()
	o := newOurs(t, "PUSH", socket.WithHeartbeat(socket.Heartbeat{Interval: time.Millisecond, Timeout: patience}))
	p := newZMQ4(t, "PULL").connect(o.bind(endpoint(t, "tcp")).Endpoint())
	require.Equal(t, "no", do(p, "poll 100"))
	require.Equal(t, "sent", do(o, "send x61"))
	require.Equal(t, "got x61", do(p, "recv"))
}
