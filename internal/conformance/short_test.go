package conformance_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// sizes are of frames on either side of what has a way of its own: short ones, and those that are referenced.
var sizes = []int{0, 1, 64, 64, 64, 64, 254, 255, 256, 257, 5000, 20_000}

// ofAllSizes is message i of a stream of messages of all sizes, of one frame or of several. The first four bytes are i.
func ofAllSizes(i int) ringmq.Message {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	frame := func() []byte {
		b := make([]byte, sizes[r.IntN(len(sizes))])
		for j := range b {
			b[j] = byte(i + j)
		}
		return b
	}
	first := binary.BigEndian.AppendUint32(nil, uint32(i))
	if r.IntN(20) > 0 {
		return ringmq.NewMessage(append(first, frame()...))
	}
	return ringmq.NewMessage(first, frame(), frame())
}

// sendAllSizes sends the messages up to n as densely as it goes, in all the ways that there are.
func sendAllSizes(ctx context.Context, s sender, n int) error {
	batch, ok := s.(interface {
		SendBatch(ctx context.Context, ms []ringmq.Message) (int, error)
	})
	if !ok {
		return errors.New("it sends no batches")
	}
	r := rand.New(rand.NewPCG(8, 8))
	for i := 0; i < n; {
		var err error
		k := 1
		switch r.IntN(8) {
		case 0:
			k = min(1+r.IntN(5), n-i)
			ms := make([]ringmq.Message, k)
			for j := range ms {
				ms[j] = ofAllSizes(i + j)
			}
			_, err = batch.SendBatch(ctx, ms)
		case 1, 2, 3:
			err = s.Send(ctx, ofAllSizes(i))
		default:
			err = s.SendBytes(ctx, ofAllSizes(i).Frames()...)
		}
		if err != nil {
			return err
		}
		i += k
	}
	return nil
}

// TestShortAmongOthers: whatever way a message takes in and out, none overtakes another, and none is changed.
func TestShortAmongOthers(t *testing.T) {
	const n = 5000
	pairs := map[string]func(t *testing.T) (from, to sock){
		"PUSH": func(t *testing.T) (from, to sock) { return open(t, pipeline.NewPush), open(t, pipeline.NewPull) },
		"DEALER": func(t *testing.T) (from, to sock) {
			return open(t, reqrep.NewDealer), open(t, reqrep.NewDealer)
		},
		"PUB": func(t *testing.T) (from, to sock) {
			sub := open(t, pubsub.NewSub)
			require.NoError(t, sub.Subscribe(""))
			return open(t, pubsub.NewPub, socket.WithNoDrop()), sub
		},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				from, to := pair(t)
				bound := bind(t, from, fresh())
				join(t, from, to, bound)
				if pub, ok := from.(*pubsub.Pub); ok {
					require.NoError(t, pub.WaitSubscribers(deadline(t), 1))
				}
				ctx := deadline(t)
				done := make(chan error, 1)
				go func() { done <- sendAllSizes(ctx, from.(sender), n) }()
				for i := range n {
					m, err := to.(receiver).Recv(ctx)
					require.NoError(t, err)
					require.Equal(t, text(ofAllSizes(i)), text(m), "message %d", i)
					if i%3 > 0 {
						m.Release()
					}
				}
				require.NoError(t, result(t, done))
			})
		})
	}
}

// TestEndedContext: once a context has ended nothing is sent or received with it, whether or not it would have to wait.
func TestEndedContext(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		why := errors.New("the program has better things to do")
		ended, cancel := context.WithCancelCause(context.Background())
		cancel(why)
		requireEnded := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, why)
		}

		requireEnded(push.Send(ended, ringmq.NewString("no")))
		requireEnded(push.SendBytes(ended, []byte("no")))
		k, err := push.SendBatch(ended, numbers(3))
		require.Zero(t, k)
		requireEnded(err)
		for i := range 100 { // dense enough for the shortest ways
			require.NoError(t, push.Send(deadline(t), numbers(100)[i]))
		}
		requireEnded(push.SendBytes(ended, []byte("no")))

		awaitPending(t, pull, 100)
		for i := range 100 {
			_, err := pull.Recv(ended)
			requireEnded(err)
			require.Equal(t, numbers(100)[i].Frame(0), []byte(recv(t, pull)[0]))
		}
		send(t, push, "last")
		awaitPending(t, pull, 1)
		_, err = pull.RecvBatch(ended, make([]ringmq.Message, 2))
		requireEnded(err)
		for m, err := range pull.Messages(ended) {
			requireEnded(err)
			require.Zero(t, m.Len())
		}
		require.Equal(t, []string{"last"}, recv(t, pull))
	})
}
