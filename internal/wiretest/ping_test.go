package wiretest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// Trap 14: the PONG has the PING's context, or the first 16 bytes of one that is too long.
func TestPongEchoesContext(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := links[0].meet(t, k.open(t)).peer()
			p.shake(1, k.peer)
			for context, want := range map[string]string{
				"":                  "",
				"\x00\x00":          "\x00\x00",
				"0123456789abcdef":  "0123456789abcdef",
				"0123456789abcdefg": "0123456789abcdef",
				text(300):           text(16),
			} {
				p.send(ping(0, context))
				p.expect(0x04, 5+len(want), 4, "PONG", want)
			}
		})
	}
}

// Trap 13: the time-to-live counts tenths of a second. Who announced one and is silent that long is given up, even by a
// socket that sends no PINGs of its own.
func TestTTL(t *testing.T) {
	t.Parallel()
	overLinks(t, func(t *testing.T, l link) {
		t.Parallel()
		dealer := open(t, reqrep.NewDealer, quickly)
		seen := watch(t, dealer)
		at := l.meet(t, dealer)
		p := at.peer()
		p.shake(1, "ROUTER")
		seen.ready(at, 1)
		from := time.Now()
		p.send(ping(2, "ttl"))
		p.expect(pong("ttl"))
		p.expectEnd()
		require.GreaterOrEqual(t, time.Since(from), 200*time.Millisecond)
		seen.ended(at, p, cause{typ: socket.Disconnected, text: "time-to-live of 200ms"})
		if l.connecting { // as after every timeout
			at.peer().shake(1, "ROUTER")
		}
	})
}

// A peer with a time-to-live that goes on sending anything stays.
func TestTTLIsPutOffByAnyFrame(t *testing.T) {
	t.Parallel()
	dealer := open(t, reqrep.NewDealer)
	p := links[0].meet(t, dealer).peer()
	p.shake(1, "ROUTER")
	p.send(ping(30, ""))
	p.expect(pong(""))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); <-tick.C {
		p.send(message("alive"))
		require.Equal(t, []string{"alive"}, recv(t, dealer))
	}
	p.sync()
}

func TestPingsThatWeSend(t *testing.T) {
	t.Parallel()
	overLinks(t, func(t *testing.T, l link) {
		t.Parallel()
		beats := socket.Heartbeat{Interval: 20 * time.Millisecond, Timeout: patience, TTL: 65500 * time.Millisecond}
		p := l.meet(t, open(t, pipeline.NewPull, socket.WithHeartbeat(beats))).peer()
		p.shake(1, "PUSH")
		for range 3 {
			p.expect(0x04, 7, 4, "PING", 0x02, 0x8F) // 655 tenths, which libzmq still reads right
		}
	})
}

// A peer that answers no PING is given up; any frame is an answer.
func TestHeartbeatTimeout(t *testing.T) {
	t.Parallel()
	overConnectors(t, func(t *testing.T, l link) {
		t.Parallel()
		beats := socket.Heartbeat{Interval: 300 * time.Millisecond, Timeout: 2 * time.Second}
		pull := open(t, pipeline.NewPull, socket.WithHeartbeat(beats), quickly)
		seen := watch(t, pull)
		at := l.meet(t, pull)
		p := at.peer()
		p.shake(1, "PUSH")
		seen.ready(at, 1)
		for range 8 { // longer than the timeout
			p.expect(ping(0, ""))
			p.send(frame(more, "never finished"))
		}
		_, err := p.drain()
		require.False(t, isTimeout(err))
		seen.ended(at, p, cause{typ: socket.Disconnected, text: "nothing within 2s of a PING"})
		at.peer().shake(1, "PUSH")
	})
}

// Peers before 3.0 do not know PING.
func TestNoPingsForOldPeers(t *testing.T) {
	beats := socket.Heartbeat{Interval: time.Millisecond, Timeout: patience}
	push := open(t, pipeline.NewPush, socket.WithHeartbeat(beats))
	p := links[0].meet(t, push).peer()
	p.shakeV2(8, 7)
	for from := time.Now(); time.Since(from) < 20*beats.Interval; {
		send(t, push, "work")
		p.expect(message("work"))
	}
}
