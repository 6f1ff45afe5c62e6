package conformance_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// filledPub is a publisher that does not drop, and two subscribers to everything of which one reads nothing: the
// publisher has sent what went. The first message that did not go is next.
func filledPub(t *testing.T, fresh func() string) (pub *pubsub.Pub, reads, stuck *pubsub.Sub, sent int) {
	marks := []socket.Option{socket.WithSendHWM(10), socket.WithRecvHWM(10)}
	pub = open(t, pubsub.NewPub, append(marks, socket.WithNoDrop())...)
	reads, stuck = open(t, pubsub.NewSub, marks...), open(t, pubsub.NewSub, marks...)
	endpoint := bind(t, pub, fresh())
	for _, sub := range []*pubsub.Sub{reads, stuck} {
		require.NoError(t, sub.Connect(endpoint))
		require.NoError(t, sub.Subscribe("m"))
		synced(t, pub, sub)
	}
	// reads keeps up, so that only stuck holds the publisher back.
	ctx, cancel := context.WithCancel(context.Background())
	var got atomic.Int64
	read := begin(func() error {
		for {
			if _, err := reads.Recv(ctx); err != nil {
				return err
			}
			got.Add(1)
		}
	})
	sent = fill(t, pub, ringmq.NewString("m", string(make([]byte, 64<<10)))) // few of them fill the kernel's buffers
	eventually(t, "the subscriber that reads has all", func() bool { return got.Load() == int64(sent) })
	cancel()
	require.ErrorIs(t, result(t, read), context.Canceled)
	return pub, reads, stuck, sent
}

// TestNoDropWaitsForTheSlowest: with NoDrop a publisher blocks at a subscriber's mark, and nothing is lost or doubled.
func TestNoDropWaitsForTheSlowest(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub, reads, stuck, sent := filledPub(t, fresh)
		done := begin(func() error { return pub.Send(deadline(t), ringmq.NewString("m", "last")) })
		drain(t, stuck, sent)
		require.NoError(t, result(t, done))
		for _, sub := range []*pubsub.Sub{reads, stuck} {
			require.Equal(t, []string{"m", "last"}, recv(t, sub))
			requireEmpty(t, sub)
		}
		require.Zero(t, pub.Stats().Dropped)
	})
}

// TestNoDropGoesOnWithoutTheSlowest: a publisher that waits goes on when the subscriber leaves or unsubscribes.
func TestNoDropGoesOnWithoutTheSlowest(t *testing.T) {
	leave := map[string]func(*testing.T, *pubsub.Sub){
		"closed":       func(t *testing.T, s *pubsub.Sub) { shut(t, s) },
		"unsubscribed": func(t *testing.T, s *pubsub.Sub) { require.NoError(t, s.Unsubscribe("m")) },
	}
	for name, leave := range leave {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				pub, reads, stuck, _ := filledPub(t, fresh)
				done := begin(func() error { return pub.Send(deadline(t), ringmq.NewString("m", "last")) })
				leave(t, stuck)
				require.NoError(t, result(t, done))
				require.Equal(t, []string{"m", "last"}, recv(t, reads))
			})
		})
	}
}

// TestNoDropDoesNotWaitForWhoIsSentOff: a publisher that waits for a subscriber goes on when that is dismissed, although what
// it has is still being written, for as long as the linger period.
func TestNoDropDoesNotWaitForWhoIsSentOff(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		pub := open(t, pubsub.NewPub, socket.WithNoDrop(), socket.WithSendHWM(1), socket.WithLinger(10*patience))
		stuck := open(t, pubsub.NewSub, socket.WithRecvHWM(1))
		require.NoError(t, stuck.Subscribe("m"))
		endpoint := bind(t, pub, fresh())
		join(t, pub, stuck, endpoint)
		require.NoError(t, pub.WaitSubscribers(deadline(t), 1))
		big := ringmq.NewString("m", string(make([]byte, 1<<20)))
		done := blocked(t, func() error { // it is more than the kernel takes
			for range 64 {
				if err := pub.Send(deadline(t), big); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, pub.Unbind(endpoint))
		require.NoError(t, result(t, done))
		shut(t, stuck)
	})
}
