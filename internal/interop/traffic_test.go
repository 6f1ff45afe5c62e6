package interop_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How many messages there are in a stream, in one with zmq4 over ipc, where each frame costs it two system calls as over
// tcp and nothing else is new, and in a row of requests that wait for a reply each.
const (
	many     = 5_000
	zmq4Many = 1_000
	askMany  = 1_000
)

// shapes are the messages that every pair of sockets exchanges, as frame sizes in bytes. A frame of 255 bytes is the
// longest with a length of one byte (RFC 37); 64 KiB is a receive chunk of ours.
var shapes = [][]int{
	{0},
	{1},
	{255},
	{256},
	{65535},
	{64<<10 + 1},
	{1 << 20},
	{8 << 20},
	{0, 0},
	{1, 0, 255},
	{256, 0, 0, 64<<10 + 1, 3},
	{1 << 20, 1, 1 << 20},
	slices.Repeat([]int{5}, 100),
}

// exchange is a pair of socket types that may be connected, and what passes between them: from is the one that begins.
type exchange struct {
	from, to string
	run      func(t *testing.T, e exchange, from, to peer)
	head     string // frames in front of each message that from sends

	shapes [][]int // set by fit, as is
	many   int     // the length of a stream
}

func (e exchange) String() string { return e.from + "-" + e.to }

var exchanges = []exchange{
	{from: "PUSH", to: "PULL", run: oneWay},
	{from: "PUB", to: "SUB", run: publish},
	{from: "PUB", to: "XSUB", run: publish},
	{from: "XPUB", to: "SUB", run: publish},
	{from: "XPUB", to: "XSUB", run: publish},
	{from: "REQ", to: "REP", run: ask},
	{from: "REQ", to: "ROUTER", run: ask},
	{from: "DEALER", to: "REP", run: converse, head: "x"},
	{from: "DEALER", to: "ROUTER", run: converse},
	{from: "DEALER", to: "DEALER", run: converse},
	{from: "PAIR", to: "PAIR", run: converse},
}

// TestTraffic: every pair of socket types, with ours on either end, over every wiring, exchanges messages of every
// shape and then many in order.
func TestTraffic(t *testing.T) {
	for _, w := range wirings("libzmq", "zmq4") {
		t.Run(w.String(), func(t *testing.T) { w.exchange(t, exchanges) })
	}
}

// exchange has all pairs of types exchange, with ours on either end.
func (w wiring) exchange(t *testing.T, exchanges []exchange) {
	for _, e := range exchanges {
		t.Run("our-"+e.from+"-their-"+e.to, func(t *testing.T) {
			t.Parallel()
			from, to := w.connect(t, e.from, e.to)
			e.run(t, e.fit(w, e.to), from, to)
		})
		if e.from == e.to {
			continue
		}
		t.Run("our-"+e.to+"-their-"+e.from, func(t *testing.T) {
			t.Parallel()
			to, from := w.connect(t, e.to, e.from)
			e.run(t, e.fit(w, e.from), from, to)
		})
	}
}

// fit sets what passes so that the other side can take it.
//
// zmq4's REP takes everything up to the last empty frame for the envelope, where RFC 28 says up to the first: a body
// with an empty frame is cut. libzmq's REP is asked with such bodies too.
func (e exchange) fit(w wiring, theirKind string) exchange {
	e.shapes, e.many = shapes, many
	if _, single := addresses[e.to]; single {
		e.shapes = slices.DeleteFunc(slices.Clone(shapes), func(sizes []int) bool { return len(sizes) > 1 })
	}
	if w.theirs == "zmq4" && theirKind == "REP" {
		e.shapes = slices.DeleteFunc(slices.Clone(shapes), func(sizes []int) bool { return slices.Contains(sizes, 0) })
	}
	if w.theirs == "zmq4" && w.transport == "ipc" {
		e.many = zmq4Many
	}
	return e
}

// oneWay sends from one peer to the other.
func oneWay(t *testing.T, e exchange, from, to peer) {
	for _, sizes := range e.shapes {
		received := start(to, "recv")
		m := e.head + " " + sized(sizes)
		require.Equal(t, "sent", do(from, "send %s", m))
		require.Equal(t, expect(m), received(), "frames of %v bytes", sizes)
	}
	received := start(to, "drain %d", e.many)
	require.Equal(t, "sent", do(from, "stream %d %s", e.many, e.head))
	require.Equal(t, e.expectStream(e.to), received())
}

// expectStream is the answer of a socket of the type that received the stream.
func (e exchange) expectStream(receiver string) string {
	if address, ok := addresses[receiver]; ok {
		return expectBodies(e.many, e.head, address)
	}
	return expectStream(e.many, e.head)
}

// publish is oneWay from a publisher, after the subscription has arrived there.
func publish(t *testing.T, e exchange, from, to peer) {
	subscribe(t, to, e.to, "")
	awaitSubscription(t, from, to, "")
	oneWay(t, e, from, to)
}

// subscribe subscribes to the topic, in the way of the socket type.
func subscribe(t *testing.T, p peer, kind, topic string) {
	t.Helper()
	if kind == "XSUB" {
		require.Equal(t, "sent", do(p, "send %s", text("\x01"+topic)))
		return
	}
	require.Equal(t, "done", do(p, "subscribe %s", text(topic)))
}

// awaitSubscription returns once the subscriber receives what is published to the topic, and has received all that was
// published before. A publisher does not tell when it has learned of a subscription, so it publishes until something
// arrives.
func awaitSubscription(t *testing.T, pub, sub peer, topic string) {
	t.Helper()
	awaitArrival(t, pub, sub, text(topic+"begin"), text(topic+"end"))
}

// awaitArrival is awaitSubscription with the messages to publish.
func awaitArrival(t *testing.T, pub, sub peer, begin, end string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for arrived := "no"; arrived != "yes"; arrived = do(sub, "poll 5") {
		require.True(t, time.Now().Before(deadline), "nothing arrived within %v", patience)
		require.Equal(t, "sent", do(pub, "send %s", begin))
	}
	require.Equal(t, "sent", do(pub, "send %s", end))
	for got := expect(begin); got != expect(end); got = do(sub, "recv") {
		require.Equal(t, expect(begin), got)
	}
}

// ask sends requests one after the other; the replies are the same messages.
func ask(t *testing.T, e exchange, from, to peer) {
	echoes(t, e, from, to)
	echoed := start(to, "echo %d", askMany)
	require.Equal(t, expectStream(askMany, ""), do(from, "ask %d", askMany))
	if e.to == "REP" { // a ROUTER sees the envelope too
		require.Equal(t, expectStream(askMany, ""), echoed())
		return
	}
	echoed()
}

// converse sends without waiting for replies, which are the same messages.
func converse(t *testing.T, e exchange, from, to peer) {
	echoes(t, e, from, to)
	echoed := start(to, "echo %d", e.many)
	require.Equal(t, "sent", do(from, "stream %d %s", e.many, e.head))
	require.Equal(t, e.expectStream(e.from), do(from, "drain %d", e.many))
	echoed()
}

// echoes has a message of every shape come back.
func echoes(t *testing.T, e exchange, from, to peer) {
	for _, sizes := range e.shapes {
		m := e.head + " " + sized(sizes)
		echoed := start(to, "echo %d", 1)
		require.Equal(t, "sent", do(from, "send %s", m))
		require.Equal(t, expect(m), do(from, "recv"), "frames of %v bytes", sizes)
		echoed()
	}
}
