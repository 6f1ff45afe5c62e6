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

// twoSubs are subscribers that are connected to xpub.
func twoSubs(t *testing.T, xpub *pubsub.XPub, fresh func() string) (a, b *pubsub.Sub) {
	a, b = open(t, pubsub.NewSub), open(t, pubsub.NewSub)
	bound := bind(t, xpub, fresh())
	join(t, xpub, a, bound)
	join(t, xpub, b, bound)
	return a, b
}

// TestXPubTellsMore: every subscription with Verbose, every end of one with Verboser as well, also of a peer that goes.
func TestXPubTellsMore(t *testing.T) {
	for name, test := range map[string]struct {
		opts       []socket.Option
		subs, ends bool
	}{
		"plain":                 {nil, false, false},
		"verbose":               {[]socket.Option{socket.WithVerbose()}, true, false},
		"verboser":              {[]socket.Option{socket.WithVerboser()}, true, true},
		"verbose takes it back": {[]socket.Option{socket.WithVerboser(), socket.WithVerbose()}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				xpub := open(t, pubsub.NewXPub, test.opts...)
				a, b := twoSubs(t, xpub, fresh)
				requireTold := func(note string, also bool) {
					t.Helper()
					if also {
						require.Equal(t, note, told(t, xpub))
					}
				}
				require.NoError(t, a.Subscribe("x"))
				require.Equal(t, "\x01x", told(t, xpub))
				require.NoError(t, b.Subscribe("x"))
				require.NoError(t, b.Subscribe("b"))
				requireTold("\x01x", test.subs)
				require.Equal(t, "\x01b", told(t, xpub))
				require.NoError(t, a.Unsubscribe("x"))
				require.NoError(t, a.Subscribe("a"))
				requireTold("\x00x", test.ends)
				require.Equal(t, "\x01a", told(t, xpub))
				require.NoError(t, a.Subscribe("x"))
				require.NoError(t, a.Subscribe("aa"))
				requireTold("\x01x", test.subs)
				require.Equal(t, "\x01aa", told(t, xpub))
				shut(t, b)
				require.Equal(t, "\x00b", told(t, xpub))
				requireTold("\x00x", test.ends)
				require.NoError(t, a.Unsubscribe("x"))
				require.Equal(t, "\x00x", told(t, xpub))
				requireEmpty(t, xpub)
			})
		})
	}
}

// TestVerboseSubscriber: a peer's second subscription to a topic is told too, where it sends one (an XSUB does).
func TestVerboseSubscriber(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, xsub := open(t, pubsub.NewXPub, socket.WithVerbose()), open(t, pubsub.NewXSub)
		link(t, xpub, xsub, fresh())
		for range 3 {
			send(t, xsub, "\x01x")
			require.Equal(t, "\x01x", told(t, xpub))
		}
	})
}

// TestVerboseUnsubscribe: an XSUB forwards every unsubscription; the publisher, which has a set, tells each but acts on
// the first.
func TestVerboseUnsubscribe(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithVerboser())
		xsub := open(t, pubsub.NewXSub, socket.WithVerboseUnsubscribe())
		link(t, xpub, xsub, fresh())
		for _, note := range []string{"\x01x", "\x01x", "\x00x", "\x00x", "\x00x"} {
			send(t, xsub, note)
			require.Equal(t, note, told(t, xpub))
		}
		requireEmpty(t, xpub)
	})
}

// TestManual: the program decides who gets what; what it grants need not be what was asked for.
func TestManual(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithManual())
		require.ErrorIs(t, xpub.Subscribe("x"), ringmq.ErrState, "nobody has asked")
		a, b := twoSubs(t, xpub, fresh)
		require.NoError(t, a.Subscribe("A"))
		require.Equal(t, "\x01A", told(t, xpub))
		send(t, xpub, "A", "too early")
		require.NoError(t, xpub.Subscribe("A"))
		require.NoError(t, b.Subscribe("B"))
		require.Equal(t, "\x01B", told(t, xpub))
		require.NoError(t, xpub.Subscribe("B1"))
		require.NoError(t, xpub.Subscribe("A")) // passed over by b's own filter
		require.NoError(t, xpub.Unsubscribe("never there"))
		for _, topic := range []string{"A", "B", "B1", "B2"} {
			send(t, xpub, topic)
		}
		require.Equal(t, []string{"A"}, recv(t, a))
		require.Equal(t, []string{"B1"}, recv(t, b))
		require.NoError(t, a.Unsubscribe("A"))
		require.Equal(t, "\x00A", told(t, xpub))
		require.NoError(t, a.Subscribe("end"))
		require.Equal(t, "\x01end", told(t, xpub))
		require.NoError(t, xpub.Subscribe("end"))
		require.NoError(t, xpub.Unsubscribe("A"))
		require.Equal(t, 3, xpub.TopicsCount())
		send(t, xpub, "A")
		send(t, xpub, "end")
		require.Equal(t, []string{"end"}, recv(t, a))
		requireEmpty(t, b)
	})
}

// TestManualDepartures: one end for each topic and peer; a peer that has gone cannot be subscribed any more.
func TestManualDepartures(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithManual())
		a, b := twoSubs(t, xpub, fresh)
		for _, sub := range []*pubsub.Sub{a, b} {
			require.NoError(t, sub.Subscribe("x"))
			require.Equal(t, "\x01x", told(t, xpub))
			require.NoError(t, xpub.Subscribe("y"))
		}
		require.NoError(t, b.Subscribe("own"))
		require.Equal(t, "\x01own", told(t, xpub))
		shut(t, b)
		require.Equal(t, "\x00own", told(t, xpub))
		require.Equal(t, "\x00x", told(t, xpub))
		require.ErrorIs(t, xpub.Subscribe("x"), ringmq.ErrNoRoute)
		require.Equal(t, 1, xpub.TopicsCount())
		shut(t, a)
		require.Equal(t, "\x00x", told(t, xpub))
		require.Zero(t, xpub.TopicsCount())
		requireEmpty(t, xpub)
		shut(t, xpub)
		require.ErrorIs(t, xpub.Subscribe("x"), ringmq.ErrClosed)
	})
}

func TestManualNeedsItsOption(t *testing.T) {
	xpub := open(t, pubsub.NewXPub)
	require.ErrorIs(t, xpub.Subscribe("x"), ringmq.ErrState)
	require.ErrorIs(t, xpub.Unsubscribe("x"), ringmq.ErrState)
}

// TestManualLastValue: what is sent next after a notification goes to that peer alone, if it is for it.
func TestManualLastValue(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithManualLastValue())
		a, b := twoSubs(t, xpub, fresh)
		for _, sub := range []*pubsub.Sub{a, b} {
			require.NoError(t, sub.Subscribe("A"))
			require.Equal(t, "\x01A", told(t, xpub))
			require.NoError(t, xpub.Subscribe("A"))
			send(t, xpub, "A", "last value")
			require.NoError(t, xpub.Subscribe("A2"), "a message does not end the exchange")
		}
		for _, sub := range []*pubsub.Sub{a, b} {
			require.Equal(t, []string{"A", "last value"}, recv(t, sub))
		}
		send(t, xpub, "A", "to all")
		require.NoError(t, b.Subscribe("B"))
		require.Equal(t, "\x01B", told(t, xpub))
		send(t, xpub, "C", "for nobody, and the next is for all again")
		send(t, xpub, "A", "to all")
		require.NoError(t, b.Subscribe("D"))
		require.Equal(t, "\x01D", told(t, xpub))
		shut(t, b)
		for range 3 {
			told(t, xpub)
		}
		send(t, xpub, "A", "b has gone")
		for _, body := range []string{"to all", "to all", "b has gone"} {
			require.Equal(t, []string{"A", body}, recv(t, a))
		}
	})
}

// TestWelcome is the first thing that a subscriber gets, if it has subscribed to it, on each connection anew.
func TestWelcome(t *testing.T) {
	for name, build := range map[string]constructor{"PUB": maker(pubsub.NewPub), "XPUB": maker(pubsub.NewXPub)} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				hello := []byte("welcome")
				pub := open(t, build, socket.WithWelcome(ringmq.NewMessage(hello, []byte("body"))))
				clear(hello) // it was copied
				sub, deaf := open(t, pubsub.NewSub), open(t, pubsub.NewSub)
				require.NoError(t, sub.Subscribe("w"))
				require.NoError(t, deaf.Subscribe("x"))
				bound := bind(t, pub, fresh())
				for range 2 {
					join(t, pub, sub, bound)
					require.Equal(t, []string{"welcome", "body"}, recv(t, sub))
					require.NoError(t, sub.Disconnect(bound))
					awaitPeers(t, pub, 0)
				}
				join(t, pub, deaf, bound)
				synced(t, pub.(sender), deaf)
				requireEmpty(t, deaf)
				require.Zero(t, pub.Stats().Dropped)
			})
		})
	}
}

// TestOnlyFirstSubscribe: which frames of a multipart message are subscriptions, on either side.
func TestOnlyFirstSubscribe(t *testing.T) {
	for name, test := range map[string]struct {
		first   bool
		message []string
		notes   []string
		rest    []string
	}{
		"all are":               {true, []string{"\x01a", "\x01b", "\x00a"}, []string{"\x01a", "\x01b", "\x00a"}, nil},
		"the first is":          {true, []string{"\x01a", "data", "\x01b", ""}, []string{"\x01a", "\x01b"}, []string{"data", ""}},
		"the first is not":      {true, []string{"data", "\x01a", "\x00b"}, nil, []string{"data", "\x01a", "\x00b"}},
		"off, the first is not": {false, []string{"data", "\x01a", "more"}, []string{"\x01a"}, []string{"data", "more"}},
		"off, none is":          {false, []string{"data", "more"}, nil, []string{"data", "more"}},
		"off, one frame":        {false, []string{"data"}, nil, []string{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				opt := socket.WithOnlyFirstSubscribe(test.first)
				xpub, xsub := open(t, pubsub.NewXPub, opt), open(t, pubsub.NewXSub, opt)
				link(t, xpub, xsub, fresh())
				send(t, xsub, test.message...)
				for _, note := range test.notes {
					require.Equal(t, note, told(t, xpub))
				}
				if test.rest != nil {
					require.Equal(t, test.rest, recv(t, xpub))
				}
				requireEmpty(t, xpub)
			})
		})
	}
}

// TestInvertMatching: a subscription says what is not wanted; a peer without one gets everything.
func TestInvertMatching(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub := open(t, pubsub.NewXPub, socket.WithInvertMatching(), socket.WithSendHWM(0))
		a, all := open(t, pubsub.NewSub, socket.WithInvertMatching()), open(t, pubsub.NewSub, socket.WithInvertMatching())
		plain := open(t, pubsub.NewSub)
		bound := bind(t, pub, fresh())
		for _, sub := range []*pubsub.Sub{a, all, plain} {
			join(t, pub, sub, bound)
		}
		send(t, pub, "A", "before")
		require.Equal(t, []string{"A", "before"}, recv(t, a))
		require.Equal(t, []string{"A", "before"}, recv(t, all))
		require.NoError(t, a.Subscribe("A"))
		require.Equal(t, "\x01A", told(t, pub))
		require.NoError(t, plain.Subscribe("B"))
		require.Equal(t, "\x01B", told(t, pub))
		const rounds = 300 // enough that messages are sent in runs
		for range rounds {
			for _, topic := range []string{"A1", "B1", "C1"} {
				send(t, pub, topic)
			}
		}
		for range rounds {
			require.Equal(t, []string{"B1"}, recv(t, a))
			require.Equal(t, []string{"C1"}, recv(t, a))
			for _, topic := range []string{"A1", "B1", "C1"} {
				require.Equal(t, []string{topic}, recv(t, all))
			}
		}
		requireEmpty(t, plain) // B is not sent to it, and of the rest it wants nothing
		require.NoError(t, a.Unsubscribe("A"))
		require.Equal(t, "\x00A", told(t, pub))
		send(t, pub, "A", "after")
		require.Equal(t, []string{"A", "after"}, recv(t, a))
		shut(t, all)
		awaitPeers(t, pub, 2)
		send(t, pub, "C")
		require.Equal(t, []string{"C"}, recv(t, a))
	})
}

// TestTopicsCount: distinct topics, on either side (libzmq's pubsub_topics_count).
func TestTopicsCount(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, a, b, xsub := open(t, pubsub.NewPub), open(t, pubsub.NewSub), open(t, pubsub.NewSub), open(t, pubsub.NewXSub)
		bound := bind(t, pub, fresh())
		for _, s := range []sock{a, b, xsub} {
			join(t, pub, s, bound)
		}
		requireCount := func(n int) {
			t.Helper()
			eventually(t, fmt.Sprint(n, " topics"), func() bool { return pub.TopicsCount() == n })
		}
		requireCount(0)
		for i, topic := range []string{"t", "to", "top", "topic"} {
			for _, sub := range []*pubsub.Sub{a, a, b} {
				require.NoError(t, sub.Subscribe(topic))
			}
			require.Equal(t, i+1, a.TopicsCount())
			requireCount(i + 1)
		}
		send(t, xsub, "\x01topic")
		send(t, xsub, "\x01own")
		require.Equal(t, 2, xsub.TopicsCount())
		requireCount(5)
		require.NoError(t, a.Unsubscribe("t"))
		require.NoError(t, a.Unsubscribe("t"))
		require.Equal(t, 3, a.TopicsCount())
		require.NoError(t, b.Unsubscribe("t"))
		requireCount(4)
		shut(t, xsub)
		requireCount(3)
	})
}

// TestWaitSubscribers: a publisher that waits for its subscribers loses nothing on them.
func TestWaitSubscribers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub := open(t, pubsub.NewPub)
		bound := bind(t, pub, fresh())
		require.NoError(t, pub.WaitSubscribers(deadline(t), 0))
		a, b := open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		join(t, pub, a, bound)
		wait := func(n int, topics ...string) func() error {
			return func() error { return pub.WaitSubscribers(deadline(t), n, topics...) }
		}
		two, x := blocked(t, wait(2)), blocked(t, wait(1, "y", "xx"))
		require.NoError(t, a.Subscribe("x"))
		require.NoError(t, result(t, begin(wait(1))))
		require.NoError(t, result(t, begin(wait(1, "xx"))))
		require.NoError(t, b.Subscribe("y"))
		require.NoError(t, b.Connect(bound))
		require.NoError(t, result(t, two))
		require.NoError(t, result(t, x))
		send(t, pub, "x")
		send(t, pub, "y")
		require.Equal(t, []string{"x"}, recv(t, a))
		require.Equal(t, []string{"y"}, recv(t, b))
		require.ErrorIs(t, pub.WaitSubscribers(soon(t), 2, "x"), context.DeadlineExceeded)
		closing := blocked(t, wait(3))
		shut(t, pub)
		require.ErrorIs(t, result(t, closing), ringmq.ErrClosed)
		require.ErrorIs(t, pub.WaitSubscribers(deadline(t), 0), ringmq.ErrClosed)
	})
}
