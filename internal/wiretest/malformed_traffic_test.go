package wiretest

import (
	"bytes"
	"io"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/socket"
)

// limit is the largest message in these tests, in bytes.
const limit = 1000

// fault is what ends a connection after a good handshake, for good. Nothing of it reaches the program, not even what
// was whole before the fault in the same message.
func fault(is error, parts ...any) malformed {
	return malformed{
		bytes: raw(parts...), opts: []socket.Option{socket.WithMaxMessageSize(limit)},
		end: cause{typ: socket.Disconnected, is: is},
	}
}

// wrongShape is a message of bytes that are all right, but not for the pattern.
func wrongShape(of *victim, says string, parts ...any) malformed {
	return malformed{of: of, bytes: raw(parts...), end: cause{typ: socket.Disconnected, is: ringmq.ErrProtocol, text: says}}
}

// broken is a connection that ends where it must not.
func broken(parts ...any) malformed {
	return malformed{bytes: raw(parts...), cut: true, again: true, end: cause{typ: socket.Disconnected, is: io.EOF}}
}

// taking is for what costs more than others before it is too much: a message may have 65536 frames.
func (c malformed) taking(most int) malformed {
	c.most = most
	return c
}

// harmless is passed over.
func harmless(of *victim, parts ...any) malformed {
	return malformed{of: of, bytes: raw(parts...), stays: true}
}

const (
	noReply = "REP must not send to a REQ"
	noGroup = "RADIO must not send to a DISH"
)

// malformedTraffic are the rows about what comes after the handshake.
var malformedTraffic = map[string]map[string]malformed{
	"reserved flags": {
		"bit 3":                  fault(zmtp.ErrReservedFlags, 0x08, 1, "x"),
		"bit 7":                  fault(zmtp.ErrReservedFlags, 0x80, 1, "x"),
		"all":                    fault(zmtp.ErrReservedFlags, 0xF8),
		"in a second frame":      fault(zmtp.ErrReservedFlags, frame(more, "x"), 0x10, 0),
		"noise":                  fault(zmtp.ErrReservedFlags, bytes.Repeat(raw(0xDE, 0xAD), 500)),
		"COMMAND with MORE":      fault(zmtp.ErrCommandMore, 0x05, 5, 4, "PING"),
		"long COMMAND with MORE": fault(zmtp.ErrCommandMore, 0x07, u64(300)),
	},
	"frame above the limit": { // closed at the header
		"message": fault(ringmq.ErrTooLarge, 0x02, u64(limit+1)),
		"command": fault(ringmq.ErrTooLarge, 0x06, u64(limit+1)),
		"READY": after(session.CodeTooLarge, ready("DEALER", "X-Long", text(2*limit))).tooLarge().with(
			socket.WithMaxMessageSize(limit)), // trap 19
		"second frame":    fault(ringmq.ErrTooLarge, frame(more, text(600)), 0x03, u64(600)),
		"many of them":    fault(ringmq.ErrTooLarge, bytes.Repeat(frame(more, text(50)), 200)),
		"empty, for ever": fault(ringmq.ErrTooLarge, bytes.Repeat(frame(more), 70_000)).taking(8 << 20),
	},
	"huge size": {
		"of 2^63":   fault(zmtp.ErrFrameSize, 0x02, u64(1<<63)),
		"of 2^64-1": fault(zmtp.ErrFrameSize, 0x03, bytes.Repeat(raw(0xFF), 8)),
		"of 2^63-1": fault(ringmq.ErrTooLarge, 0x02, u64(1<<63-1)),
		"that is allowed": broken(0x02, u64(huge), "and so little of it").with(
			socket.WithMaxMessageSize(huge)),
	},
	"end inside a message": {
		"flags":             broken(0),
		"size":              broken(2, 0, 0, 0),
		"body":              broken(2, u64(900), "some"),
		"between frames":    broken(frame(more, "some")),
		"in a second frame": broken(frame(more, "some"), 0, 200, "more"),
		"in a command":      broken(frame(more, "some"), isCmd, 20, 4, "PI"),
	},
	"unknown command": {
		"some": harmless(nil, command("WHATEVER", text(300)), command("X"), command(text(255))),
		"amid": harmless(nil, command("JOIN", "group"), pong("that nobody asked for"), longFrame(isCmd, 1, "Y")),
	},
	"malformed command": {
		"empty":        fault(zmtp.ErrCommand, frame(isCmd)),
		"without name": fault(zmtp.ErrCommand, frame(isCmd, 0, "x")),
		"name cut":     fault(zmtp.ErrCommand, frame(isCmd, 5, "PIN")),
		"ERROR":        fault(ringmq.ErrProtocol, command("ERROR", 3, "500")),
		"ERROR cut":    fault(zmtp.ErrCommand, command("ERROR", 9, "500")),
	},
	"PING cut short": {
		"no time-to-live":   fault(zmtp.ErrCommand, command("PING")),
		"half time-to-live": fault(zmtp.ErrCommand, command("PING", 0)),
	},
	"PING with too much context": {
		"17 bytes":  harmless(nil, ping(0, "0123456789abcdefg")).answered(pong("0123456789abcdef")),
		"300 bytes": harmless(nil, ping(0, text(300))).answered(pong(text(16))),
	},
	"reply without delimiter": {
		"body alone":     wrongShape(aReq, noReply, message("reply")),
		"no empty frame": wrongShape(aReq, noReply, message("x", "reply")),
		"no body":        wrongShape(aReq, noReply, message("")),
	},
	"request without delimiter": {
		"body alone":     harmless(aRep, message("request")),
		"no empty frame": harmless(aRep, message("a", "b", "request")),
		"no body":        harmless(aRep, message(""), message("a", "")),
	},
	"no group and body": {
		"one frame":      wrongShape(aDish, noGroup, message("A")),
		"three frames":   wrongShape(aDish, noGroup, message("A", "body", "")),
		"group too long": wrongShape(aDish, noGroup, message(text(256), "body")),
	},
	"frames where there is one": {
		"two":  harmless(aServer, message("a", "b")),
		"many": harmless(aServer, message("a", text(10_000), "c", "")),
	},
}
