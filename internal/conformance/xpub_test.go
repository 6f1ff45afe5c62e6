package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// TestXPubTellsFirstAndLast: the first subscription to a topic over all peers, and the end of the last.
func TestXPubTellsFirstAndLast(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, a, b := open(t, pubsub.NewXPub), open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		bound := bind(t, xpub, fresh())
		join(t, xpub, a, bound)
		join(t, xpub, b, bound)
		marker := 0
		mark := func(sub *pubsub.Sub) { // what a socket says next comes after all that it said before
			t.Helper()
			marker++
			topic := fmt.Sprint("marker", marker)
			require.NoError(t, sub.Subscribe(topic))
			require.Equal(t, "\x01"+topic, told(t, xpub))
		}
		require.NoError(t, a.Subscribe("x"))
		require.Equal(t, "\x01x", told(t, xpub))
		require.NoError(t, a.Subscribe("x"))
		require.NoError(t, b.Subscribe("x"))
		mark(a)
		mark(b)
		require.NoError(t, a.Unsubscribe("x"))
		mark(a)
		require.NoError(t, a.Unsubscribe("x"))
		mark(a)
		require.NoError(t, b.Unsubscribe("x"))
		require.Equal(t, "\x00x", told(t, xpub))
		require.NoError(t, a.Subscribe(""))
		require.Equal(t, "\x01", told(t, xpub))
		require.NoError(t, a.Unsubscribe(""))
		require.Equal(t, "\x00", told(t, xpub))
		requireEmpty(t, xpub)
	})
}

// TestXPubTellsOfTheDeparted: a subscriber that goes ends its subscriptions; those that another has stay.
func TestXPubTellsOfTheDeparted(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, stays, goes := open(t, pubsub.NewXPub), open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		bound := bind(t, xpub, fresh())
		join(t, xpub, stays, bound)
		join(t, xpub, goes, bound)
		require.NoError(t, stays.Subscribe("both"))
		require.Equal(t, "\x01both", told(t, xpub))
		for _, topic := range []string{"both", "own", "more"} {
			require.NoError(t, goes.Subscribe(topic))
		}
		require.Equal(t, "\x01own", told(t, xpub))
		require.Equal(t, "\x01more", told(t, xpub))
		shut(t, goes)
		require.ElementsMatch(t, []string{"\x00own", "\x00more"}, []string{told(t, xpub), told(t, xpub)})
		require.NoError(t, stays.Unsubscribe("both"))
		require.Equal(t, "\x00both", told(t, xpub))
		requireEmpty(t, xpub)
	})
}

// TestXPubAfterDisconnect: the subscriber's Disconnect is an end as well (libzmq's disconnect_inproc).
func TestXPubAfterDisconnect(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, sub, endpoint := open(t, pubsub.NewXPub), open(t, pubsub.NewSub), fresh()
		bind(t, xpub, endpoint)
		require.NoError(t, sub.Subscribe("x"))
		for range 3 {
			require.NoError(t, sub.Connect(endpoint))
			require.Equal(t, "\x01x", told(t, xpub))
			send(t, xpub, "x")
			require.Equal(t, []string{"x"}, recv(t, sub))
			require.NoError(t, sub.Disconnect(endpoint))
			require.Equal(t, "\x00x", told(t, xpub))
		}
		requireEmpty(t, xpub)
	})
}

// TestXSubSpeaksInMessages: 01 and 00 subscribe; the rest is for the publishers' programs. It does not filter.
func TestXSubSpeaksInMessages(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, xsub := open(t, pubsub.NewXPub), open(t, pubsub.NewXSub)
		link(t, xpub, xsub, fresh())
		send(t, xsub, "\x01topic")
		require.Equal(t, "\x01topic", told(t, xpub))
		send(t, xsub, "\x02other")
		require.Equal(t, []string{"\x02other"}, recv(t, xpub))
		send(t, xsub, "many", "frames")
		require.Equal(t, []string{"many", "frames"}, recv(t, xpub))
		send(t, xsub, "")
		require.Equal(t, []string{""}, recv(t, xpub))
		send(t, xpub, "topic", "body")
		require.Equal(t, []string{"topic", "body"}, recv(t, xsub))
		require.NoError(t, xsub.SendBytes(deadline(t), []byte("\x00topic")))
		require.Equal(t, "\x00topic", told(t, xpub))
		requireEmpty(t, xpub)
	})
}

// TestXSubCounts: an unsubscribe is forwarded when it is the last for its topic.
func TestXSubCounts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, xsub := open(t, pubsub.NewXPub), open(t, pubsub.NewXSub)
		link(t, xpub, xsub, fresh())
		for range 3 {
			send(t, xsub, "\x01x")
		}
		require.Equal(t, "\x01x", told(t, xpub))
		send(t, xsub, "\x00x")
		send(t, xsub, "\x00x")
		send(t, xsub, "\x01marker")
		require.Equal(t, "\x01marker", told(t, xpub))
		send(t, xpub, "x", "still")
		require.Equal(t, []string{"x", "still"}, recv(t, xsub))
		send(t, xsub, "\x00x")
		require.Equal(t, "\x00x", told(t, xpub))
		requireEmpty(t, xpub)
	})
}

// TestXSubRemembers what it subscribed to, for publishers that come later.
func TestXSubRemembers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xsub := open(t, pubsub.NewXSub)
		send(t, xsub, "\x01kept")
		send(t, xsub, "\x01given up")
		send(t, xsub, "\x00given up")
		bound := bind(t, xsub, fresh())
		for range 2 {
			xpub := open(t, pubsub.NewXPub)
			require.NoError(t, xpub.Connect(bound))
			require.Equal(t, "\x01kept", told(t, xpub))
			send(t, xpub, "kept")
			require.Equal(t, []string{"kept"}, recv(t, xsub))
			requireEmpty(t, xpub)
		}
	})
}

// TestXSubSendsToAll publishers; it never waits.
func TestXSubSendsToAll(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xsub := open(t, pubsub.NewXSub)
		send(t, xsub, "for nobody")
		bound := bind(t, xsub, fresh())
		var xpubs []*pubsub.XPub
		for range 3 {
			xpubs = append(xpubs, open(t, pubsub.NewXPub))
			join(t, xsub, xpubs[len(xpubs)-1], bound)
		}
		send(t, xsub, "for all")
		for _, xpub := range xpubs {
			require.Equal(t, []string{"for all"}, recv(t, xpub))
			requireEmpty(t, xpub)
		}
	})
}

// TestPubIgnoresUserMessages of an XSUB: it has no way to receive them.
func TestPubIgnoresUserMessages(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, xsub := open(t, pubsub.NewPub), open(t, pubsub.NewXSub)
		link(t, pub, xsub, fresh())
		for range 3000 { // more than would wait to be received
			send(t, xsub, "\x02", "not a subscription")
		}
		send(t, xsub, "\x01x")
		eventually(t, "the subscription works", func() bool {
			send(t, pub, "x")
			_, err := xsub.TryRecv()
			return err == nil
		})
	})
}

// proxy forwards messages from publishers to subscribers, and subscriptions the other way, until ctx ends.
func proxy(ctx context.Context, in *pubsub.XSub, out *pubsub.XPub) {
	forward := func(from receiver, to sender) {
		for {
			m, err := from.Recv(ctx)
			if err != nil || to.Send(ctx, m) != nil {
				return
			}
		}
	}
	go forward(in, out)
	go forward(out, in)
}

// TestForwarders: subscriptions pass a chain of proxies to the publisher, which filters; messages pass it back; a
// subscriber that goes is seen by the publisher.
func TestForwarders(t *testing.T) {
	const hops = 2
	everywhere(t, func(t *testing.T, fresh func() string) {
		ctx, cancel := context.WithCancel(deadline(t))
		defer cancel()
		xpub := open(t, pubsub.NewXPub)
		at := bind(t, xpub, fresh())
		for range hops {
			in, out := open(t, pubsub.NewXSub), open(t, pubsub.NewXPub)
			require.NoError(t, in.Connect(at))
			at = bind(t, out, fresh())
			proxy(ctx, in, out)
		}
		a, b := open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		require.NoError(t, a.Subscribe("a"))
		require.NoError(t, a.Connect(at))
		require.Equal(t, "\x01a", told(t, xpub))
		require.NoError(t, b.Connect(at))
		require.NoError(t, b.Subscribe("b"))
		require.Equal(t, "\x01b", told(t, xpub))
		for i := range 100 {
			send(t, xpub, "a", fmt.Sprint(i))
			send(t, xpub, "b", fmt.Sprint(i))
			send(t, xpub, "c", fmt.Sprint(i))
			require.Equal(t, []string{"a", fmt.Sprint(i)}, recv(t, a))
			require.Equal(t, []string{"b", fmt.Sprint(i)}, recv(t, b))
		}
		require.NoError(t, a.Unsubscribe("a"))
		require.Equal(t, "\x00a", told(t, xpub))
		shut(t, b)
		require.Equal(t, "\x00b", told(t, xpub))
		requireEmpty(t, a)
		requireEmpty(t, xpub)
	})
}

// TestManyPublishersAndSubscribers at once: no subscriber misses, doubles or reorders anything below the marks.
func TestManyPublishersAndSubscribers(t *testing.T) {
	const pubs, subs, each = 3, 4, 1000
	everywhere(t, func(t *testing.T, fresh func() string) {
		var xpubs []*pubsub.XPub
		var ends []string
		for range pubs {
			x := open(t, pubsub.NewXPub, socket.WithSendHWM(0))
			xpubs, ends = append(xpubs, x), append(ends, bind(t, x, fresh()))
		}
		ctx := deadline(t)
		done := make(chan error, pubs+subs)
		for i := range subs {
			sub := open(t, pubsub.NewSub, socket.WithRecvHWM(0))
			for _, end := range ends {
				require.NoError(t, sub.Connect(end))
			}
			require.NoError(t, sub.Subscribe(fmt.Sprint("only", i)))
			require.NoError(t, sub.Subscribe("m"))
			for _, x := range xpubs {
				var first string
				if first = told(t, x); i == 0 {
					first = told(t, x)
				}
				require.Contains(t, []string{"\x01m", fmt.Sprint("\x01only", i)}, first)
			}
			awaitAll(t, xpubs, sub)
			go func() { done <- subNumbered(ctx, sub, pubs, each) }()
		}
		for i, x := range xpubs {
			go func() {
				for n := range each {
					if err := x.SendBytes(ctx, []byte("m"), numbered(i, n)); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range pubs + subs {
			require.NoError(t, result(t, done))
		}
	})
}

// awaitAll waits until each publisher has sub's subscriptions.
func awaitAll(t *testing.T, xpubs []*pubsub.XPub, sub *pubsub.Sub) {
	t.Helper()
	topic := fmt.Sprint("all", serial.Add(1))
	require.NoError(t, sub.Subscribe(topic))
	for _, x := range xpubs {
		require.Equal(t, "\x01"+topic, told(t, x))
	}
}

func subNumbered(ctx context.Context, sub *pubsub.Sub, senders, each int) error {
	all, last := newTally(senders, each), before(senders)
	for m, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		done, err := all.add(m, last)
		if err != nil || done {
			return err
		}
		m.Release()
	}
	return ringmq.ErrClosed
}
