package wiretest

import (
	"bytes"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/socket"
)

// refused is a handshake that breaks the rules. The connection is closed, and the connector does not come back.
func refused(code string, hello ...any) malformed {
	return malformed{
		early: true, bytes: raw(hello...),
		end: cause{typ: socket.HandshakeFailed, is: ringmq.ErrProtocol, code: code},
	}
}

// refusedV1 is one whose first byte could be one of ZMTP 1.0.
func refusedV1(code string, hello ...any) malformed {
	c := refused(code, hello...)
	c.end.orLate = true
	return c
}

// after is one whose greeting is honest. Nothing follows our own READY.
func after(code string, rest ...any) malformed {
	c := refused(code, greeting, raw(rest...))
	c.reply = raw()
	return c
}

// answered is one whose peer is told why.
func (c malformed) answered(reply []byte) malformed {
	c.reply = reply
	return c
}

// tooLarge is one for which the size is to blame.
func (c malformed) tooLarge() malformed {
	c.end.is = ringmq.ErrTooLarge
	return c
}

// with sets options of the socket.
func (c malformed) with(opts ...socket.Option) malformed {
	c.opts = opts
	return c
}

// notLetIn is an ERROR that has the status of RFC 27.
func notLetIn(status int, reason string) malformed {
	c := after(session.CodePeerError, command("ERROR", len(reason), reason))
	c.end.status = status
	return c
}

// untold is a socket that would be told of each peer that has left.
var untold = socket.WithRouterNotify(socket.NotifyDisconnect)

var incompatible = command("ERROR", 24, "incompatible-socket-type")

// malformedHandshakes are the rows about what comes before a connection is of use.
var malformedHandshakes = map[string]map[string]malformed{
	"silence": {
		"in the greeting": {
			early: true, bytes: greeting[:20], opts: []socket.Option{socket.WithHandshakeTimeout(shortly)},
			end:   cause{typ: socket.HandshakeFailed, is: socket.ErrHandshakeTimeout, text: "in time"},
			again: true,
		},
	},
	"not ZMTP": {
		"HTTP":           refusedV1(session.CodeMalformedGreeting, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").with(untold),
		"TLS":            refusedV1(session.CodeMalformedGreeting, 0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, text(100)).with(untold),
		"SSH":            refusedV1(session.CodeMalformedGreeting, "SSH-2.0-OpenSSH_9.6\r\n").with(untold),
		"zero-length v1": refusedV1(session.CodeMalformedGreeting, 0).with(untold),
		"FF and noise":   refused(session.CodeMalformedGreeting, 0xFF, text(8), 0x6D, text(80)).with(untold),
		"all FF":         refused(session.CodeMalformedGreeting, bytes.Repeat(raw(0xFF), 64)).with(untold),
		"identity of two frames": refusedV1(session.CodeMalformedGreeting,
			frameV1(1, "x"), frameV1(0, "y")).with(untold),
	},
	"other mechanism": {
		"PLAIN": refused(session.CodeMechanismMismatch, greetingOf(3, 1, "PLAIN")),
		"CURVE": refused(session.CodeMechanismMismatch, greetingOf(3, 1, "CURVE")),
		"null":  refused(session.CodeMechanismMismatch, greetingOf(3, 1, "null")),
		"none":  refused(session.CodeMechanismMismatch, greetingOf(3, 1, "")),
		"NULLs": refused(session.CodeMechanismMismatch, greetingOf(3, 1, "NULLNULLNULLNULLNULL")),
	},
	"other handshake command": {
		"message":     after(session.CodeUnexpectedCommand, message("hello")),
		"HELLO":       after(session.CodeUnexpectedCommand, command("HELLO", 0, 0)),
		"ready":       after(session.CodeUnexpectedCommand, command("ready", property("Socket-Type", "DEALER"))),
		"PING":        after(session.CodeUnexpectedCommand, ping(0, "x")),
		"SUBSCRIBE":   after(session.CodeUnexpectedCommand, command("SUBSCRIBE", "x")),
		"READY again": fault(ringmq.ErrProtocol, ready("DEALER")),
	},
	"socket type that does not fit": {
		"PUB":              after(session.CodeIncompatibleSocketType, ready("PUB")).answered(incompatible),
		"TEAPOT":           after(session.CodeIncompatibleSocketType, ready("TEAPOT")).answered(incompatible),
		"2.0 PUB":          refused(session.CodeIncompatibleSocketType, signature, 1, 1),
		"2.0 unknown type": refused(session.CodeIncompatibleSocketType, signature, 1, 200),
	},
	"no socket type": {
		"READY alone": {early: true, stays: true, bytes: raw(greeting, command("READY"))},
		"other properties": {
			early: true, stays: true, bytes: raw(greeting, command("READY", property("X-Colour", "red"))),
		},
	},
	"metadata cut short": {
		"in a name":  after(session.CodeMalformedReady, command("READY", 0x0B, "Socket")),
		"in a size":  after(session.CodeMalformedReady, command("READY", 0x0B, "Socket-Type", 0, 0)),
		"in a value": after(session.CodeMalformedReady, command("READY", 0x0B, "Socket-Type", u32(6), "DEAL")),
		"no value":   after(session.CodeMalformedReady, command("READY", property("Socket-Type", "DEALER"), 1, "X")),
	},
	"impossible property": {
		"empty name": after(session.CodeMalformedReady,
			command("READY", property("Socket-Type", "DEALER"), property("", "x"))),
		"value of 2^31":   after(session.CodeMalformedReady, command("READY", 0x0B, "Socket-Type", u32(1<<31), "DEALER")),
		"name with blank": after(session.CodeMalformedReady, command("READY", property("Socket Type", "DEALER"))),
		"one after 256": after(session.CodeMalformedReady,
			command("READY", property("Socket-Type", "DEALER"), bytes.Repeat(property("X-A", ""), 256))),
	},
	"impossible identity": {
		"of 256 bytes":    after(session.CodeMalformedIdentity, ready("DEALER", "Identity", text(256))),
		"with 00":         after(session.CodeMalformedIdentity, ready("DEALER", "Identity", "\x00abc")),
		"1.0, 256 bytes":  refusedV1(session.CodeMalformedIdentity, frameV1(0, text(256))),
		"1.0, with 00":    refusedV1(session.CodeMalformedIdentity, frameV1(0, 0, "x")),
		"2.0, a part":     refused(session.CodeMalformedFrame, signature, 1, 5, frame(more, "x")),
		"1.0, 4 GB of it": refusedV1(session.CodeTooLarge, 0xFF, u64(1<<32), 0).tooLarge(),
	},
	"ERROR in the handshake": {
		"300":              notLetIn(300, "300"),
		"400":              notLetIn(400, "400"),
		"500":              notLetIn(500, "500"),
		"another":          notLetIn(0, "no such luck"),
		"cut":              after(session.CodePeerError, command("ERROR", 9, "400")),
		"without a reason": after(session.CodePeerError, command("ERROR")),
	},
	"handshake command that is no frame of one": {
		"no COMMAND bit":    after(session.CodeUnexpectedCommand, 0, ready("DEALER")[1:]),
		"reserved bit":      after(session.CodeMalformedFrame, 0x0C, ready("DEALER")[1:]),
		"COMMAND with MORE": after(session.CodeMalformedFrame, 0x05, ready("DEALER")[1:]),
		"empty":             after(session.CodeMalformedCommand, frame(isCmd)),
		"no name":           after(session.CodeMalformedCommand, frame(isCmd, 0)),
		"name cut":          after(session.CodeMalformedCommand, frame(isCmd, 6, "READY")),
	},
	"huge size in the handshake": {
		"of 2^63":       after(session.CodeMalformedFrame, 0x06, u64(1<<63)),
		"of 2^62":       after(session.CodeTooLarge, 0x06, u64(1<<62)).tooLarge(),
		"of 64 KiB + 1": after(session.CodeTooLarge, 0x06, u64(64<<10+1)).tooLarge(),
	},
}
