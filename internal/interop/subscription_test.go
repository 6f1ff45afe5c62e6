package interop_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSubscriptionsSeen: XPUB receives the first subscription to a topic and the end of the last, whichever side is
// ours. A topic of 246 bytes makes SUBSCRIBE a long frame; libzmq until 4.3.4 sends that one without the flag that says
// so, and another libzmq cannot read it either, so that its own topics are shorter here.
func TestSubscriptionsSeen(t *testing.T) {
	for _, w := range wirings("libzmq") {
		for _, kind := range []string{"SUB", "XSUB"} {
			t.Run(w.String()+"/our-XPUB-their-"+kind, func(t *testing.T) {
				t.Parallel()
				pub, sub := w.connect(t, "XPUB", kind)
				seeSubscriptions(t, pub, sub, kind, string(content(245, 0)))
			})
			t.Run(w.String()+"/our-"+kind+"-their-XPUB", func(t *testing.T) {
				t.Parallel()
				sub, pub := w.connect(t, kind, "XPUB")
				seeSubscriptions(t, pub, sub, kind, string(content(246, 0)))
			})
		}
	}
}

func seeSubscriptions(t *testing.T, pub, sub peer, kind, long string) {
	for _, topic := range []string{"", "a", "a.b", "\x00\x01", long} {
		subscribe(t, sub, kind, topic)
		require.Equal(t, expect(text("\x01"+topic)), do(pub, "recv"))
	}
	subscribe(t, sub, kind, "a") // again: nothing new, neither now nor at the end of one of the two
	unsubscribe(t, sub, kind, "a")
	unsubscribe(t, sub, kind, "a.b")
	require.Equal(t, expect(text("\x00a.b")), do(pub, "recv"))
	unsubscribe(t, sub, kind, "a")
	require.Equal(t, expect(text("\x00a")), do(pub, "recv"))
	unsubscribe(t, sub, kind, long)
	require.Equal(t, expect(text("\x00"+long)), do(pub, "recv"))
}

// unsubscribe takes a subscription back, in the way of the socket type.
func unsubscribe(t *testing.T, p peer, kind, topic string) {
	t.Helper()
	if kind == "XSUB" {
		require.Equal(t, "sent", do(p, "send %s", text("\x00"+topic)))
		return
	}
	require.Equal(t, "done", do(p, "unsubscribe %s", text(topic)))
}

// filterPairs are the publishers and the subscribers that filtering is tested with.
var filterPairs = []struct{ pub, sub string }{{"PUB", "SUB"}, {"PUB", "XSUB"}, {"XPUB", "SUB"}, {"XPUB", "XSUB"}}

// TestFilter: what matches a subscription arrives, nothing else does, and nothing any more after its end.
func TestFilter(t *testing.T) {
	for _, w := range wirings("libzmq", "zmq4") {
		for _, pair := range filterPairs {
			if w.weBind == (w.transport == "tcp") {
				continue // two wirings are enough here
			}
			t.Run(w.String()+"/our-"+pair.pub+"-their-"+pair.sub, func(t *testing.T) {
				t.Parallel()
				pub, sub := w.connect(t, pair.pub, pair.sub)
				filter(t, pub, sub, pair.sub)
			})
			t.Run(w.String()+"/our-"+pair.sub+"-their-"+pair.pub, func(t *testing.T) {
				t.Parallel()
				sub, pub := w.connect(t, pair.sub, pair.pub)
				filter(t, pub, sub, pair.sub)
			})
		}
	}
}

func filter(t *testing.T, pub, sub peer, kind string) {
	subscribe(t, sub, kind, "A")
	subscribe(t, sub, kind, "BB")
	awaitSubscription(t, pub, sub, "BB") // told in order: A is there, too
	for _, topic := range []string{"", "a", "B", "AA", "xA", "BB", "\x01A", "BBB", "A"} {
		require.Equal(t, "sent", do(pub, "send %s x01", text(topic)))
	}
	for _, topic := range []string{"AA", "BB", "BBB", "A"} {
		require.Equal(t, expect(text(topic)+" x01"), do(sub, "recv"))
	}
	unsubscribe(t, sub, kind, "BB")
	subscribe(t, sub, kind, "C")
	awaitSubscription(t, pub, sub, "C") // told in order: the end of BB is there, too
	for _, topic := range []string{"BB", "A", "BBB", "C"} {
		require.Equal(t, "sent", do(pub, "send %s x02", text(topic)))
	}
	for _, topic := range []string{"A", "C"} {
		require.Equal(t, expect(text(topic)+" x02"), do(sub, "recv"))
	}
}

// TestUpstream: what an XSUB sends and is no subscription reaches XPUB as a message, and PUB not at all.
func TestUpstream(t *testing.T) {
	for _, w := range wirings("libzmq") {
		t.Run(w.String()+"/our-XPUB", func(t *testing.T) {
			t.Parallel()
			pub, sub := w.connect(t, "XPUB", "XSUB")
			upstream(t, pub, sub)
		})
		t.Run(w.String()+"/our-XSUB", func(t *testing.T) {
			t.Parallel()
			sub, pub := w.connect(t, "XSUB", "XPUB")
			upstream(t, pub, sub)
		})
	}
}

func upstream(t *testing.T, pub, sub peer) {
	subscribe(t, sub, "XSUB", "t")
	require.Equal(t, expect(text("\x01t")), do(pub, "recv"))
	for _, m := range []string{text("hello"), text("\x02x") + " 70000@1 x", "300@2"} {
		require.Equal(t, "sent", do(sub, "send %s", m))
		require.Equal(t, expect(m), do(pub, "recv"))
	}
}

// TestForwarder: subscriptions travel up and messages down through an XPUB and an XSUB in the middle; with ours in the
// middle the ends are libzmq's, with libzmq's the ends are ours.
func TestForwarder(t *testing.T) {
	for _, ourMiddle := range []bool{true, false} {
		for _, transport := range []string{"tcp", "ipc"} {
			name := transport + "/our-ends"
			if ourMiddle {
				name = transport + "/our-middle"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				requireLibzmq(t)
				lower, upper := wiring{"libzmq", transport, true}, wiring{"libzmq", transport, true}
				var pub, xsub, xpub, sub peer
				if ourMiddle {
					xsub, pub = upper.connect(t, "XSUB", "PUB")
					xpub, sub = lower.connect(t, "XPUB", "SUB")
				} else {
					pub, xsub = upper.connect(t, "PUB", "XSUB")
					sub, xpub = lower.connect(t, "SUB", "XPUB")
				}
				forward(t, pub, xsub, xpub, sub)
			})
		}
	}
}

func forward(t *testing.T, pub, xsub, xpub, sub peer) {
	subscribe(t, sub, "SUB", "news.")
	require.Equal(t, expect(text("\x01news.")), do(xpub, "recv"))
	subscribe(t, xsub, "XSUB", "news.") // as the forwarder has received it
	awaitSubscription(t, pub, xsub, "news.")
	for _, m := range []string{text("old.x"), text("news.x") + " 1000@4 x"} {
		require.Equal(t, "sent", do(pub, "send %s", m))
	}
	passed := text("news.x") + " 1000@4 x"
	require.Equal(t, expect(passed), do(xsub, "recv"))
	require.Equal(t, "sent", do(xpub, "send %s", passed))
	require.Equal(t, expect(passed), do(sub, "recv"))
	unsubscribe(t, sub, "SUB", "news.")
	require.Equal(t, expect(text("\x00news.")), do(xpub, "recv"))
}
