package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// ask goes through a request and its reply.
func ask(t *testing.T, req *reqrep.Req, p *peer) {
	t.Helper()
	send(t, req, "request")
	p.expect(message("", "request"))
	p.send(message("", "reply"))
	require.Equal(t, []string{"reply"}, recv(t, req))
}

// The one that was asked answers with a fault: the honest peer can be asked next.
func TestFaultyReplyToRequest(t *testing.T) {
	for _, l := range []link{links[0], links[2]} {
		t.Run(l.String(), func(t *testing.T) {
			req := open(t, reqrep.NewReq)
			seen := watch(t, req)
			at := l.meet(t, req)
			hostile := at.peer()
			hostile.shake(1, "REP")
			send(t, req, "request")
			hostile.expect(message("", "request"))
			hostile.send(message("reply"))
			hostile.expectEnd()
			seen.ended(at, hostile, cause{typ: socket.Disconnected, is: ringmq.ErrProtocol})
			_, err := req.TryRecv()
			require.ErrorIs(t, err, ringmq.ErrNoRoute)
			honest := at.peer()
			honest.shake(1, "REP")
			ask(t, req, honest)
		})
	}
}

// Replies that nobody waits for, before a request and after its reply, are passed over, and the connection stays.
func TestUnaskedReplies(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		req := open(t, reqrep.NewReq)
		p := l.meet(t, req).peer()
		p.shake(1, "REP")
		for range 3 {
			p.send(message("", "unasked"))
			p.sync()
			ask(t, req, p)
		}
	})
}

// A request without a delimiter, or without a body, is dropped silently, and the connection stays.
func TestRequestWithoutDelimiter(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		rep := open(t, reqrep.NewRep)
		p := l.meet(t, rep).peer()
		p.shake(1, "DEALER")
		for range 2 {
			p.send(message("request"), message("a", "b", "request"), message(""), message("a", ""))
			p.send(message("id", "other id", "", "request", "", "of four"))
			require.Equal(t, []string{"request", "", "of four"}, recv(t, rep))
			send(t, rep, "reply", "", "of three")
			p.expect(message("id", "other id", "", "reply", "", "of three"))
			p.sync()
		}
	})
}

// Trap 12: a second peer with the same identity does not displace the first. It is not read and not routed to; once it
// sends something it is disconnected.
func TestDuplicateIdentity(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sc := newScene(t, l)
		double := sc.at.peer()
		double.shake(1, "DEALER", "Identity", "honest")
		sc.events.ready(sc.at, 1)
		for range 3 {
			sc.honest.exchange()
		}
		double.sync() // nothing of it came here
		double.send(message("I am honest"))
		double.expectEnd()
		sc.events.ended(sc.at, double, cause{typ: socket.Disconnected, is: ringmq.ErrProtocol})
		sc.honest.exchange()
		requireNothing(t, sc.router)
	})
}

// After the first has left, its identity is free.
func TestIdentityIsFreeAgain(t *testing.T) {
	for _, l := range []link{links[0], links[2]} {
		t.Run(l.String(), func(t *testing.T) {
			sc := newScene(t, l)
			for range 3 {
				p := sc.at.peer()
				p.shake(1, "DEALER", "Identity", "again")
				p.send(message("hello"))
				require.Equal(t, []string{"again", "hello"}, recv(t, sc.router))
				p.hangUp()
				sc.events.ended(sc.at, p, cause{typ: socket.Disconnected})
			}
			require.Zero(t, sc.router.Stats().Dropped)
			sc.honest.exchange()
		})
	}
}

// Ids that a ROUTER makes up begin with 00, have five bytes and are apart.
func TestMadeUpIdentities(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		router := open(t, reqrep.NewRouter)
		ids := map[string]bool{}
		for range 3 {
			p := l.meet(t, router).peer()
			p.shake(1, "DEALER")
			p.send(message("hello"))
			id := recv(t, router)[0]
			require.Len(t, id, 5)
			require.Zero(t, id[0])
			require.False(t, ids[id])
			ids[id] = true
			send(t, router, id, "", "hello")
			p.expect(message("", "hello"))
		}
	})
}

// What a peer sends against the direction of the pattern is thrown away.
func TestMessagesToPush(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush)
		p := l.meet(t, push).peer()
		p.shake(1, "PULL")
		p.send(message("wrong", "way"), message(text(100_000)))
		p.sync()
		send(t, push, "right way")
		p.expect(message("right way"))
		require.Zero(t, push.Stats().Received)
	})
}
