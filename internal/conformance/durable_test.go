package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// subscribe makes a durable subscriber of the topics, which connects, or with an empty endpoint does not yet.
func subscribe(t *testing.T, endpoint, name string, topics []string, opts ...socket.Option) *pubsub.Sub {
	t.Helper()
	sub := open(t, pubsub.NewSub, append([]socket.Option{socket.WithDurable(name)}, opts...)...)
	for _, topic := range topics {
		require.NoError(t, sub.Subscribe(topic))
	}
	if endpoint != "" {
		require.NoError(t, sub.Connect(endpoint))
	}
	return sub
}

// want receives the messages and acknowledges them.
func want(t *testing.T, sub *pubsub.Sub, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		m := parcel(t, sub)
		require.Equal(t, []string{body}, text(m))
		require.NoError(t, m.Ack())
	}
}

// openPublisher opens a publisher with a spool, and watches it.
func openPublisher(t *testing.T, dir string) (*pubsub.Pub, *spool.Spool, <-chan socket.Event) {
	t.Helper()
	sp := openSpool(t, dir)
	pub := open(t, pubsub.NewPub, socket.WithSpool(sp))
	return pub, sp, pub.Monitor(t.Context())
}

func TestDurableSubscriber(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		pub, sp, events := openPublisher(t, t.TempDir())
		bind(t, pub, at)
		send(t, pub, "a0") // before anybody has heard of the subscriber
		sub := subscribe(t, at, "s", []string{"a", "c"})
		await(t, events, socket.DeliveryAcknowledged)
		send(t, pub, "a1")
		send(t, pub, "b1")
		send(t, pub, "c1")
		want(t, sub, "a1", "c1")
		awaitUnacknowledged(t, sp, 0)

		send(t, pub, "a2")
		require.Equal(t, []string{"a2"}, text(parcel(t, sub))) // not acknowledged
		require.NoError(t, sub.Close())
		awaitPeers(t, pub, 0)
		send(t, pub, "a3")
		send(t, pub, "b2")
		sub = subscribe(t, at, "s", []string{"a", "c"})
		want(t, sub, "a2", "a3")
		send(t, pub, "c2")
		want(t, sub, "c2")
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestDurableSubscriberOfABoundSocket(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sub := subscribe(t, "", "s", nil)
		bound := bind(t, sub, fresh())
		pub, sp, events := openPublisher(t, t.TempDir())
		require.NoError(t, pub.Connect(bound))
		awaitPeers(t, sub, 1)
		require.NoError(t, sub.Subscribe("a")) // only now it is asked for
		await(t, events, socket.DeliveryAcknowledged)
		send(t, pub, "a1")
		send(t, pub, "b1")
		want(t, sub, "a1")
		awaitUnacknowledged(t, sp, 0)
		require.NoError(t, sub.Unsubscribe("a"))
		require.NoError(t, sub.Subscribe("b"))
		eventually(t, "the publisher knows of it", func() bool {
			send(t, pub, "b2")
			m, err := sub.TryRecv()
			return err == nil && m.Ack() == nil
		})
	})
}

func TestDurableSubscriberSurvivesThePublisher(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, dir := fresh(), t.TempDir()
		pub, sp, events := openPublisher(t, dir)
		bind(t, pub, at)
		sub := subscribe(t, at, "s", []string{""})
		await(t, events, socket.DeliveryAcknowledged)
		send(t, pub, "1")
		want(t, sub, "1")
		require.NoError(t, pub.Close())
		_, err := sp.Append(deadline(t), spool.Entry{Message: ringmq.NewString("2")})
		require.NoError(t, err)
		require.NoError(t, sp.Close())

		pub, sp, _ = openPublisher(t, dir)
		send(t, pub, "3")
		bind(t, pub, at)
		want(t, sub, "2", "3")
		awaitUnacknowledged(t, sp, 0)
	})
}

// A publisher with a spool serves subscribers without a name as ever, and one that acknowledges nothing costs them nothing.
func TestOtherSubscribersOfASpool(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		pub, sp, events := openPublisher(t, t.TempDir())
		bind(t, pub, at)
		silent := subscribe(t, at, "silent", []string{""})
		await(t, events, socket.DeliveryAcknowledged)
		plain := open(t, pubsub.NewSub)
		require.NoError(t, plain.Subscribe("a"))
		require.NoError(t, plain.Connect(at))
		eventually(t, "the subscription has arrived", func() bool {
			send(t, pub, "a")
			_, err := plain.TryRecv()
			return err == nil
		})
		for _, how := range []func(body string) error{
			func(body string) error { return pub.Send(deadline(t), ringmq.NewString(body)) },
			func(body string) error { return pub.TrySend(ringmq.NewString(body)) },
			func(body string) error { return pub.SendBytes(deadline(t), []byte(body)) },
			func(body string) error {
				_, err := pub.SendBatch(deadline(t), []ringmq.Message{ringmq.NewString("b"), ringmq.NewString(body)})
				return err
			},
		} {
			require.NoError(t, how("a-"))
			m, err := plain.Recv(deadline(t))
			require.NoError(t, err)
			for text(m)[0] == "a" { // of the loop above
				m, err = plain.Recv(deadline(t))
				require.NoError(t, err)
			}
			require.Equal(t, []string{"a-"}, text(m))
			_, ok := m.Delivery()
			require.False(t, ok)
		}
		requireEmpty(t, plain)
		require.NotZero(t, sp.Consumers()[0].Pending)
		require.NotNil(t, parcel(t, silent))
	})
}

// TestReplay: from the oldest message, a sequence or a time, and then what is published meanwhile and later, without a
// hole or a duplicate.
func TestReplay(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		pub, sp, events := openPublisher(t, t.TempDir())
		bind(t, pub, at)
		first := subscribe(t, at, "s", []string{""})
		await(t, events, socket.DeliveryAcknowledged)
		const n = 20
		var third time.Time
		for i := 1; i <= n; i++ {
			r := fmt.Sprint(i)
			if i == 3 {
				<-time.After(time.Millisecond)
				third = time.Now()
			}
			send(t, pub, r)
			want(t, first, r)
		}
		require.NoError(t, first.Close())
		awaitUnacknowledged(t, sp, 0)
		next := n + 1
		for _, from := range []struct {
			start spool.Start
			first int
		}{{spool.FromOldest(), 1}, {spool.FromSequence(7), 7}, {spool.FromTime(third), 3}} {
			last := next + 200
			go func() {
				for i := next; i < last; i++ {
					_ = pub.SendBytes(t.Context(), fmt.Append(nil, i))
				}
			}()
			sub := subscribe(t, at, "s", []string{""}, socket.WithReplay(from.start))
			for i := from.first; i < last; i++ {
				want(t, sub, fmt.Sprint(i))
			}
			requireEmpty(t, sub)
			awaitUnacknowledged(t, sp, 0)
			require.NoError(t, sub.Close())
			next = last
		}
		sub := subscribe(t, at, "s", []string{""}, socket.WithReplay(spool.FromNewest()))
		await(t, events, socket.DeliveryAcknowledged)
		eventually(t, "the publisher serves it", func() bool {
			send(t, pub, "new")
			_, err := sub.TryRecv()
			return err == nil
		})
	})
}

// Two subscribers of one name: the later takes over, and what the earlier has not acknowledged comes to it.
func TestDurableSubscribersOfOneName(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		pub, sp, events := openPublisher(t, t.TempDir())
		bind(t, pub, at)
		a := subscribe(t, at, "s", []string{""})
		await(t, events, socket.DeliveryAcknowledged)
		send(t, pub, "1")
		first := parcel(t, a)
		b := subscribe(t, at, "s", []string{""})
		want(t, b, "1")
		send(t, pub, "2")
		want(t, b, "2")
		require.NoError(t, first.Ack())
		requireEmpty(t, a)
		awaitUnacknowledged(t, sp, 0)
	})
}
