package conformance_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// audience binds a new publisher and joins n subscribers to it, each with the topics that wanted says for its number.
func audience(t *testing.T, endpoint string, n int, wanted func(i int) []string, pubOpts ...socket.Option) (*pubsub.Pub, []*pubsub.Sub) {
	t.Helper()
	pub := open(t, pubsub.NewPub, pubOpts...)
	bound := bind(t, pub, endpoint)
	subs := make([]*pubsub.Sub, n)
	for i := range subs {
		subs[i] = open(t, pubsub.NewSub, socket.WithRecvHWM(0), socket.WithMetadata("X-Name", fmt.Sprint(i)))
		for _, topic := range wanted(i) {
			require.NoError(t, subs[i].Subscribe(topic))
		}
		require.NoError(t, subs[i].Connect(bound))
		synced(t, pub, subs[i])
	}
	return pub, subs
}

func everything(int) []string { return []string{"m"} }

// publish sends the numbers from up to to, after the topic, as densely as it goes.
func publish(t *testing.T, pub sender, topic string, from, to int) {
	t.Helper()
	ctx := deadline(t)
	for i := from; i < to; i++ {
		require.NoError(t, pub.SendBytes(ctx, binary.BigEndian.AppendUint32([]byte(topic), uint32(i))))
	}
}

// serialOf is the number behind a topic of one byte.
func serialOf(frame []byte) int { return int(binary.BigEndian.Uint32(frame[1:])) }

// requireNumbers receives the numbers from up to to, in order.
func requireNumbers(t *testing.T, sub receiver, from, to int) {
	t.Helper()
	ctx := deadline(t)
	for i := from; i < to; i++ {
		m, err := sub.Recv(ctx)
		require.NoError(t, err, "waiting for %d of %d", i, to)
		require.Equal(t, i, serialOf(m.Frame(0)))
		m.Release()
	}
}

// TestTheLastOfABurstArrive: nobody has to send again for what was sent densely to arrive, however many it was.
func TestTheLastOfABurstArrive(t *testing.T) {
	for _, n := range []int{2, 4, 5, 70} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			onStreams(t, func(t *testing.T, fresh func() string) {
				pub, subs := audience(t, fresh(), n, everything)
				r := rand.New(rand.NewPCG(1, uint64(n)))
				for sent, round := 0, 0; round < 4+32/n; round++ {
					burst := 1 + r.IntN(1000/(1+round%4)) // at most the mark
					publish(t, pub, "m", sent, sent+burst)
					for _, sub := range subs {
						requireNumbers(t, sub, sent, sent+burst)
					}
					sent += burst
				}
				require.Zero(t, pub.Stats().Dropped)
			})
		})
	}
}

// TestCloseAfterABurst: what was sent densely right before the socket is closed arrives within the linger period.
func TestCloseAfterABurst(t *testing.T) {
	for _, n := range []int{2, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			onStreams(t, func(t *testing.T, fresh func() string) {
				for _, burst := range []int{9, 17, 400, 1000} {
					pub, subs := audience(t, fresh(), n, everything)
					publish(t, pub, "m", 0, burst)
					shut(t, pub)
					for _, sub := range subs {
						requireNumbers(t, sub, 0, burst)
						requireEmpty(t, sub)
					}
				}
			})
		})
	}
}

// TestRunsStayBelowTheMark: messages that are encoded together are no more than a subscriber that keeps up can take.
// Whether it keeps up is also the scheduler's affair, so that one burst of several without a loss is what shows it.
func TestRunsStayBelowTheMark(t *testing.T) {
	const burst = 5 * socket.DefaultHWM
	pub, _ := audience(t, freshTCP(t), 2, everything)
	lost := make([]uint64, 0, 50)
	for range cap(lost) {
		before := pub.Stats().Dropped
		publish(t, pub, "m", 0, burst)
		if lost = append(lost, pub.Stats().Dropped-before); lost[len(lost)-1] == 0 {
			return
		}
		eventually(t, "all is written", func() bool { return pub.Stats().Queued == 0 })
	}
	require.Fail(t, "each burst was too much", "%d of %d", lost, 2*burst)
}

// TestCountsDuringARun: whenever one asks, each message was sent to a peer, waits for it or was dropped for it.
func TestCountsDuringARun(t *testing.T) {
	const peers = 3
	pub, _ := audience(t, freshTCP(t), peers, everything, socket.WithSendHWM(50))
	before := pub.Stats()
	sent := 0
	for burst := range 300 {
		publish(t, pub, "m", sent, sent+burst)
		sent += burst
		s := pub.Stats()
		require.Equal(t, peers*sent, int(s.Sent+s.Queued+s.Dropped-before.Sent-before.Queued-before.Dropped))
	}
}

// TestDenseTopicsComeAndGo: while others join, subscribe and leave, each subscriber that stays gets what it subscribes
// to, in order, but for what was counted as dropped for it.
func TestDenseTopicsComeAndGo(t *testing.T) {
	topics := []string{"a", "b", "c", "d"}
	wanted := func(i int) []string { return topics[:1+i%len(topics)] }
	for _, n := range []int{2, 5, 40} {
		for _, mark := range []int{3, 1000} {
			t.Run(fmt.Sprintf("%d subscribers, mark %d", n, mark), func(t *testing.T) {
				onStreams(t, func(t *testing.T, fresh func() string) {
					endpoint := fresh()
					pub, subs := audience(t, endpoint, n, wanted, socket.WithSendHWM(mark))
					before := droppedByName(pub)
					ctx, cancel := context.WithCancel(deadline(t))
					var wg sync.WaitGroup
					wg.Go(func() { comeAndGo(ctx, pub.Peers()[0].Endpoint) })
					sent := make(map[string]int)
					r := rand.New(rand.NewPCG(uint64(n), uint64(mark)))
					for next := 0; next < max(20_000/n, 2000); {
						topic, burst := topics[r.IntN(len(topics))], 1+r.IntN(200)
						publish(t, pub, topic, next, next+burst)
						sent[topic] += burst
						next += burst
					}
					cancel()
					wg.Wait()
					awaitPeers(t, pub, n)
					eventually(t, "all is written", func() bool { return pub.Stats().Queued == 0 })
					after := droppedByName(pub)
					for i, sub := range subs {
						want := int(before[fmt.Sprint(i)]) - int(after[fmt.Sprint(i)])
						for _, topic := range wanted(i) {
							want += sent[topic]
						}
						requireRising(t, sub, want, strings.Join(wanted(i), ""))
					}
				})
			})
		}
	}
}

// droppedByName is what was dropped for each peer with a name.
func droppedByName(pub sock) map[string]uint64 {
	by := make(map[string]uint64)
	for _, p := range pub.Peers() {
		by[p.Properties["X-Name"]] += p.Dropped
	}
	return by
}

// requireRising receives n messages of the topics whose numbers rise, and then no more.
func requireRising(t *testing.T, sub receiver, n int, topics string) {
	t.Helper()
	ctx := deadline(t)
	last := -1
	for i := range n {
		m, err := sub.Recv(ctx)
		require.NoError(t, err, "message %d of %d", i, n)
		f := m.Frame(0)
		require.Contains(t, topics, string(f[:1]))
		require.Greater(t, serialOf(f), last)
		last = serialOf(f)
		m.Release()
	}
	requireEmpty(t, sub)
}

// comeAndGo has subscribers join, change what they subscribe to and leave, until ctx ends.
func comeAndGo(ctx context.Context, endpoint string) {
	for i := 0; ctx.Err() == nil; i++ {
		sub, err := pubsub.NewSub(socket.WithLinger(0))
		if err != nil {
			return
		}
		_ = sub.Subscribe("a")
		_ = sub.Connect(endpoint)
		for k := range i % 5 {
			_, _ = sub.Recv(ctx)
			_ = sub.Unsubscribe("a")
			_ = sub.Subscribe([]string{"b", "a", ""}[k%3])
		}
		_ = sub.Close()
	}
}

// TestNoDropWithManySenders: with NoDrop every subscriber gets everything, that of one goroutine in its order, although
// runs are cut at small marks.
func TestNoDropWithManySenders(t *testing.T) {
	const senders = 4
	for _, n := range []int{2, 4, 6} {
		for mark, each := range map[int]int{1: 100, 2: 200, 7: 500, 100: 1000} { // at a mark of 1 all wait for each message
			t.Run(fmt.Sprintf("%d subscribers, mark %d", n, mark), func(t *testing.T) {
				onStreams(t, func(t *testing.T, fresh func() string) {
					pub, subs := audience(t, fresh(), n, everything, socket.WithSendHWM(mark), socket.WithNoDrop())
					ctx := deadline(t)
					var waits []<-chan error
					for s := range senders {
						waits = append(waits, begin(func() error { return sendNumbers(ctx, pub, s, each) }))
					}
					for _, sub := range subs {
						waits = append(waits, begin(func() error { return inOrder(ctx, sub, senders, each) }))
					}
					for _, done := range waits {
						require.NoError(t, result(t, done))
					}
					require.Zero(t, pub.Stats().Dropped)
					for _, sub := range subs {
						requireEmpty(t, sub)
					}
				})
			})
		}
	}
}

func sendNumbers(ctx context.Context, pub sender, s, n int) error {
	for i := range n {
		if err := pub.SendBytes(ctx, []byte{'m', byte(s)}, binary.BigEndian.AppendUint32(nil, uint32(i))); err != nil {
			return err
		}
	}
	return nil
}

// inOrder receives each messages of each sender, in the order of each.
func inOrder(ctx context.Context, sub receiver, senders, each int) error {
	next := make([]uint32, senders)
	for i := range senders * each {
		m, err := sub.Recv(ctx)
		if err != nil {
			return fmt.Errorf("message %d of %d: %w", i, senders*each, err)
		}
		s, k := m.Frame(0)[1], binary.BigEndian.Uint32(m.Frame(1))
		if k != next[s] {
			return fmt.Errorf("sender %d: got %d, want %d", s, k, next[s])
		}
		next[s]++
		m.Release()
	}
	return nil
}
