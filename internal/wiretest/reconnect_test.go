package wiretest

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// quickly has connectors come back at once.
var quickly = socket.WithReconnect(time.Millisecond, 2*time.Millisecond)

// requireGivenUp checks that s, made quickly, does not connect to the place again. How long is long enough? As long as
// it takes the same socket to come back to another place a few times.
func requireGivenUp(t *testing.T, l link, s common, seen *events, at *place) {
	t.Helper()
	clock := l.listen(t).connect(s)
	for range 6 {
		clock.peer().hangUp()
	}
	require.Zero(t, seen.seenOf(socket.ConnectRetried, at))
	require.ErrorIs(t, s.Disconnect(at.endpoint), ringmq.ErrNotFound)
}

var connectors = []link{links[1], links[3]}

func overConnectors(t *testing.T, test func(t *testing.T, l link)) {
	for _, l := range connectors {
		t.Run(l.network, func(t *testing.T) { test(t, l) })
	}
}

// Trap 20: after EOF a connector comes back, and the queue that it has kept goes on at the boundary of a message: what
// the peer has seen a part of, it gets from its start.
func TestReconnectResumesAtMessageBoundary(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		for _, o := range append(olds, old{"3.1", "3.1", func(p *peer, _, _ int) { p.shake(1, "PULL") }, frame}) {
			t.Run(o.name, func(t *testing.T) {
				const size = 3 << 20 // four of them are more than the kernel takes
				push := open(t, pipeline.NewPush, quickly)
				at := l.meet(t, push)
				p := at.peer().slow()
				o.shake(p, 8, 7)
				send(t, push, "first")
				p.expect(o.frame(0, "first"))
				parts := []string{
					"second", strings.Repeat("a", size), strings.Repeat("b", size), strings.Repeat("c", size),
					strings.Repeat("d", size), strings.Repeat("e", size),
				}
				send(t, push, parts...)
				send(t, push, "third")
				for round := range 3 {
					p.expect(o.frame(more, "second"))
					p.read(round * (2 << 20)) // none of it, in the second frame, in the third
					p.hangUp()
					p = at.peer().slow()
					o.shake(p, 8, 7)
				}
				for i, part := range parts {
					p.expect(o.frame(map[bool]int{true: 0, false: more}[i == len(parts)-1], part))
				}
				p.expect(o.frame(0, "third"))
			})
		}
	})
}

// What was queued before there was a connection, while there is none, and for a listener that comes late.
func TestQueueSurvivesWithoutPeer(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush, quickly)
		at := l.listen(t)
		at.connect(push)
		send(t, push, "before")
		seen := watch(t, push)
		for i := range 5 {
			at.peer().hangUp() // before the handshake: nothing may be lost with it
			seen.of(socket.HandshakeFailed, at)
			send(t, push, fmt.Sprint(i))
		}
		p := at.peer()
		p.shake(1, "PULL")
		p.expect(message("before"))
		for i := range 5 {
			p.expect(message(fmt.Sprint(i)))
		}
		require.Zero(t, push.Stats().Dropped)
	})
}

// Every end that is not a fault of protocol: EOF, a reset, inside a frame and outside.
func TestReconnectAfterEnd(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, quickly)
		at := l.meet(t, pull)
		seen := watch(t, pull)
		for _, last := range []struct {
			bytes []byte
			whole bool // a PING may follow
		}{
			{nil, true},
			{message("whole"), true},
			{frame(more, "half"), true},
			{raw(0, 10, "cut"), false},
			{raw(2, u64(1<<20), "cut"), false},
			{raw(2, 0), false},
		} {
			for _, end := range []func(*peer){(*peer).hangUp, (*peer).reset} {
				p := at.peer()
				p.shake(1, "PUSH")
				p.send(last.bytes)
				if last.whole { // a reset overtakes what was not read
					p.sync()
				}
				end(p)
				seen.ended(at, p, cause{typ: socket.Disconnected})
				seen.of(socket.ConnectRetried, at)
			}
		}
		for range 2 {
			require.Equal(t, []string{"whole"}, recv(t, pull))
		}
		p := at.peer()
		p.shake(1, "PUSH")
		p.send(message("after"))
		require.Equal(t, []string{"after"}, recv(t, pull))
		requireNothing(t, pull)
	})
}

// The end of a stream that arrives together with the last data must not go unnoticed: an edge-triggered poller tells of
// both at once, and never again.
func TestEndTogetherWithData(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, quickly)
		at := l.meet(t, pull)
		seen := watch(t, pull)
		for i := range 20 {
			p := at.peer()
			p.shake(1, "PUSH")
			seen.ready(at, 1)
			p.send(message(fmt.Sprint(i)))
			p.hangUp()
			seen.ended(at, p, cause{typ: socket.Disconnected, is: io.EOF})
		}
		for i := range 20 {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
		}
	})
}

// A fault after the handshake ends the connector too, and what is queued for it.
func TestNoReconnectAfterFault(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		for name, fault := range map[string][]byte{
			"reserved flag": raw(0x08, 0),
			"ERROR":         command("ERROR", 3, "500"),
			"PING cut":      command("PING", 0),
			"too large":     raw(2, u64(2000)),
		} {
			t.Run(name, func(t *testing.T) {
				dealer := open(t, reqrep.NewDealer, quickly, socket.WithMaxMessageSize(1000))
				seen := watch(t, dealer)
				at := l.meet(t, dealer)
				p := at.peer()
				p.shake(1, "ROUTER")
				seen.ready(at, 1)
				p.send(fault)
				p.expectEnd()
				seen.ended(at, p, cause{typ: socket.Disconnected})
				requireGivenUp(t, l, dealer, seen, at)
			})
		}
	})
}

// The time between attempts doubles up to the maximum, and is short again after a handshake.
func TestReconnectDelays(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		const first, most = 2 * time.Millisecond, 16 * time.Millisecond
		push := open(t, pipeline.NewPush, socket.WithReconnect(first, most))
		seen := watch(t, push)
		at := l.meet(t, push)
		for _, want := range []time.Duration{first, 2 * first, 4 * first, most, most} {
			at.peer().hangUp()
			delay := seen.of(socket.ConnectRetried, at).Delay
			require.GreaterOrEqual(t, delay, want)
			require.LessOrEqual(t, delay, want+want/4+1)
		}
		p := at.peer()
		p.shake(1, "PULL")
		seen.ready(at, 1)
		p.hangUp()
		require.LessOrEqual(t, seen.of(socket.ConnectRetried, at).Delay, first+first/4+1)
	})
}
