package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// TestNothingOfThePeerAfterDisconnect: what the only peer has sent is thrown away with it, whether it waits in the mailbox or was read by a receiver.
func TestNothingOfThePeerAfterDisconnect(t *testing.T) {
	for _, idle := range []socket.Idle{socket.Park(), socket.Spin(socket.MaxSpin)} {
		t.Run(idle.String(), func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull, socket.WithIdle(idle))
				bound := bind(t, push, fresh())
				join(t, push, pull, bound)
				first := begin(func() error { _, err := pull.Recv(deadline(t)); return err })
				for i := range 100 {
					send(t, push, fmt.Sprint(i))
				}
				require.NoError(t, result(t, first))
				drain(t, pull, 2)
				require.NoError(t, pull.Disconnect(bound))
				_, err := pull.Recv(soon(t))
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}

// coalesce takes everything for a stream.
type coalesce struct{}

func (coalesce) Decide(batching.State) batching.Decision {
	return batching.Decision{Action: batching.Coalesce, Bytes: 32 << 10}
}

func (coalesce) String() string { return "coalesce" }

// TestShortBehindARun: a message for one peer does not go past a run that the peer is to get.
func TestShortBehindARun(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pub := open(t, pubsub.NewPub, socket.WithNoDrop(), socket.WithBatching(coalesce{}))
		a, b := open(t, pubsub.NewSub), open(t, pubsub.NewSub)
		require.NoError(t, a.Subscribe(""))
		require.NoError(t, b.Subscribe("b"))
		bound := bind(t, pub, fresh())
		join(t, pub, a, bound)
		join(t, pub, b, bound)
		require.NoError(t, pub.WaitSubscribers(deadline(t), 2, "b"))
		const n = 2000
		ctx := deadline(t)
		others := begin(func() error {
			for range n / 5 * 2 {
				if _, err := b.Recv(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		sent := begin(func() (err error) {
			for i := 0; i < n && err == nil; i++ {
				if i%5 < 3 {
					err = pub.SendBytes(ctx, fmt.Appendf(nil, "a%d", i))
				} else {
					err = pub.SendBytes(ctx, []byte("b"), fmt.Append(nil, i))
				}
			}
			return err
		})
		for i := range n {
			want := []string{fmt.Sprintf("a%d", i)}
			if i%5 >= 3 {
				want = []string{"b", fmt.Sprint(i)}
			}
			require.Equal(t, want, recv(t, a))
		}
		require.NoError(t, result(t, sent))
		require.NoError(t, result(t, others))
	})
}
