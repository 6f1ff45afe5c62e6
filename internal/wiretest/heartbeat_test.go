package wiretest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// lenient are heartbeats that a test can wait for.
var lenient = socket.Heartbeat{Interval: 20 * time.Millisecond, Timeout: 60 * time.Millisecond, Lenient: true}

// A peer whose program does not answer, but whose system does, is kept, be it that there is nothing to read or that it
// does not read; and goes on when it wakes up.
func TestLenientHeartbeatKeepsSlowPeers(t *testing.T) {
	t.Parallel()
	for _, l := range links[:2] {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			push := open(t, pipeline.NewPush, socket.WithHeartbeat(lenient), socket.WithSendHWM(1), quickly)
			seen := watch(t, push)
			at := l.meet(t, push)
			p := at.peer().slow()
			p.shake(1, "PULL")
			seen.ready(at, 1)
			for range 20 { // six timeouts
				p.expect(ping(0, ""))
			}
			n, big := 0, ringmq.NewMessage(make([]byte, 64<<10))
			for from := time.Now(); time.Since(from) < 10*lenient.Timeout; { // its window is closed for most of this
				if push.TrySend(big) == nil {
					n++
				}
			}
			for n > 0 {
				if flags, body := p.readFrame(); flags&isCmd == 0 {
					require.Len(t, body, big.Size())
					n--
				}
			}
			require.Zero(t, seen.seenOf(socket.Disconnected, at))
		})
	}
}

// Within the machine the end of a process is noticed at once: nothing is to be gained by lenient heartbeats.
func TestNoLenientHeartbeatWithinTheMachine(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithHeartbeat(lenient))
	p := links[2].meet(t, push).peer()
	p.shake(1, "PULL")
	for from := time.Now(); time.Since(from) < 5*lenient.Interval; {
		send(t, push, "work")
		p.expect(message("work"))
	}
}

// A zero Heartbeat turns them off. That there is none is shown after longer than a lenient one would take.
func TestHeartbeatOff(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithHeartbeat(lenient), socket.WithHeartbeat(socket.Heartbeat{}))
	p := links[0].meet(t, push).peer()
	p.shake(1, "PULL")
	for from := time.Now(); time.Since(from) < 5*lenient.Interval; {
		send(t, push, "work")
		p.expect(message("work"))
	}
}

// The time between PINGs may be longer than that to the answer.
func TestTimeoutShorterThanInterval(t *testing.T) {
	t.Parallel()
	overConnectors(t, func(t *testing.T, l link) {
		t.Parallel()
		beats := socket.Heartbeat{Interval: 2 * time.Second, Timeout: time.Second}
		pull := open(t, pipeline.NewPull, socket.WithHeartbeat(beats), quickly)
		seen := watch(t, pull)
		at := l.meet(t, pull)
		p := at.peer()
		p.shake(1, "PUSH")
		seen.ready(at, 1)
		for range 2 {
			p.expect(ping(0, ""))
			p.send(pong(""))
		}
		p.expect(ping(0, ""))
		from := time.Now()
		p.expectEnd()
		require.Less(t, time.Since(from), beats.Interval)
		seen.ended(at, p, cause{typ: socket.Disconnected, text: "nothing within 1s of a PING"})
	})
}

// A socket whose mailbox is full sees no PINGs; the peer gets PONGs all the same, at the pace of its PINGs.
func TestPongsWhileNobodyReceives(t *testing.T) {
	t.Parallel()
	overLinks(t, func(t *testing.T, l link) {
		t.Parallel()
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(2))
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH")
		for range 2 {
			p.send(ping(0, ""))
			p.expect(pong(""))
			<-time.After(40 * time.Millisecond)
		}
		for range 10 { // more than it takes in
			p.send(message("work"))
		}
		p.send(ping(0, "unread"))
		from := time.Now()
		for range 5 {
			p.expect(pong(""))
		}
		require.Less(t, time.Since(from), patience/2)
		for range 10 {
			require.Equal(t, []string{"work"}, recv(t, pull))
		}
		for {
			if _, body := p.readFrame(); body == "\x04PONGunread" {
				return
			}
		}
	})
}
