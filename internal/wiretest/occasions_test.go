package wiretest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// The hello comes right after the handshake, on each connection, in the framing of the peer's version, and ahead of what
// was queued.
func TestHelloOnTheWire(t *testing.T) {
	for _, hello := range []string{"hello", strings.Repeat("x", 300)} {
		for _, o := range append(olds, old{"3.1", "3.1", func(p *peer, _, _ int) { p.shake(1, "ROUTER") }, frame}) {
			t.Run(o.name, func(t *testing.T) {
				overConnectors(t, func(t *testing.T, l link) {
					dealer := open(t, reqrep.NewDealer, quickly, socket.WithHello([]byte(hello)))
					at := l.meet(t, dealer)
					send(t, dealer, "queued")
					for i := range 3 {
						p := at.peer()
						o.shake(p, codes["DEALER"], codes["ROUTER"])
						p.expect(o.frame(0, hello))
						if i == 0 {
							p.expect(o.frame(0, "queued"))
						}
						p.hangUp()
					}
				})
			})
		}
	}
}

// A probe is an empty message, for a ROUTER alone.
func TestProbeOnTheWire(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		p := l.meet(t, open(t, reqrep.NewDealer, socket.WithProbeRouter(), socket.WithHello([]byte("hello")))).peer()
		p.shake(1, "ROUTER")
		p.expect(message(""), message("hello"))
		p.sync()
		p = l.meet(t, open(t, reqrep.NewRouter, socket.WithProbeRouter())).peer()
		p.shake(1, "DEALER")
		p.sync()
	})
}

// What a peer has sent of a message when it goes is thrown away; the notification comes after what was whole.
func TestNotificationAfterHalfAMessage(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		router := open(t, reqrep.NewRouter, quickly, socket.WithRouterNotify(socket.NotifyConnect|socket.NotifyDisconnect))
		at := l.meet(t, router)
		for _, half := range [][]byte{nil, frame(more, "half"), raw(frame(more, "half"), 0, 10, "cut")} {
			for _, end := range []func(*peer){(*peer).hangUp, (*peer).reset} {
				p := at.peer()
				p.shake(1, "DEALER", "Identity", "id")
				p.send(message("whole"))
				p.sync()
				p.send(half)
				end(p)
				for _, want := range [][]string{{"id", ""}, {"id", "whole"}, {"id", ""}} {
					require.Equal(t, want, recv(t, router))
				}
			}
		}
		p := at.peer()
		p.send(greetingOf(3, 1, "NULL")) // and nobody is told of a handshake that fails
		p.hangUp()
		p = at.peer()
		p.shake(1, "DEALER", "Identity", "next")
		require.Equal(t, []string{"next", ""}, recv(t, router))
		requireNothing(t, router)
	})
}

// The replies of a REQ that are no replies end the connection; those of another request are passed over.
func TestReplyShapes(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		for name, malformed := range map[string][]byte{
			"body alone":           message("body"),
			"delimiter alone":      message(""),
			"number alone":         message("1234"),
			"number, delimiter":    message("1234", ""),
			"number, no delimiter": message("1234", "body", ""),
			"short number":         message("123", "", "body"),
			"long number":          message("12345", "", "body"),
		} {
			t.Run(name, func(t *testing.T) {
				req := open(t, reqrep.NewReq, socket.WithCorrelate())
				seen := watch(t, req)
				at := l.meet(t, req)
				p := at.peer()
				p.shake(1, "REP")
				seen.ready(at, 1)
				send(t, req, "request")
				number := p.readMessage()[0]
				require.Len(t, number, 4)
				p.send(message("", "body"), message("\x00\x00\x00\x00", "", "body"), malformed)
				p.expectEnd()
				seen.of(socket.Disconnected, at)
			})
		}
	})
}
