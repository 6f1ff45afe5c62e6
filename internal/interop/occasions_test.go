package interop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestProbes: our DEALER's is seen by libzmq's ROUTER, and libzmq's by ours.
func TestProbes(t *testing.T) {
	requireLibzmq(t)
	for _, w := range wirings("libzmq") {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			dealer := newOurs(t, "DEALER", socket.WithProbeRouter(), socket.WithIdentity("id"))
			router := w.their(t, dealer, "ROUTER")
			require.Equal(t, expect(text("id")+" x"), do(router, "recv"))

			ours := newOurs(t, "ROUTER")
			w.their(t, ours, "DEALER", "probe_router=1", "routing_id="+text("id"))
			require.Equal(t, expect(text("id")+" x"), do(ours, "recv"))
		})
	}
}

// their makes a peer of libzmq for our socket.
func (w wiring) their(t *testing.T, o *ours, kind string, options ...string) *process {
	t.Helper()
	if w.weBind {
		return libzmq(t, kind, "connect", o.bind(endpoint(t, w.transport)).Endpoint(), options...)
	}
	p := libzmq(t, kind, "bind", endpoint(t, w.transport), options...)
	o.connect(p.Endpoint())
	return p
}

// TestHandoverBetweenTheirs: of two DEALERs of libzmq with one routing id the second gets the messages.
func TestHandoverBetweenTheirs(t *testing.T) {
	requireLibzmq(t)
	t.Parallel()
	router := newOurs(t, "ROUTER", socket.WithHandover(), socket.WithMandatory()).bind(endpoint(t, "tcp"))
	start := func() *process {
		p := libzmq(t, "DEALER", "connect", router.Endpoint(), "routing_id="+text("id"), "reconnect_ivl=60000")
		require.Equal(t, "sent", do(p, "send x61"))
		require.Equal(t, expect(text("id")+" x61"), do(router, "recv"))
		return p
	}
	first := start()
	require.Equal(t, "sent", do(router, "send %s x01", text("id")))
	require.Equal(t, "got x01", do(first, "recv"))
	second := start()
	router.await(socket.Disconnected)
	require.Equal(t, "sent", do(router, "send %s x02", text("id")))
	require.Equal(t, "got x02", do(second, "recv"))
	require.Equal(t, "no", do(first, "poll 50"))
}

// TestNotificationsOfTheirs: a DEALER of libzmq that is killed.
func TestNotificationsOfTheirs(t *testing.T) {
	requireLibzmq(t)
	t.Parallel()
	router := newOurs(t, "ROUTER", socket.WithRouterNotify(socket.NotifyConnect|socket.NotifyDisconnect))
	p := libzmq(t, "DEALER", "connect", router.bind(endpoint(t, "tcp")).Endpoint(), "routing_id="+text("id"))
	require.Equal(t, expect(text("id")+" x"), do(router, "recv"))
	require.Equal(t, "sent", do(p, "send x61"))
	require.Equal(t, expect(text("id")+" x61"), do(router, "recv"))
	p.kill()
	require.Equal(t, expect(text("id")+" x"), do(router, "recv"))
}

// TestTheirPeersUnderOurNames: a ROUTER that libzmq knows by nothing is ours to name.
func TestTheirPeersUnderOurNames(t *testing.T) {
	requireLibzmq(t)
	t.Parallel()
	o := newOurs(t, "ROUTER", socket.WithIdentity("us"))
	at := fixedEndpoint(t, "ipc")
	require.NoError(t, o.ringSocket.(*reqrep.Router).ConnectWithID(at, "them"))
	require.Equal(t, "sent", do(o, "send %s x61", text("them")))
	p := libzmq(t, "ROUTER", "bind", at)
	require.Equal(t, expect(text("us")+" x61"), do(p, "recv"))
	require.Equal(t, "sent", do(p, "send %s x62", text("us")))
	require.Equal(t, expect(text("them")+" x62"), do(o, "recv"))
}
