package conformance_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// manySenders are types that send, each with one that receives from it. head is what stands in front of its messages; it
// is asked for when the two are connected. Types with a way of their own to be used by many have tests of it: REQ has
// Request, DGRAM an address.
var manySenders = []struct {
	from, to         string
	fromOpts, toOpts []socket.Option
	head             func(t *testing.T, from, to sock) []byte
}{
	{from: "PUSH", to: "PULL"},
	{from: "DEALER", to: "ROUTER"},
	{from: "SCATTER", to: "GATHER"},
	{from: "CLIENT", to: "SERVER"},
	{from: "PAIR", to: "PAIR"},
	{from: "CHANNEL", to: "CHANNEL"},
	{
		"ROUTER", "DEALER",
		[]socket.Option{socket.WithMandatory()},
		[]socket.Option{socket.WithIdentity("id")},
		func(*testing.T, sock, sock) []byte { return []byte("id") },
	},
	{"SERVER", "CLIENT", nil, nil, headOfServer},
	{"PEER", "PEER", nil, nil, headOfServer},
	{"PUB", "SUB", []socket.Option{socket.WithNoDrop()}, nil, func(t *testing.T, from, to sock) []byte {
		sub := to.(*pubsub.Sub)
		require.NoError(t, sub.Subscribe("m"))
		synced(t, from.(sender), sub)
		return []byte("m")
	}},
	{"RADIO", "DISH", []socket.Option{socket.WithNoDrop()}, nil, func(t *testing.T, from, to sock) []byte {
		dish := to.(*radiodish.Dish)
		require.NoError(t, dish.Join("m"))
		tuned(t, from.(sender), dish)
		return []byte("m")
	}},
}

func headOfServer(t *testing.T, from, to sock) []byte {
	return clientserver.To(greetServer(t, from.(duplex), to.(duplex)), nil).Frame(0)
}

// TestManySendersOfEveryType: a socket is used by many goroutines at marks so low that all of them wait; nothing is
// lost, doubled or out of the order of whoever sent it.
func TestManySendersOfEveryType(t *testing.T) {
	const goroutines, each = 4, 150
	low := []socket.Option{socket.WithSendHWM(7), socket.WithRecvHWM(5)}
	for _, c := range manySenders {
		t.Run(c.from, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				from, to := open(t, types[c.from], append(low, c.fromOpts...)...), open(t, types[c.to], append(low, c.toOpts...)...)
				link(t, from, to, fresh())
				var frames [][]byte
				if c.head != nil {
					frames = append(frames, c.head(t, from, to))
				}
				ctx := deadline(t)
				done := make(chan error, goroutines)
				for i := range goroutines {
					go func() { done <- sendNumbered(ctx, from.(sender), frames, i, each) }()
				}
				all, last := newTally(goroutines, each), before(goroutines)
				for complete := false; !complete; {
					m, err := to.(receiver).Recv(ctx)
					require.NoError(t, err)
					complete, err = all.add(m, last)
					require.NoError(t, err)
				}
				for range goroutines {
					require.NoError(t, result(t, done))
				}
				requireEmpty(t, to.(receiver))
				require.Zero(t, from.Stats().Dropped)
			})
		})
	}
}

// sendNumbered sends the messages of one goroutine, each after the frames in front.
func sendNumbered(ctx context.Context, s sender, front [][]byte, from, each int) error {
	for n := range each {
		if err := s.SendBytes(ctx, append(front[:len(front):len(front)], numbered(from, n))...); err != nil {
			return err
		}
	}
	return nil
}
