package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/socket"
)

// TestScatterWaits: without a peer, and at the marks; nothing is lost.
func TestScatterWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		s := open(t, scattergather.NewScatter, socket.WithSendHWM(6))
		m := ringmq.NewMessage(make([]byte, 64<<10))
		require.ErrorIs(t, s.TrySend(m), ringmq.ErrWouldBlock)
		require.ErrorIs(t, s.Send(soon(t), m), context.DeadlineExceeded)
		g := open(t, scattergather.NewGather, socket.WithRecvHWM(4))
		link(t, g, s, fresh())
		sent := fill(t, s, m)
		done := begin(func() error { return s.Send(deadline(t), ringmq.NewString("last")) })
		drain(t, g, sent)
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"last"}, recv(t, g))
		require.Zero(t, s.Stats().Dropped)
	})
}

// TestSingleFrameTypes refuse to send anything else, by every call, and the message stays the caller's. The types with
// an address in front have tests of their own.
func TestSingleFrameTypes(t *testing.T) {
	for name, c := range map[string]struct {
		from func(*testing.T) (sock, sender)
		to   func(*testing.T) (sock, receiver)
	}{
		"CLIENT": {
			func(t *testing.T) (sock, sender) { s := open(t, clientserver.NewClient); return s, s },
			func(t *testing.T) (sock, receiver) { s := open(t, clientserver.NewServer); return s, s },
		},
		"CHANNEL": {
			func(t *testing.T) (sock, sender) { s := open(t, pair.NewChannel); return s, s },
			func(t *testing.T) (sock, receiver) { s := open(t, pair.NewChannel); return s, s },
		},
		"SCATTER": {
			func(t *testing.T) (sock, sender) { s := open(t, scattergather.NewScatter); return s, s },
			func(t *testing.T) (sock, receiver) { s := open(t, scattergather.NewGather); return s, s },
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				a, from := c.from(t)
				b, to := c.to(t)
				link(t, b, a, fresh())
				ctx, one := deadline(t), ringmq.NewString("one")
				for n, frames := range map[int][][]byte{
					2: {[]byte("a"), []byte("b")}, 3: {nil, nil, nil}, 100: make([][]byte, 100),
				} {
					m := ringmq.NewMessage(frames...)
					for _, err := range []error{from.Send(ctx, m), from.TrySend(m), from.SendBytes(ctx, frames...)} {
						require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
						require.ErrorContains(t, err, fmt.Sprintf("%s send: invalid message: the message has %d frames", name, n))
					}
					require.Equal(t, n, m.Len())
					k, err := from.SendBatch(ctx, []ringmq.Message{one, m, one})
					require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
					require.Equal(t, 1, k)
					got := recv(t, to)
					require.Equal(t, "one", got[len(got)-1])
				}
				requireEmpty(t, to)
			})
		})
	}
}
