package conformance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// probe begins the topics and groups of settle, which are its own.
const probe = "\xfe\xfesync"

// synced waits until what sub has subscribed to so far has reached pub, and leaves sub empty: a publisher takes
// subscriptions in the order in which they were made, so one that is tried until it works comes after all others.
func synced(t *testing.T, pub sender, subs ...*pubsub.Sub) {
	t.Helper()
	for _, sub := range subs {
		settle(t, pub, sub, sub.Subscribe, sub.Unsubscribe)
	}
}

// settle adds a subscription, waits until something arrives, and takes it back.
func settle(t *testing.T, pub sender, sub receiver, add, remove func(topic string) error) {
	t.Helper()
	topic := fmt.Sprint(probe, serial.Add(1))
	require.NoError(t, add(topic))
	sent := 0
	for got := false; !got; sent++ {
		require.Less(t, sent, 10_000, "the subscription does not reach the publisher")
		send(t, pub, topic, fmt.Sprint(sent))
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		_, err := sub.Recv(ctx)
		cancel()
		got = err == nil
	}
	send(t, pub, topic, "end")
	for m := []string{topic, ""}; m[0] != topic || m[1] != "end"; m = recv(t, sub) {
		require.True(t, strings.HasPrefix(m[0], probe), "unexpected %q", m)
	}
	require.NoError(t, remove(topic))
}

// told reads what an XPUB says next.
func told(t *testing.T, xpub receiver) string {
	t.Helper()
	m := recv(t, xpub)
	require.Len(t, m, 1)
	return m[0]
}

// TestSubscriptionsArePrefixes of the first frame, byte by byte; the empty one matches everything.
func TestSubscriptionsArePrefixes(t *testing.T) {
	tests := map[string]struct{ subs, yes, no []string }{
		"prefix":     {[]string{"AAPL"}, []string{"AAPL", "AAPL.O", "AAPLx"}, []string{"AAP", "A", "", "aapl", "XAAPL"}},
		"several":    {[]string{"A", "BC", "BD"}, []string{"A", "AB", "BC", "BDX"}, []string{"B", "BE", "C", ""}},
		"nested":     {[]string{"A", "AB", "ABC"}, []string{"A", "AX", "AB", "ABC", "ABCD"}, []string{"B", ""}},
		"all":        {[]string{""}, []string{"", "x", "anything"}, nil},
		"none":       {nil, nil, []string{"", "x", probe[:1]}},
		"binary":     {[]string{"\x00", "\xff\x00"}, []string{"\x00", "\x00\x01", "\xff\x00\xff"}, []string{"\x01", "\xff", "\xff\x01"}},
		"one bit":    {[]string{"p"}, []string{"p", "pq"}, []string{"q", "P", "0"}},
		"long":       {[]string{longTopic(300)}, []string{longTopic(300), longTopic(301)}, []string{longTopic(299)}},
		"around 246": {[]string{longTopic(245), longTopic(246) + "!"}, []string{longTopic(246)}, []string{longTopic(244)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				pub, sub := open(t, pubsub.NewPub), open(t, pubsub.NewSub)
				for _, topic := range test.subs {
					require.NoError(t, sub.Subscribe(topic))
				}
				link(t, pub, sub, fresh())
				synced(t, pub, sub)
				requireFiltered(t, pub, sub, test.yes, test.no)
			})
		})
	}
}

// requireFiltered asserts that of messages that begin with one of yes or no only the former travel.
func requireFiltered(t *testing.T, pub sock, sub receiver, yes, no []string) {
	t.Helper()
	before := pub.Stats()
	for _, topic := range slices.Concat(no, yes, no) {
		send(t, pub.(sender), topic, "body")
	}
	for _, topic := range yes {
		require.Equal(t, []string{topic, "body"}, recv(t, sub))
	}
	requireEmpty(t, sub)
	eventually(t, "only what matches was sent", func() bool {
		return pub.Stats().Sent-before.Sent == uint64(len(yes))
	})
	require.Zero(t, pub.Stats().Dropped)
}

func longTopic(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return string(b)
}

// TestOnlyTheFirstFrameIsTheTopic, and matching messages travel once however many subscriptions match.
func TestOnlyTheFirstFrameIsTheTopic(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, sub := open(t, pubsub.NewPub), open(t, pubsub.NewSub)
		for _, topic := range []string{"A", "AA", "", "A"} {
			require.NoError(t, sub.Subscribe(topic))
		}
		link(t, pub, sub, fresh())
		synced(t, pub, sub)
		send(t, pub, "AAA")
		require.Equal(t, []string{"AAA"}, recv(t, sub))
		require.NoError(t, sub.Unsubscribe(""))
		synced(t, pub, sub)
		send(t, pub, "B", "A")
		send(t, pub, "A", "B", "")
		require.Equal(t, []string{"A", "B", ""}, recv(t, sub))
		requireEmpty(t, sub)
	})
}

// TestUnsubscribeCounts: a topic subscribed to twice is given up with the second Unsubscribe; one too many does nothing.
func TestUnsubscribeCounts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, sub := open(t, pubsub.NewPub), open(t, pubsub.NewSub)
		link(t, pub, sub, fresh())
		wanted := func(want bool) {
			t.Helper()
			synced(t, pub, sub)
			send(t, pub, "topic")
			if want {
				require.Equal(t, []string{"topic"}, recv(t, sub))
				return
			}
			synced(t, pub, sub)
			requireEmpty(t, sub)
		}
		require.NoError(t, sub.Unsubscribe("topic"))
		wanted(false)
		require.NoError(t, sub.Subscribe("topic"))
		require.NoError(t, sub.Subscribe("topic"))
		wanted(true)
		require.NoError(t, sub.Unsubscribe("topic"))
		wanted(true)
		require.NoError(t, sub.Unsubscribe("topic"))
		wanted(false)
		require.NoError(t, sub.Unsubscribe("topic"))
		require.NoError(t, sub.Subscribe("topic"))
		wanted(true)
	})
}

// TestUnsubscribedMessagesDoNotTravel: the publisher filters.
func TestUnsubscribedMessagesDoNotTravel(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, sub := open(t, pubsub.NewXPub), open(t, pubsub.NewSub)
		link(t, xpub, sub, fresh())
		require.NoError(t, sub.Subscribe("a"))
		require.Equal(t, "\x01a", told(t, xpub))
		send(t, xpub, "a1")
		require.Equal(t, []string{"a1"}, recv(t, sub))
		require.NoError(t, sub.Unsubscribe("a"))
		require.Equal(t, "\x00a", told(t, xpub))
		before := xpub.Stats()
		for range 100 {
			send(t, xpub, "a2")
		}
		after := xpub.Stats()
		require.Equal(t, before.Sent+before.Dropped+before.Queued, after.Sent+after.Dropped+after.Queued)
	})
}

// TestWhenToSubscribe: before or after either side binds or connects; whoever binds.
func TestWhenToSubscribe(t *testing.T) {
	type step = func(t *testing.T, pub *pubsub.Pub, sub *pubsub.Sub, endpoint string)
	subscribe := func(t *testing.T, _ *pubsub.Pub, sub *pubsub.Sub, _ string) { require.NoError(t, sub.Subscribe("t")) }
	pubBinds := func(t *testing.T, pub *pubsub.Pub, _ *pubsub.Sub, e string) { bind(t, pub, e) }
	pubConnects := func(t *testing.T, pub *pubsub.Pub, _ *pubsub.Sub, e string) { require.NoError(t, pub.Connect(e)) }
	subBinds := func(t *testing.T, _ *pubsub.Pub, sub *pubsub.Sub, e string) { bind(t, sub, e) }
	subConnects := func(t *testing.T, _ *pubsub.Pub, sub *pubsub.Sub, e string) { require.NoError(t, sub.Connect(e)) }
	for name, steps := range map[string][]step{
		"subscribe, bind, connect": {subscribe, pubBinds, subConnects},
		"bind, subscribe, connect": {pubBinds, subscribe, subConnects},
		"bind, connect, subscribe": {pubBinds, subConnects, subscribe},
		"subscribe, connect, bind": {subscribe, subConnects, pubBinds},
		"connect, subscribe, bind": {subConnects, subscribe, pubBinds},
		"connect, bind, subscribe": {subConnects, pubBinds, subscribe},
		"sub binds: first":         {subscribe, subBinds, pubConnects},
		"sub binds: between":       {subBinds, subscribe, pubConnects},
		"sub binds: last":          {subBinds, pubConnects, subscribe},
		"sub binds late: first":    {subscribe, pubConnects, subBinds},
		"sub binds late: between":  {pubConnects, subscribe, subBinds},
		"sub binds late: last":     {pubConnects, subBinds, subscribe},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				pub, sub, endpoint := open(t, pubsub.NewPub), open(t, pubsub.NewSub), fresh()
				for _, do := range steps {
					do(t, pub, sub, endpoint)
				}
				synced(t, pub, sub)
				send(t, pub, "topic")
				require.Equal(t, []string{"topic"}, recv(t, sub))
			})
		})
	}
}

// TestLateJoiner: from the first message that it gets it gets all, and none from before it came.
func TestLateJoiner(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, early, late := open(t, pubsub.NewPub), open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		bound := bind(t, pub, fresh())
		require.NoError(t, early.Subscribe(""))
		join(t, pub, early, bound)
		synced(t, pub, early)
		for i := range 50 {
			send(t, pub, "before", fmt.Sprint(i))
			require.Equal(t, []string{"before", fmt.Sprint(i)}, recv(t, early))
		}
		require.NoError(t, late.Subscribe(""))
		require.NoError(t, late.Connect(bound))
		synced(t, pub, late)
		for i := range 50 {
			send(t, pub, "after", fmt.Sprint(i))
			require.Equal(t, []string{"after", fmt.Sprint(i)}, recv(t, late))
		}
	})
}

// TestNobodySubscribes: a publisher without subscribers never waits, and counts nothing.
func TestNobodySubscribes(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub := open(t, pubsub.NewPub, socket.WithSendHWM(1))
		require.NoError(t, pub.Connect(fresh()))
		bind(t, pub, fresh())
		for range 100 {
			send(t, pub, "x")
			require.NoError(t, pub.TrySend(ringmq.NewString("x")))
		}
		st := pub.Stats()
		require.Zero(t, st.Sent+st.Dropped+st.Queued)
	})
}

// TestSlowSubscriber: it loses what is above the marks, and the counts say how much; the other loses nothing and waits
// for nobody.
func TestSlowSubscriber(t *testing.T) {
	body := string(make([]byte, 64<<10))
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithSendHWM(8))
		bound := bind(t, xpub, fresh())
		slow, quick := open(t, pubsub.NewSub, socket.WithRecvHWM(4)), open(t, pubsub.NewSub)
		for _, sub := range []*pubsub.Sub{slow, quick} {
			require.NoError(t, sub.Subscribe(""))
			require.NoError(t, sub.Connect(bound))
		}
		require.Equal(t, "\x01", told(t, xpub))
		awaitPeers(t, xpub, 2)
		synced(t, xpub, quick, slow)
		send(t, xpub, "go")
		drainUntil(t, quick, "go")
		drainUntil(t, slow, "go")

		before := xpub.Stats()
		published := 0
		for ; xpub.Stats().Dropped-before.Dropped < 20; published++ {
			require.Less(t, published, 100_000)
			send(t, xpub, "m", fmt.Sprint(published), body)
			require.Equal(t, fmt.Sprint(published), drainUntil(t, quick, "m")[1])
		}
		after := xpub.Stats()
		require.EqualValues(t, 2*published, after.Sent+after.Dropped+after.Queued-before.Sent-before.Dropped-before.Queued)

		dropped, got, last := int(after.Dropped-before.Dropped), 0, -1
		for ; got < published-dropped; got++ {
			var n int
			_, err := fmt.Sscan(drainUntil(t, slow, "m")[1], &n)
			require.NoError(t, err)
			require.Greater(t, n, last)
			last = n
		}
		synced(t, xpub, slow)
		requireEmpty(t, slow)
	})
}

// drainUntil receives until a message has the topic.
func drainUntil(t *testing.T, r receiver, topic string) []string {
	t.Helper()
	for {
		if m := recv(t, r); m[0] == topic {
			return m
		}
	}
}

// TestInprocPublisherDropsAtTheSum of both marks, exactly.
func TestInprocPublisherDropsAtTheSum(t *testing.T) {
	xpub, sub := open(t, pubsub.NewXPub, socket.WithSendHWM(5)), open(t, pubsub.NewSub, socket.WithRecvHWM(7))
	link(t, xpub, sub, freshInproc(t))
	require.NoError(t, sub.Subscribe(""))
	require.Equal(t, "\x01", told(t, xpub))
	for range 3 {
		before := xpub.Stats()
		for i := range 20 {
			send(t, xpub, fmt.Sprint(i))
		}
		after := xpub.Stats()
		require.EqualValues(t, 12, after.Sent-before.Sent)
		require.EqualValues(t, 8, after.Dropped-before.Dropped)
		for i := range 12 {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, sub))
		}
		requireEmpty(t, sub)
	}
}

// TestManyTopics: ten thousand subscriptions of one peer, each with a topic that its neighbours are prefixes of.
func TestManyTopics(t *testing.T) {
	const topics = 10_000
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, sub := open(t, pubsub.NewPub), open(t, pubsub.NewSub)
		link(t, pub, sub, fresh())
		for i := range topics {
			require.NoError(t, sub.Subscribe(fmt.Sprintf("topic.%d", 2*i)))
		}
		synced(t, pub, sub)
		for i := 1; i < topics; i += 97 {
			send(t, pub, fmt.Sprintf("topik.%d", i))
			send(t, pub, fmt.Sprintf("topic.%d", 2*i), "yes")
			require.Equal(t, []string{fmt.Sprintf("topic.%d", 2*i), "yes"}, recv(t, sub))
		}
		for i := range topics {
			require.NoError(t, sub.Unsubscribe(fmt.Sprintf("topic.%d", 2*i)))
		}
		synced(t, pub, sub)
		send(t, pub, "topic.2")
		synced(t, pub, sub)
		requireEmpty(t, sub)
	})
}

// TestSubscriberOfManyPublishers receives in turn from all that are known to have messages, and each learns of its
// subscriptions.
func TestSubscriberOfManyPublishers(t *testing.T) {
	const pubs, each = 3, 20
	everywhere(t, func(t *testing.T, fresh func() string) {
		sub := open(t, pubsub.NewSub)
		require.NoError(t, sub.Subscribe("x"))
		for range pubs {
			xpub := open(t, pubsub.NewXPub)
			require.NoError(t, sub.Connect(bind(t, xpub, fresh())))
			require.Equal(t, "\x01x", told(t, xpub))
			for range each {
				send(t, xpub, fmt.Sprintf("x%p", xpub))
			}
		}
		awaitPending(t, sub, pubs*each)
		var order []string
		counts, all, over := map[string]int{}, 0, 0
		for i := range pubs * each {
			from := recv(t, sub)[0]
			order = append(order, from)
			if counts[from]++; counts[from] == 1 {
				all = i // what a publisher has sent may be pending a moment before its turn is
			}
			if counts[from] == each && over == 0 {
				over = i
			}
		}
		for i := all; i+pubs <= over+1; i++ {
			round := slices.Sorted(slices.Values(order[i : i+pubs]))
			require.Len(t, slices.Compact(round), pubs, "%d to %d of %q", i, i+pubs, order)
		}
	})
}

// TestPublisherRestarts: a new publisher at the endpoint is told each topic, once.
func TestPublisherRestarts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sub, endpoint := open(t, pubsub.NewSub), fresh()
		for _, topic := range []string{"a", "b", "b", "c"} {
			require.NoError(t, sub.Subscribe(topic))
		}
		require.NoError(t, sub.Unsubscribe("c"))
		require.NoError(t, sub.Connect(endpoint))
		for range 3 {
			xpub := open(t, pubsub.NewXPub)
			bind(t, xpub, endpoint)
			topics := []string{told(t, xpub), told(t, xpub)}
			require.ElementsMatch(t, []string{"\x01a", "\x01b"}, topics)
			send(t, xpub, "a")
			require.Equal(t, []string{"a"}, recv(t, sub))
			requireEmpty(t, xpub)
			shut(t, xpub)
			awaitPeers(t, sub, 0)
		}
	})
}
