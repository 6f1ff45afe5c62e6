package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// heard receives a notification of an XPUB: + or - and the topic.
func heard(t *testing.T, xpub *pubsub.XPub) string {
	t.Helper()
	m := recv(t, xpub)
	require.Len(t, m, 1)
	return strings.NewReplacer("\x00", "-", "\x01", "+").Replace(m[0][:1]) + m[0][1:]
}

// TestDurableSubscriberOfAnXPub: it is served out of the spool, and its subscriptions are told beside those of others: the
// first to a topic, and the end of the last.
func TestDurableSubscriberOfAnXPub(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, dir := fresh(), t.TempDir()
		sp := openSpool(t, dir)
		xpub := open(t, pubsub.NewXPub, socket.WithSpool(sp))
		events := xpub.Monitor(t.Context())
		bind(t, xpub, at)
		sub := subscribe(t, at, "s", []string{"a", "b"})
		await(t, events, socket.DeliveryAcknowledged)
		require.ElementsMatch(t, []string{"+a", "+b"}, []string{heard(t, xpub), heard(t, xpub)})
		plain := open(t, pubsub.NewSub)
		for _, topic := range []string{"a", "c"} {
			require.NoError(t, plain.Subscribe(topic))
		}
		require.NoError(t, plain.Connect(at))
		require.Equal(t, "+c", heard(t, xpub), "a is known")
		require.NoError(t, xpub.WaitSubscribers(deadline(t), 1, "a"))
		send(t, xpub, "a1")
		send(t, xpub, "b1")
		send(t, xpub, "c1")
		want(t, sub, "a1", "b1")
		require.Equal(t, []string{"a1"}, recv(t, plain))
		require.Equal(t, []string{"c1"}, recv(t, plain))
		awaitUnacknowledged(t, sp, 0)

		require.NoError(t, sub.Close())
		require.Equal(t, "-b", heard(t, xpub), "a has another subscriber")
		require.NoError(t, xpub.TrySend(ringmq.NewString("b2")))
		require.NoError(t, plain.Close())
		require.ElementsMatch(t, []string{"-a", "-c"}, []string{heard(t, xpub), heard(t, xpub)})
		shut(t, xpub)
		require.NoError(t, sp.Close())

		sp = openSpool(t, dir) // a PUB goes on with it
		pub := open(t, pubsub.NewPub, socket.WithSpool(sp))
		bind(t, pub, at)
		sub = subscribe(t, at, "s", []string{"b"})
		want(t, sub, "b2")
		awaitUnacknowledged(t, sp, 0)
	})
}

// TestVerbosersDurableSubscribers: every subscription is told, and every end of one.
func TestVerbosersDurableSubscribers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		xpub := open(t, pubsub.NewXPub, socket.WithSpool(openSpool(t, t.TempDir())), socket.WithVerboser())
		bind(t, xpub, at)
		var subs []*pubsub.Sub
		for i := range 2 {
			subs = append(subs, subscribe(t, at, fmt.Sprint("s", i), []string{"a"}))
			require.Equal(t, "+a", heard(t, xpub))
		}
		require.NoError(t, subs[0].Unsubscribe("a"))
		require.Equal(t, "-a", heard(t, xpub))
		require.NoError(t, subs[1].Close())
		require.Equal(t, "-a", heard(t, xpub))
	})
}

// TestDurableXSub: it subscribes by messages, of which it repeats some; what it sends else arrives as ever.
func TestDurableXSub(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		sp := openSpool(t, t.TempDir())
		xpub := open(t, pubsub.NewXPub, socket.WithSpool(sp))
		events := xpub.Monitor(t.Context())
		bind(t, xpub, at)
		join := func() *pubsub.XSub {
			xsub := open(t, pubsub.NewXSub, socket.WithDurable("x"))
			require.NoError(t, xsub.Connect(at))
			send(t, xsub, "\x01a")
			send(t, xsub, "\x01a")
			await(t, events, socket.DeliveryAcknowledged)
			return xsub
		}
		xsub := join()
		require.Equal(t, "+a", heard(t, xpub))
		awaitPeers(t, xsub, 1)
		send(t, xsub, "hello")
		require.Equal(t, []string{"hello"}, recv(t, xpub))
		send(t, xpub, "a1")
		send(t, xpub, "b1")
		ackNext(t, xsub, "a1")
		awaitUnacknowledged(t, sp, 0)
		send(t, xpub, "a2")
		require.Equal(t, []string{"a2"}, text(parcel(t, xsub))) // not acknowledged
		require.NoError(t, xsub.Close())
		require.Equal(t, "-a", heard(t, xpub))
		send(t, xpub, "a3")
		xsub = join()
		ackNext(t, xsub, "a2")
		ackNext(t, xsub, "a3")
		require.Equal(t, "+a", heard(t, xpub))
		send(t, xsub, "\x00a")
		send(t, xsub, "\x00a") // only now nobody subscribes to it
		require.Equal(t, "-a", heard(t, xpub))
		send(t, xpub, "a4")
		awaitUnacknowledged(t, sp, 0)
		requireEmpty(t, xsub)
	})
}

func TestManualAndASpool(t *testing.T) {
	sp := openSpool(t, t.TempDir())
	for _, opt := range []socket.Option{socket.WithManual(), socket.WithManualLastValue()} {
		_, err := pubsub.NewXPub(socket.WithSpool(sp), opt)
		require.ErrorIs(t, err, ringmq.ErrInvalidOption)
		require.ErrorContains(t, err, "Manual")
	}
}
