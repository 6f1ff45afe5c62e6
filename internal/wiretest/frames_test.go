package wiretest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

// sizes are where the framing changes, and some where buffers do.
var sizes = []int{0, 1, 254, 255, 256, 257, 4095, 4096, 65535, 65536, 1 << 20}

// Trap 7: LONG is for 256 bytes on, not for 255.
func TestFramesOut(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush)
		p := l.meet(t, push).peer()
		p.shake(1, "PULL")
		for _, n := range sizes {
			send(t, push, text(n))
			if n < 256 {
				p.expect(0, n, text(n))
			} else {
				p.expect(2, u64(uint64(n)), text(n))
			}
		}
		send(t, push, "a", text(255), "", text(256), "z")
		p.expect(1, 1, "a", 1, 255, text(255), 1, 0, 3, u64(256), text(256), 0, 1, "z")
		p.sync()
	})
}

func TestFramesIn(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull)
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH")
		for _, n := range sizes {
			p.send(frame(0, text(n)))
			require.Equal(t, []string{text(n)}, recv(t, pull))
			p.send(longFrame(0, text(n))) // for a small one too
			require.Equal(t, []string{text(n)}, recv(t, pull))
		}
		p.send(frame(more, "a"), longFrame(more, "b"), frame(more), frame(0, text(256)))
		require.Equal(t, []string{"a", "b", "", text(256)}, recv(t, pull))
		p.sync()
		requireNothing(t, pull)
	})
}

// However the bytes are cut up on their way, the messages are the same.
func TestFramesInPieces(t *testing.T) {
	want := [][]string{{"one"}, {"two", "", text(300)}, {""}, {text(255), text(256)}, {"end"}}
	var stream []byte
	for _, m := range want {
		stream = append(stream, message(m...)...)
	}
	for _, piece := range []int{1, 2, 3, 7, 255, 256, len(stream)} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			pull := open(t, pipeline.NewPull)
			p := links[0].meet(t, pull).peer()
			p.shake(1, "PUSH")
			for at := 0; at < len(stream); at += piece {
				p.send(stream[at:min(at+piece, len(stream))])
			}
			for _, m := range want {
				require.Equal(t, m, recv(t, pull))
			}
		})
	}
}

// Trap 15: commands may stand between the frames of a message (libzmq's PING jumps the queue) and do not end it.
func TestCommandsInsideMessage(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		dealer := open(t, reqrep.NewDealer)
		p := l.meet(t, dealer).peer()
		p.shake(1, "ROUTER")
		p.send(frame(more, "first"), ping(0, "1"))
		p.expect(pong("1"))
		p.send(frame(more, text(300)), ping(0, "2"), command("WHATEVER", text(400)), pong("3"))
		p.expect(pong("2"))
		requireNothing(t, dealer)
		p.send(frame(0, "last"))
		require.Equal(t, []string{"first", text(300), "last"}, recv(t, dealer))
	})
}

// Commands of ours go between messages, or between frames, but never into a frame.
func TestPongsAmongLargeMessages(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		const messages, part = 16, 300_000
		dealer := open(t, reqrep.NewDealer)
		p := l.meet(t, dealer).peer()
		p.shake(1, "ROUTER")
		for i := range messages {
			send(t, dealer, fmt.Sprint(i), text(part))
		}
		p.send(ping(0, "amid"))
		pongs := 0
		for i := range messages {
			var frames []string
			for len(frames) < 2 {
				flags, body := p.readFrame()
				if flags&isCmd != 0 {
					require.Equal(t, "\x04PONGamid", body)
					pongs++
					continue
				}
				frames = append(frames, body)
			}
			require.Equal(t, fmt.Sprint(i), frames[0])
			require.True(t, frames[1] == strings.Repeat("x", part))
		}
		if pongs == 0 {
			p.expect(pong("amid"))
		}
		p.sync()
	})
}

// What nobody knows is ignored, as libzmq does.
func TestUnknownCommandsAreIgnored(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := links[0].meet(t, k.open(t)).peer()
			p.shake(1, k.peer)
			p.send(command("HELLO", "world"), command("JOIN", "group"), command(text(255)), command("X", text(300)))
			p.send(pong("that nobody asked for"), longFrame(isCmd, 1, "Y"))
			p.sync()
		})
	}
}
