package wiretest

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// shortly is a handshake timeout that an honest peer on a busy machine still meets.
const shortly = 1000 * time.Millisecond

// A silent peer, and greetings that break off at each place that matters: the connection ends in time, and a connector
// tries again.
func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	whole := raw(greeting, ready("DEALER"))
	overLinks(t, func(t *testing.T, l link) {
		t.Parallel()
		sc := newScene(t, l, socket.WithHandshakeTimeout(shortly))
		places, peers := []*place{}, []*peer{}
		for _, n := range []int{0, 1, 9, 10, 11, 12, 32, 63, 64, 65, 66, 70, len(whole) - 1} {
			at := l.meet(t, sc.router)
			p := at.peer()
			p.send(whole[:n])
			places, peers = append(places, at), append(peers, p)
		}
		for i, at := range places {
			got, err := peers[i].drain()
			require.False(t, isTimeout(err))
			require.True(t, bytes.HasPrefix(raw(greeting, goldenReady["ROUTER"]), got), "%x", got)
			sc.events.ended(at, peers[i], cause{typ: socket.HandshakeFailed, text: "in time"})
			if l.connecting { // Trap 20
				at.peer().shake(1, "DEALER")
				sc.events.ready(at, 1)
			}
		}
		sc.honest.exchange()
	})
}

// A byte now and then does not put the end off.
func TestHandshakeTimeoutOfADrip(t *testing.T) {
	t.Parallel()
	sc := newScene(t, links[0], socket.WithHandshakeTimeout(shortly))
	p := sc.at.peer()
	from := time.Now()
	tick := time.NewTicker(shortly / 16)
	defer tick.Stop()
	for _, b := range greeting {
		if _, err := p.conn.Write(raw(int(b))); err != nil {
			break
		}
		<-tick.C
	}
	require.Less(t, time.Since(from), 2*shortly)
	sc.events.ended(sc.at, p, cause{typ: socket.HandshakeFailed, text: "in time"})
	sc.honest.exchange()
}

// Trap 11: what calls itself Identity is heeded from REQ, DEALER and ROUTER only.
func TestIdentityOfOtherTypesIsIgnored(t *testing.T) {
	for _, k := range kinds {
		if k.peer == "REQ" || k.peer == "DEALER" || k.peer == "ROUTER" {
			continue
		}
		p := links[0].meet(t, k.open(t)).peer()
		p.shake(1, k.peer, "Identity", "\x00"+text(300))
		p.sync()
	}
}

// Every socket type refuses the types that RFC 37 does not pair it with, and says so to the peer.
func TestIncompatibleSocketTypes(t *testing.T) {
	types := []string{"pub", "DGRAM", ""}
	for _, k := range kinds {
		types = append(types, k.name)
	}
	pairs := map[string]string{
		"PUB": "SUB XSUB", "XPUB": "SUB XSUB", "SUB": "PUB XPUB", "XSUB": "PUB XPUB", "PUSH": "PULL", "PULL": "PUSH",
		"REQ": "REP ROUTER", "REP": "REQ DEALER", "DEALER": "REP DEALER ROUTER", "ROUTER": "REQ DEALER ROUTER",
		"PAIR": "PAIR", "CHANNEL": "CHANNEL", "CLIENT": "SERVER", "SERVER": "CLIENT", "PEER": "PEER",
		"SCATTER": "GATHER", "GATHER": "SCATTER", "RADIO": "DISH", "DISH": "RADIO",
	}
	for _, k := range kinds {
		s := k.open(t)
		seen := watch(t, s)
		at := links[0].meet(t, s)
		for _, theirs := range types {
			p := at.peer()
			p.send(greeting, ready(theirs))
			p.expect(greeting, goldenReady[k.name])
			if theirs == "" || bytes.Contains(raw(" ", pairs[k.name], " "), raw(" ", theirs, " ")) {
				p.sync()
				p.hangUp()
				seen.ended(at, p, cause{typ: socket.Disconnected}) // a PAIR has one at a time
				continue
			}
			p.expect(0x04, 0x1F, 5, "ERROR", 24, "incompatible-socket-type")
			p.expectEnd()
		}
	}
}

// Connections that end in the middle of the handshake, orderly or not, are no fault: a connector comes back.
func TestEOFInHandshake(t *testing.T) {
	whole := raw(greeting, ready("DEALER"))
	overLinks(t, func(t *testing.T, l link) {
		sc := newScene(t, l)
		for _, n := range []int{0, 1, 10, 11, 63, 64, 70, len(whole) - 1} {
			p := sc.at.peer()
			p.send(whole[:n])
			p.halfClose()
			_, err := p.drain()
			require.False(t, isTimeout(err))
			sc.events.ended(sc.at, p, cause{typ: socket.HandshakeFailed, is: io.EOF})
			p = sc.at.peer()
			p.expect(signature) // or else the reset might come before the end of the socket's own connect
			p.send(whole[:n])
			p.reset()
			sc.events.ended(sc.at, p, cause{typ: socket.HandshakeFailed})
		}
		sc.honest.exchange()
		sc.at.peer().shake(1, "DEALER")
	})
}
