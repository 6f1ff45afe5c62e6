package wiretest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// burst is several messages of one write.
const burst = 300

// driven is a PULL socket whose receiver polls, with a peer; tell sends a burst while it does and returns the first
// message: the receiver has then read the others too, but not received them.
type driven struct {
	pull *pipeline.Pull
	seen *events
	at   *place
	p    *peer
	sent int
}

func newDriven(t *testing.T, l link, opts ...socket.Option) *driven {
	pull := open(t, pipeline.NewPull, append(opts, socket.WithIdle(socket.Spin(socket.MaxSpin)))...)
	d := &driven{pull: pull, seen: watch(t, pull), at: l.meet(t, pull)}
	d.p = d.at.peer()
	d.p.shake(1, "PUSH")
	d.seen.ready(d.at, 1)
	return d
}

func (d *driven) tell(t *testing.T, tail ...any) {
	t.Helper()
	var parts []any
	for i := range burst {
		parts = append(parts, message(fmt.Sprint(d.sent+i)))
	}
	first := make(chan []string, 1)
	go func() { first <- recv(t, d.pull) }()
	d.p.send(append(parts, tail...)...)
	require.Equal(t, []string{fmt.Sprint(d.sent)}, <-first)
	d.sent += burst
}

// rest receives all but the first message of the last burst.
func (d *driven) rest(t *testing.T) {
	t.Helper()
	for i := d.sent - burst + 1; i < d.sent; i++ {
		require.Equal(t, []string{fmt.Sprint(i)}, recv(t, d.pull))
	}
}

// A receiver that stays away keeps nothing: a PING behind its messages is answered, and they are counted.
func TestReceiverStaysAway(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		d := newDriven(t, l)
		for range 5 {
			d.tell(t, ping(0, "behind"))
			d.p.expect(pong("behind"))
			d.p.sync() // and published
			require.EqualValues(t, burst-1, d.pull.Stats().Pending)
			require.EqualValues(t, d.sent, d.pull.Stats().Received)
			d.rest(t)
			requireNothing(t, d.pull)
		}
	})
}

// The mark holds for what a receiver has read by itself and left.
func TestReceiverStaysAwayAtTheMark(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		d := newDriven(t, l, socket.WithRecvHWM(mark))
		for range 5 {
			d.tell(t)
			require.LessOrEqual(t, d.pull.Stats().Pending, uint64(mark))
			d.rest(t)
			d.p.syncFull()
			requireNothing(t, d.pull)
		}
	})
}

// What a receiver has read before the peer left is delivered.
func TestPeerLeavesReceiverHalfWay(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		d := newDriven(t, l)
		d.tell(t)
		d.p.hangUp()
		d.rest(t)
		d.seen.of(socket.Disconnected, d.at)
		requireNothing(t, d.pull)
	})
}

// Rubbish behind good messages ends the connection and takes none of them along.
func TestRubbishBehindMessages(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		d := newDriven(t, l)
		d.tell(t, 0xff, "rubbish")
		d.rest(t)
		d.p.expectEnd()
		d.seen.of(socket.Disconnected, d.at)
		requireNothing(t, d.pull)
	})
}

// A socket closes although a receiver is half way through what it has read.
func TestCloseHalfWay(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		d := newDriven(t, l)
		d.tell(t)
		require.NoError(t, d.pull.Close())
		d.p.expectEnd()
	})
}

// A subscription that ends while messages are received as they were read holds for what comes then, from a publisher that
// does not filter.
func TestFilterWhileReceivingDirectly(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sub := open(t, pubsub.NewSub, socket.WithIdle(socket.Spin(socket.MaxSpin)))
		require.NoError(t, sub.Subscribe(""))
		require.NoError(t, sub.Subscribe("a"))
		seen, at := watch(t, sub), l.meet(t, sub)
		p := at.peer()
		p.shake(1, "PUB")
		seen.ready(at, 1)
		requireAll := func(want ...string) {
			t.Helper()
			first := make(chan []string, 1)
			go func() { first <- recv(t, sub) }()
			p.send(message("a1"), message("b1"), message("a2"), message("b2"), message("a3"))
			require.Equal(t, want[:1], <-first)
			for _, w := range want[1:] {
				require.Equal(t, []string{w}, recv(t, sub))
			}
		}
		for range 20 { // whether the receiver reads by itself is up to chance at first
			requireAll("a1", "b1", "a2", "b2", "a3")
			require.NoError(t, sub.Unsubscribe(""))
			requireAll("a1", "a2", "a3")
			require.NoError(t, sub.Subscribe(""))
		}
	})
}
