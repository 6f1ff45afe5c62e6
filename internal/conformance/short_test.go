package conformance_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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

// TestLastValueOfOneFrame: a message that nobody wants ends the turn of the peer of the last notification, and one that only
// another peer wants goes to nobody, however short it is and however densely they come.
func TestLastValueOfOneFrame(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub := open(t, pubsub.NewXPub, socket.WithManualLastValue())
		a, b := twoSubs(t, xpub, fresh)
		for _, sub := range []*pubsub.Sub{a, b} {
			require.NoError(t, sub.Subscribe("A"))
			require.Equal(t, "\x01A", told(t, xpub))
			require.NoError(t, xpub.Subscribe("A"))
		}
		send(t, xpub, "C") // for nobody, and the next is for all again
		for range 3 {      // the first makes the way short
			send(t, xpub, "A1")
			require.Equal(t, []string{"A1"}, recv(t, b))
			require.Equal(t, []string{"A1"}, recv(t, a))
		}
		require.NoError(t, b.Subscribe("B"))
		require.Equal(t, "\x01B", told(t, xpub)) // the next is for b alone
		send(t, xpub, "A2")
		send(t, xpub, "A3")
		require.Equal(t, []string{"A3"}, recv(t, a))
	})
}

// TestMarkOfShortAndShared: messages for several subscribers and those for one keep the mark together, over inproc too.
func TestMarkOfShortAndShared(t *testing.T) {
	for _, mark := range []int{1, 100} {
		t.Run(fmt.Sprint(mark), func(t *testing.T) {
			pub := open(t, pubsub.NewPub, socket.WithSendHWM(mark))
			a, b := open(t, pubsub.NewSub, socket.WithRecvHWM(mark)), open(t, pubsub.NewSub, socket.WithRecvHWM(0))
			require.NoError(t, a.Subscribe(""))
			require.NoError(t, b.Subscribe("b"))
			bound := bind(t, pub, freshInproc(t))
			join(t, pub, a, bound)
			join(t, pub, b, bound)
			require.NoError(t, pub.WaitSubscribers(deadline(t), 2))
			for _, burst := range []struct {
				topic string
				n     int
			}{{"a", 2}, {"b", 1000}, {"a", 1000}} {
				for range burst.n {
					require.NoError(t, pub.SendBytes(deadline(t), []byte(burst.topic)))
				}
			}
			require.LessOrEqual(t, a.Stats().Pending, uint64(2*mark))
		})
	}
}

// TestEndedContextElsewhere: of a closed socket it is told that it is closed; a request is not sent.
func TestEndedContextElsewhere(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	d := open(t, reqrep.NewDealer)
	require.NoError(t, d.Close())
	_, err := d.Recv(ended)
	require.ErrorIs(t, err, ringmq.ErrClosed)
	_, err = d.RecvBatch(ended, make([]ringmq.Message, 1))
	require.ErrorIs(t, err, ringmq.ErrClosed)
	require.ErrorIs(t, d.Send(ended, ringmq.NewString("x")), ringmq.ErrClosed)
	require.ErrorIs(t, d.SendBytes(ended, []byte("x")), ringmq.ErrClosed)

	req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRouter)
	link(t, rep, req, freshInproc(t))
	for range 40 {
		_, err := req.Request(ended, ringmq.NewString("x"))
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Zero(t, rep.Stats().Received)
}
