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

// Malformed input of peers of ZMTP 1.0, where other things are impossible.
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
