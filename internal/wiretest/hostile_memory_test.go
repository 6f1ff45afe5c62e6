package wiretest

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// huge is a size in bytes that a socket can be told to take.
const huge = 1 << 30

// allocated runs f and returns how many bytes were allocated meanwhile, by anybody, whether they are in use still or
// not: a figure that only tests which do not run in parallel can have.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A header that announces 1 GiB, from many peers, and then nothing or next to nothing: what is kept for each grows with
// what has arrived.
func TestAnnouncedSizesAllocateNothing(t *testing.T) {
	const peers, most = 32, 32 << 20
	overLinks(t, func(t *testing.T, l link) {
		for name, header := range map[string][]byte{
			"one frame":       raw(0x02, u64(huge)),
			"a later frame":   raw(frame(more, "x"), 0x03, u64(huge-1)),
			"command":         raw(0x06, u64(huge)),
			"and a few bytes": raw(0x02, u64(huge), text(5000)),
		} {
			t.Run(name, func(t *testing.T) {
				sc := newScene(t, l, socket.WithMaxMessageSize(huge))
				n := allocated(func() {
					for range peers {
						at := sc.at
						if l.connecting {
							at = l.meet(t, sc.router)
						}
						p := at.peer()
						p.shake(1, "DEALER")
						sc.events.ready(at, 1)
						p.send(header)
						p.send("a byte at a time"[:1])
						p.send("or two")
						p.halfClose()
						p.expectEnd() // all of it was looked at
						sc.events.ended(at, p, cause{typ: socket.Disconnected})
					}
				})
				require.Less(t, n, uint64(most))
				sc.honest.exchange()
			})
		}
	})
}

// The same in the handshake, where a stranger can do it: nothing at all is kept.
func TestAnnouncedSizesInHandshake(t *testing.T) {
	const peers, most = 64, 16 << 20
	for name, header := range map[string][]byte{
		"READY":       raw(greeting, 0x06, u64(1<<40)),
		"1.0":         raw(0xFF, u64(1<<40), 0),
		"2.0":         raw(signature, 1, 5, 0x02, u64(1<<40)),
		"64 KiB each": raw(greeting, 0x06, u64(64<<10), text(100)),
	} {
		t.Run(name, func(t *testing.T) {
			sc := newScene(t, links[0])
			n := allocated(func() {
				for range peers {
					p := sc.at.peer()
					p.send(header)
					p.halfClose()
					_, err := p.drain()
					require.False(t, isTimeout(err))
					sc.events.of(socket.HandshakeFailed, sc.at)
				}
			})
			require.Less(t, n, uint64(most))
			sc.honest.exchange()
		})
	}
}

// A peer that sends PINGs and never reads the answers: they are not kept without limit, and the PINGs go on being read.
// Once it reads, it finds PONGs in whole frames, and is served.
func TestPingFlood(t *testing.T) {
	const most = 32 << 20
	overLinks(t, func(t *testing.T, l link) {
		sc := newScene(t, l)
		p := sc.at.peer()
		p.shake(1, "DEALER", "Identity", "hostile")
		flood := bytes.Repeat(ping(0, text(16)), 8<<20/25)
		require.Less(t, allocated(func() { p.send(flood) }), uint64(most+len(flood)))
		sc.honest.exchange()
		p.send(message("over"))
		require.Equal(t, []string{"hostile", "over"}, recv(t, sc.router))
		send(t, sc.router, "hostile", "reply")
		pongs := 0
		for {
			flags, body := p.readFrame()
			if flags&isCmd == 0 {
				require.Equal(t, "reply", body)
				break
			}
			require.Equal(t, "\x04PONG"+text(16), body)
			pongs++
		}
		require.Positive(t, pongs)
	})
}
