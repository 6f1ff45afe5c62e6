package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// The 64 bytes that every socket sends, and what follows them, in full.
var goldenReady = map[string][]byte{
	"PUB":     raw(0x04, 0x19, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 3, "PUB"),
	"SUB":     raw(0x04, 0x19, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 3, "SUB"),
	"XPUB":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "XPUB"),
	"XSUB":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "XSUB"),
	"PUSH":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "PUSH"),
	"PULL":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "PULL"),
	"REP":     raw(0x04, 0x19, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 3, "REP"),
	"REQ":     raw(0x04, 0x26, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 3, "REQ", 8, "Identity", 0, 0, 0, 0),
	"DEALER":  raw(0x04, 0x29, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 6, "DEALER", 8, "Identity", 0, 0, 0, 0),
	"ROUTER":  raw(0x04, 0x29, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 6, "ROUTER", 8, "Identity", 0, 0, 0, 0),
	"PAIR":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "PAIR"),
	"CHANNEL": raw(0x04, 0x1D, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 7, "CHANNEL"),
	"CLIENT":  raw(0x04, 0x1C, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 6, "CLIENT"),
	"SERVER":  raw(0x04, 0x1C, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 6, "SERVER"),
	"PEER":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "PEER"),
	"SCATTER": raw(0x04, 0x1D, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 7, "SCATTER"),
	"GATHER":  raw(0x04, 0x1C, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 6, "GATHER"),
	"RADIO":   raw(0x04, 0x1B, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 5, "RADIO"),
	"DISH":    raw(0x04, 0x1A, 5, "READY", 0x0B, "Socket-Type", 0, 0, 0, 4, "DISH"),
}

// The golden bytes of all types. READY goes out on the peer's greeting alone. Trap 8: waiting for the whole greeting,
// or for READY, before sending is a deadlock. Trap 9: as-server is 0, and may be 1 on the peer's side.
func TestGreetingAndReadyAreByteExact(t *testing.T) {
	golden := raw(0xFF, zeros(7), 1, 0x7F, 3, 1, "NULL", zeros(16), 0, zeros(31))
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				p := l.meet(t, k.open(t)).peer()
				p.expect(golden[:10]) // unprompted
				p.send(greeting)
				p.expect(golden[10:], goldenReady[k.name])
				p.send(ready(k.peer))
				p.sync() // there was nothing else
			})
		})
	}
}

// Trap 11: the identity is told by REQ, DEALER and ROUTER only, and its length stands in the signature, for ZMTP 1.0.
func TestIdentityAndMetadataInReady(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := links[0].meet(t, k.open(t, socket.WithIdentity("me"), socket.WithMetadata("X-Build", "42"))).peer()
			p.send(greeting)
			head, tail := p.read(64), greeting[10:]
			require.Equal(t, tail, head[10:])
			switch k.name {
			case "REQ", "DEALER", "ROUTER":
				require.Equal(t, raw(0xFF, zeros(7), 3, 0x7F), head[:10])
				p.expect(ready(k.name, "Identity", "me", "X-Build", "42"))
			default:
				require.Equal(t, signature, head[:10])
				p.expect(ready(k.name, "X-Build", "42"))
			}
		})
	}
}

// Trap 10: data follows once READY was both sent and received. The peer never sends READY: it must get no data.
func TestNoDataBeforePeersReady(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush)
		at := l.meet(t, push)
		p := at.peer()
		p.send(greeting)
		p.expect(greeting, goldenReady["PUSH"])
		if l.connecting { // an accepted peer takes no messages before its handshake
			send(t, push, "early")
		}
		p.halfClose()
		p.expectEnd()
		if l.connecting {
			p = at.peer()
			p.shake(1, "PULL")
			p.expect(message("early"))
		}
	})
}

// Trap 8 again, step by step as libzmq does it: each side sends what it may and waits for what it must.
func TestGreetingInSteps(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		p := l.meet(t, open(t, reqrep.NewDealer)).peer()
		p.expect(signature)
		p.send(signature)
		p.expect(3)
		p.send(3)
		p.expect(greeting[11:])
		p.send(greeting[11:])
		p.expect(goldenReady["DEALER"])
		for _, b := range ready("ROUTER") {
			p.send(int(b))
		}
		p.sync()
	})
}

// RFC 37 has a peer send eleven bytes unasked. One that waits for ours before it sends its own must not wait for ever.
func TestSilentPeerGetsEleventhByte(t *testing.T) {
	t.Parallel()
	p := links[0].meet(t, open(t, reqrep.NewDealer)).peer()
	p.expect(signature, 3)
	p.shakeAfter(11, "ROUTER")
}

// shakeAfter is shake for a peer that has read the first n bytes of our greeting.
func (p *peer) shakeAfter(n int, socketType string) {
	p.t.Helper()
	p.send(greeting, ready(socketType))
	p.expect(greeting[n:], goldenReady["DEALER"])
	p.sync()
}

// What the peer may put into its greeting. Trap 9: demanding as-server=1, or 0, rejects somebody.
func TestGreetingsThatAreTaken(t *testing.T) {
	with := func(at int, b ...any) []byte {
		g := append([]byte(nil), greeting...)
		copy(g[at:], raw(b...))
		return g
	}
	for name, g := range map[string][]byte{
		"as-server":       with(32, 1),
		"padding":         with(1, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4),
		"filler":          with(33, text(31)),
		"version 3.0":     with(11, 0),
		"version 3.7":     with(11, 7),
		"version 4.0":     with(10, 4, 0),
		"version 255.255": with(10, 255, 255),
		"padding of text": with(1, text(8), 0x7F, 3, 1),
	} {
		t.Run(name, func(t *testing.T) {
			dealer := open(t, reqrep.NewDealer)
			p := links[0].meet(t, dealer).peer()
			p.send(g, ready("ROUTER"))
			p.expect(greeting, goldenReady["DEALER"])
			p.send(message("in"))
			require.Equal(t, []string{"in"}, recv(t, dealer))
			send(t, dealer, "out")
			p.expect(message("out"))
		})
	}
}

// READYs that are let in: names of properties in any case (RFC 23), unknown ones, no Socket-Type (libzmq takes that).
func TestReadysThatAreTaken(t *testing.T) {
	for name, r := range map[string][]byte{
		"lower case":     command("READY", property("socket-type", "ROUTER")),
		"no socket type": command("READY"),
		"unknown":        ready("ROUTER", "X-Colour", "red", "Resource", ""),
		"long frame":     longFrame(isCmd, 5, "READY", property("Socket-Type", "ROUTER")),
		"1 KiB":          ready("ROUTER", "X-Long", text(1024)),
	} {
		t.Run(name, func(t *testing.T) {
			p := links[0].meet(t, open(t, reqrep.NewDealer)).peer()
			p.send(greeting, r)
			p.expect(greeting, goldenReady["DEALER"])
			p.sync()
		})
	}
}

// Messages know who sent them.
func TestPropertiesOnMessages(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull)
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH", "X-Colour", "red")
		p.send(message("a", "b"))
		m, err := pull.Recv(within(t))
		require.NoError(t, err)
		for name, want := range map[string]string{"Socket-Type": "PUSH", "x-colour": "red", "Peer-Address": p.name} {
			got, ok := m.Property(name)
			require.True(t, ok, name)
			if want != "" {
				require.Equal(t, want, got)
			}
		}
	})
}

// Who a peer is and where it comes from is not for the peer to say, whatever the case of the letters.
func TestPropertiesThatAPeerMayNotSet(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull)
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH", "User-Id", "root", "uSER-iD", "root", "peer-address", "192.0.2.1", "X-User-Id", "me")
		p.send(message("a"))
		m, err := pull.Recv(within(t))
		require.NoError(t, err)
		_, ok := m.Property("User-Id")
		require.False(t, ok)
		from, _ := m.Property("Peer-Address")
		require.NotEqual(t, "192.0.2.1", from)
		mine, _ := m.Property("X-User-Id")
		require.Equal(t, "me", mine)
		require.NotContains(t, pull.Peers()[0].Properties, "User-Id")
	})
}

// Trap 18: a half-open handshake makes no peer that messages could go to.
func TestHalfOpenPeerIsNoPeer(t *testing.T) {
	for _, l := range []link{links[0], links[2]} {
		t.Run(l.String(), func(t *testing.T) {
			push := open(t, pipeline.NewPush)
			at := l.meet(t, push)
			half := at.peer()
			half.send(greeting)
			half.expect(greeting, goldenReady["PUSH"])
			require.Empty(t, push.Peers())
			whole := at.peer()
			whole.shake(1, "PULL")
			for range 10 {
				send(t, push, "to the other")
				whole.expect(message("to the other"))
			}
			require.Len(t, push.Peers(), 1)
			half.halfClose()
			half.expectEnd()
		})
	}
}
