package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// honest is a well-behaved peer of a ROUTER, at a place of its own or among others.
type honest struct {
	t      *testing.T
	router *reqrep.Router
	peer   *peer
}

// settle has an honest peer join the router.
func settle(t *testing.T, l link, router *reqrep.Router) *honest {
	t.Helper()
	h := &honest{t, router, l.meet(t, router).peer()}
	h.peer.shake(1, "DEALER", "Identity", "honest")
	h.exchange()
	return h
}

// exchange goes through a question and its answer. The question must be the next thing that the router receives.
func (h *honest) exchange() {
	h.t.Helper()
	h.peer.send(message("question"))
	require.Equal(h.t, []string{"honest", "question"}, recv(h.t, h.router))
	send(h.t, h.router, "honest", "answer")
	h.peer.expect(message("answer"))
}

// scene is a ROUTER with an honest peer, and a place for a hostile one.
type scene struct {
	router *reqrep.Router
	events *events
	honest *honest
	at     *place
}

func newScene(t *testing.T, l link, opts ...socket.Option) *scene {
	t.Helper()
	router := open(t, reqrep.NewRouter, append([]socket.Option{quickly}, opts...)...)
	sc := &scene{router: router, events: watch(t, router)}
	sc.honest = settle(t, l, router)
	sc.at = l.meet(t, router)
	return sc
}
