package wiretest

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// limit is the largest message in these tests, in bytes.
const limit = 1000

// What ends a connection after a good handshake. Nothing of it reaches the program, not even what was whole before the
// fault in the same message.
var faults = map[string]struct {
	bytes []byte
	is    error
}{
	"reserved bit 3":         {raw(0x08, 1, "x"), zmtp.ErrReservedFlags},
	"reserved bit 7":         {raw(0x80, 1, "x"), zmtp.ErrReservedFlags},
	"all reserved bits":      {raw(0xF8), zmtp.ErrReservedFlags},
	"reserved in 2nd frame":  {raw(frame(more, "x"), 0x10, 0), zmtp.ErrReservedFlags},
	"COMMAND with MORE":      {raw(0x05, 5, 4, "PING"), zmtp.ErrCommandMore},
	"long COMMAND with MORE": {raw(0x07, u64(300)), zmtp.ErrCommandMore},
	"size of 2^63":           {raw(0x02, u64(1<<63)), zmtp.ErrFrameSize},
	"size of 2^64-1":         {raw(0x03, bytes.Repeat(raw(0xFF), 8)), zmtp.ErrFrameSize},
	"size of 2^63-1":         {raw(0x02, u64(1<<63-1)), ringmq.ErrTooLarge},
	"frame above limit":      {raw(0x02, u64(limit+1)), ringmq.ErrTooLarge}, // closed at the header
	"command above limit":    {raw(0x06, u64(limit+1)), ringmq.ErrTooLarge},
	"frames above limit":     {raw(frame(more, text(600)), 0x03, u64(600)), ringmq.ErrTooLarge},
	"endless small frames":   {bytes.Repeat(frame(more, text(50)), 200), ringmq.ErrTooLarge},
	"endless empty frames":   {bytes.Repeat(frame(more), 70_000), ringmq.ErrTooLarge},
	"empty command":          {frame(isCmd), zmtp.ErrCommand},
	"command without name":   {frame(isCmd, 0, "x"), zmtp.ErrCommand},
	"command name cut":       {frame(isCmd, 5, "PIN"), zmtp.ErrCommand},
	"PING without TTL":       {command("PING"), zmtp.ErrCommand},
	"PING with half a TTL":   {command("PING", 0), zmtp.ErrCommand},
	"ERROR":                  {command("ERROR", 3, "500"), ringmq.ErrProtocol},
	"ERROR cut":              {command("ERROR", 9, "500"), zmtp.ErrCommand},
	"noise":                  {bytes.Repeat(raw(0xDE, 0xAD), 500), zmtp.ErrReservedFlags},
	"READY again":            {ready("DEALER"), ringmq.ErrProtocol},
}

func TestFaultsInTraffic(t *testing.T) {
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sc := newScene(t, l, socket.WithMaxMessageSize(limit))
				p := sc.at.peer()
				p.shake(1, "DEALER")
				sc.events.ready(sc.at, 1)
				_, _ = p.conn.Write(c.bytes) // the connection may end before all are written
				_, err := p.drain()
				require.False(t, isTimeout(err))
				sc.events.ended(sc.at, p, cause{typ: socket.Disconnected, is: c.is})
				sc.honest.exchange()
				requireNothing(t, sc.router)
				if l.connecting {
					requireGivenUp(t, l, sc.router, sc.events, sc.at)
				}
			})
		})
	}
}

// The same for peers of ZMTP 1.0, where other things are impossible.
func TestFaultsInTrafficV1(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		is    error
	}{
		"length 0":             {raw(0), zmtp.ErrFrameSize},
		"long length 0":        {raw(0xFF, u64(0), 0), zmtp.ErrFrameSize},
		"length of 2^63":       {raw(0xFF, u64(1<<63), 0), zmtp.ErrFrameSize},
		"length 0 in 2nd":      {raw(frameV1(more, "x"), 0), zmtp.ErrFrameSize},
		"frame above limit":    {raw(0xFF, u64(limit+2), 0), ringmq.ErrTooLarge},
		"endless empty frames": {bytes.Repeat(frameV1(more), 70_000), ringmq.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sc := newScene(t, l, socket.WithMaxMessageSize(limit))
				p := sc.at.peer()
				p.shakeV1()
				sc.events.ready(sc.at, 1)
				_, _ = p.conn.Write(c.bytes)
				_, err := p.drain()
				require.False(t, isTimeout(err))
				sc.events.ended(sc.at, p, cause{typ: socket.Disconnected, is: c.is})
				sc.honest.exchange()
				requireNothing(t, sc.router)
			})
		})
	}
}

// What is as large as it may be is taken: the limit is for the frames' bodies, without headers.
func TestMessagesAtTheLimit(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, socket.WithMaxMessageSize(limit))
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH")
		for range 3 {
			p.send(message(text(limit)), message(text(500), text(499), "", "x"))
			require.Equal(t, []string{text(limit)}, recv(t, pull))
			require.Equal(t, []string{text(500), text(499), "", "x"}, recv(t, pull))
		}
	})
}

// Commands between the frames of a message are no part of it and do not count.
func TestCommandsDoNotCountTowardsTheLimit(t *testing.T) {
	pull := open(t, pipeline.NewPull, socket.WithMaxMessageSize(limit))
	p := links[0].meet(t, pull).peer()
	p.shake(1, "PUSH")
	p.send(frame(more, text(500)))
	for range 100 {
		p.send(ping(0, text(16)))
		p.expect(pong(text(16)))
	}
	p.send(frame(0, text(500)))
	require.Equal(t, []string{text(500), text(500)}, recv(t, pull))
}

// A connection that ends inside a frame, or inside a message, takes the whole message with it; what came before is
// delivered.
func TestEOFInMessage(t *testing.T) {
	for name, last := range map[string][]byte{
		"flags":             raw(0),
		"long size":         raw(2, 0, 0, 0),
		"short body":        raw(0, 200, "some"),
		"long body":         raw(2, u64(900), "some"),
		"between frames":    frame(more, "some"),
		"in second frame":   raw(frame(more, "some"), 0, 200, "more"),
		"at second frame":   raw(frame(more, "some"), 1),
		"command":           raw(isCmd, 20, 4, "PING"),
		"command in a part": raw(frame(more, "some"), isCmd, 20, 4, "PI"),
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sc := newScene(t, l)
				p := sc.at.peer()
				p.shake(1, "DEALER", "Identity", "hostile")
				p.send(message("whole"), last)
				p.halfClose()
				p.expectEnd()
				sc.events.ended(sc.at, p, cause{typ: socket.Disconnected, is: io.EOF})
				require.Equal(t, []string{"hostile", "whole"}, recv(t, sc.router))
				sc.honest.exchange()
				requireNothing(t, sc.router)
				if l.connecting {
					again := sc.at.peer()
					again.shake(1, "DEALER", "Identity", "hostile")
					again.send(message("new"))
					require.Equal(t, []string{"hostile", "new"}, recv(t, sc.router))
				}
			})
		})
	}
}

// A peer that resets the connection inside a message.
func TestResetInMessage(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sc := newScene(t, l)
		p := sc.at.peer()
		p.shake(1, "DEALER")
		sc.events.ready(sc.at, 1)
		p.send(frame(more, "some"), 0, 200, "more")
		p.reset()
		sc.events.ended(sc.at, p, cause{typ: socket.Disconnected})
		sc.honest.exchange()
		requireNothing(t, sc.router)
	})
}
