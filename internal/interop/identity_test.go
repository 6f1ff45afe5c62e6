package interop_test

import (
	"strings"
	"testing"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// identities are routing ids that a peer may announce (RFC 37).
var identities = []struct{ name, id string }{
	{"short", "A"},
	{"binary", "\x01\x00\xff\n"},
	{"longest", strings.Repeat("i", 255)},
}

// newIdentified starts a peer of theirs that announces id, connecting to at.
func newIdentified(t *testing.T, implementation, kind, at, id string) peer {
	t.Helper()
	if implementation == "libzmq" {
		return libzmq(t, kind, "connect", at, "routing_id="+text(id))
	}
	return newZMQ4(t, kind, zmq4.WithID(zmq4.SocketIdentity(id))).connect(at)
}

// TestIdentitySeenByOurs: our ROUTER sees the routing id that the other side has set, and finds its way back by it.
func TestIdentitySeenByOurs(t *testing.T) {
	for _, theirs := range []string{"libzmq", "zmq4"} {
		for _, kind := range []string{"DEALER", "REQ"} {
			for _, c := range identities {
				t.Run(theirs+"/"+kind+"/"+c.name, func(t *testing.T) {
					t.Parallel()
					router := newOurs(t, "ROUTER").bind(endpoint(t, "tcp"))
					p := newIdentified(t, theirs, kind, router.Endpoint(), c.id)
					envelope := text(c.id)
					if kind == "REQ" {
						envelope += " x"
					}
					require.Equal(t, "sent", do(p, "send x61 x62"))
					require.Equal(t, expect(envelope+" x61 x62"), do(router, "recv"))
					require.Equal(t, c.id, router.Peers()[0].Identity)
					require.Equal(t, kind, router.Peers()[0].SocketType)
					require.Equal(t, "sent", do(router, "send %s x63", envelope))
					require.Equal(t, "got x63", do(p, "recv"))
				})
			}
		}
	}
}

// TestIdentitySeenByTheirs: their ROUTER sees the routing id that our socket has set.
func TestIdentitySeenByTheirs(t *testing.T) {
	for _, w := range wirings("libzmq", "zmq4") {
		if w.weBind || w.transport != "tcp" {
			continue
		}
		for _, kind := range []string{"DEALER", "REQ"} {
			for _, c := range identities {
				t.Run(w.theirs+"/"+kind+"/"+c.name, func(t *testing.T) {
					t.Parallel()
					router := w.start(t, "ROUTER", "bind", endpoint(t, "tcp"))
					o := newOurs(t, kind, socket.WithIdentity(c.id)).connect(router.Endpoint())
					envelope := text(c.id)
					if kind == "REQ" {
						envelope += " x"
					}
					require.Equal(t, "sent", do(o, "send x61 x62"))
					require.Equal(t, expect(envelope+" x61 x62"), do(router, "recv"))
					require.Equal(t, "sent", do(router, "send %s x63", envelope))
					require.Equal(t, "got x63", do(o, "recv"))
				})
			}
		}
	}
}

// TestIdentityMadeUp: a libzmq peer without a routing id gets one from our ROUTER, and ours from libzmq's: five bytes,
// the first zero (RFC 28).
func TestIdentityMadeUp(t *testing.T) {
	requireMadeUp := func(t *testing.T, got string) (id string) {
		t.Helper()
		fields := strings.Fields(got)
		require.Len(t, fields, 3, got)
		require.Regexp(t, "^x00[0-9a-f]{8}$", fields[1])
		require.Equal(t, "x61", fields[2])
		return fields[1]
	}
	for _, w := range wirings("libzmq") {
		t.Run(w.String()+"/our-ROUTER", func(t *testing.T) {
			t.Parallel()
			router, dealer := w.connect(t, "ROUTER", "DEALER")
			require.Equal(t, "sent", do(dealer, "send x61"))
			id := requireMadeUp(t, do(router, "recv"))
			require.Equal(t, "sent", do(router, "send %s x62", id))
			require.Equal(t, "got x62", do(dealer, "recv"))
		})
		t.Run(w.String()+"/their-ROUTER", func(t *testing.T) {
			t.Parallel()
			dealer, router := w.connect(t, "DEALER", "ROUTER")
			require.Equal(t, "sent", do(dealer, "send x61"))
			id := requireMadeUp(t, do(router, "recv"))
			require.Equal(t, "sent", do(router, "send %s x62", id))
			require.Equal(t, "got x62", do(dealer, "recv"))
		})
	}
}

// TestRouterToRouter: each has a routing id, and ours begins once the handshake has told it that of libzmq's.
func TestRouterToRouter(t *testing.T) {
	requireLibzmq(t)
	for _, weBind := range []bool{true, false} {
		t.Run(wiring{"libzmq", "ipc", weBind}.String(), func(t *testing.T) {
			t.Parallel()
			o := newOurs(t, "ROUTER", socket.WithIdentity("us"), socket.WithMandatory())
			var p peer
			if weBind {
				p = libzmq(t, "ROUTER", "connect", o.bind(endpoint(t, "ipc")).Endpoint(), "routing_id="+text("them"))
			} else {
				p = libzmq(t, "ROUTER", "bind", endpoint(t, "ipc"), "routing_id="+text("them"))
				o.connect(p.Endpoint())
			}
			require.Equal(t, "them", o.await(socket.HandshakeSucceeded).Identity)
			require.Equal(t, "sent", do(o, "send %s x61 x", text("them")))
			require.Equal(t, expect(text("us")+" x61 x"), do(p, "recv"))
			require.Equal(t, "sent", do(p, "send %s x x62", text("us")))
			require.Equal(t, expect(text("them")+" x x62"), do(o, "recv"))
		})
	}
}
