package wiretest

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
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

// A handshake that breaks the rules. The connection is closed, with a word to the peer where the RFC has one, and the
// connector does not come back.
var badHandshakes = map[string]struct {
	bytes []byte
	code  string
	reply []byte // after our greeting and READY; nil: whatever came so far
	is    error
}{
	"HTTP":                {raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), session.CodeMalformedGreeting, nil, nil},
	"TLS":                 {raw(0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, text(100)), session.CodeMalformedGreeting, nil, nil},
	"SSH":                 {raw("SSH-2.0-OpenSSH_9.6\r\n"), session.CodeMalformedGreeting, nil, nil},
	"zero-length v1":      {raw(0), session.CodeMalformedGreeting, nil, nil},
	"FF and noise":        {raw(0xFF, text(8), 0x6D, text(80)), session.CodeMalformedGreeting, nil, nil},
	"all FF":              {bytes.Repeat(raw(0xFF), 64), session.CodeMalformedGreeting, nil, nil},
	"v1 identity of 4 GB": {raw(0xFF, u64(1<<32), 0), session.CodeTooLarge, nil, ringmq.ErrTooLarge},
	"v1 identity of 256":  {frameV1(0, text(256)), session.CodeMalformedIdentity, nil, nil},
	"v1 identity with 00": {frameV1(0, 0, "x"), session.CodeMalformedIdentity, nil, nil},
	"v1 identity of two":  {raw(frameV1(1, "x"), frameV1(0, "y")), session.CodeMalformedGreeting, nil, nil},
	"2.0 wrong type":      {raw(signature, 1, 1), session.CodeIncompatibleSocketType, nil, nil},
	"2.0 unknown type":    {raw(signature, 1, 200), session.CodeIncompatibleSocketType, nil, nil},
	"2.0 identity MORE":   {raw(signature, 1, 5, frame(more, "x")), session.CodeMalformedFrame, nil, nil},
	"PLAIN":               {greetingOf(3, 1, "PLAIN"), session.CodeMechanismMismatch, nil, nil},
	"CURVE":               {greetingOf(3, 1, "CURVE"), session.CodeMechanismMismatch, nil, nil},
	"null":                {greetingOf(3, 1, "null"), session.CodeMechanismMismatch, nil, nil},
	"no mechanism":        {greetingOf(3, 1, ""), session.CodeMechanismMismatch, nil, nil},
	"NULLs":               {greetingOf(3, 1, "NULLNULLNULLNULLNULL"), session.CodeMechanismMismatch, nil, nil},

	"incompatible":        after(ready("PUB"), session.CodeIncompatibleSocketType, command("ERROR", 24, "incompatible-socket-type")),
	"unknown type":        after(ready("TEAPOT"), session.CodeIncompatibleSocketType, command("ERROR", 24, "incompatible-socket-type")),
	"message first":       after(message("hello"), session.CodeUnexpectedCommand, raw()),
	"READY as message":    after(raw(0, ready("DEALER")[1:]), session.CodeUnexpectedCommand, raw()),
	"HELLO":               after(command("HELLO", 0, 0), session.CodeUnexpectedCommand, raw()),
	"ready":               after(command("ready", property("Socket-Type", "DEALER")), session.CodeUnexpectedCommand, raw()),
	"PING first":          after(ping(0, "x"), session.CodeUnexpectedCommand, raw()),
	"SUBSCRIBE first":     after(command("SUBSCRIBE", "x"), session.CodeUnexpectedCommand, raw()),
	"empty command":       after(frame(isCmd), session.CodeMalformedCommand, raw()),
	"no name":             after(frame(isCmd, 0), session.CodeMalformedCommand, raw()),
	"name cut":            after(frame(isCmd, 6, "READY"), session.CodeMalformedCommand, raw()),
	"reserved flag":       after(raw(0x0C, ready("DEALER")[1:]), session.CodeMalformedFrame, raw()),
	"COMMAND with MORE":   after(raw(0x05, ready("DEALER")[1:]), session.CodeMalformedFrame, raw()),
	"size of 2^63":        after(raw(0x06, u64(1<<63)), session.CodeMalformedFrame, raw()),
	"READY of 2^62":       {raw(greeting, 0x06, u64(1<<62)), session.CodeTooLarge, raw(), ringmq.ErrTooLarge},
	"READY of 64 KiB + 1": {raw(greeting, 0x06, u64(64<<10+1)), session.CodeTooLarge, raw(), ringmq.ErrTooLarge},
	"name of property cut": after(command("READY", 0x0B, "Socket"),
		session.CodeMalformedReady, raw()),
	"value cut": after(command("READY", 0x0B, "Socket-Type", u32(6), "DEAL"),
		session.CodeMalformedReady, raw()),
	"no value": after(command("READY", property("Socket-Type", "DEALER"), 1, "X"),
		session.CodeMalformedReady, raw()),
	"empty property name": after(command("READY", property("Socket-Type", "DEALER"), property("", "x")),
		session.CodeMalformedReady, raw()),
	"value of 2^31": after(command("READY", 0x0B, "Socket-Type", u32(1<<31), "DEALER"),
		session.CodeMalformedReady, raw()),
	"property name with blank": after(command("READY", property("Socket Type", "DEALER")),
		session.CodeMalformedReady, raw()),
	"256 properties and one": after(command("READY", property("Socket-Type", "DEALER"), bytes.Repeat(property("X-A", ""), 256)),
		session.CodeMalformedReady, raw()),
	"identity of 256 bytes": after(ready("DEALER", "Identity", text(256)), session.CodeMalformedIdentity, raw()),
	"identity with 00":      after(ready("DEALER", "Identity", "\x00abc"), session.CodeMalformedIdentity, raw()),
	"ERROR":                 after(command("ERROR", 3, "400"), session.CodePeerError, raw()),
	"ERROR cut":             after(command("ERROR", 9, "400"), session.CodePeerError, raw()),
	"ERROR without reason":  after(command("ERROR"), session.CodePeerError, raw()),
}

type badHandshake = struct {
	bytes []byte
	code  string
	reply []byte
	is    error
}

// after is a fault that follows an honest greeting.
func after(b []byte, code string, reply []byte) badHandshake {
	return badHandshake{raw(greeting, b), code, reply, nil}
}

func TestBadHandshakes(t *testing.T) {
	for name, c := range badHandshakes {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sc := newScene(t, l)
				p := sc.at.peer()
				p.send(c.bytes)
				got, err := p.drain()
				require.False(t, isTimeout(err))
				if c.reply != nil && err == nil { // a reset may have overtaken it
					require.Equal(t, raw(greeting, goldenReady["ROUTER"], c.reply), got)
				}
				is := c.is
				if is == nil {
					is = ringmq.ErrProtocol
				}
				sc.events.ended(sc.at, p, cause{typ: socket.HandshakeFailed, is: is, code: c.code})
				sc.honest.exchange()
				require.Len(t, sc.router.Peers(), 1)
				if l.connecting {
					requireGivenUp(t, l, sc.router, sc.events, sc.at)
				}
			})
		})
	}
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
