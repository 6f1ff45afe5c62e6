package proxy_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
	"github.com/ringmq/ringmq/socket"
)

type capturing interface {
	sock
	proxy.TrySender
}

// captures are the types that a capture socket may have, and how to make a receiver for each.
var captures = map[string]struct {
	build    func(...socket.Option) (capturing, error)
	receiver func(t *testing.T) sock
}{
	"PUSH": {
		func(o ...socket.Option) (capturing, error) { return pipeline.NewPush(o...) },
		func(t *testing.T) sock { return open(t, pipeline.NewPull) },
	},
	"PAIR": {
		func(o ...socket.Option) (capturing, error) { return pair.NewPair(o...) },
		func(t *testing.T) sock { return open(t, pair.NewPair) },
	},
	"DEALER": {
		func(o ...socket.Option) (capturing, error) { return reqrep.NewDealer(o...) },
		func(t *testing.T) sock { return open(t, reqrep.NewDealer) },
	},
	"XPUB": {
		func(o ...socket.Option) (capturing, error) { return pubsub.NewXPub(o...) },
		func(t *testing.T) sock {
			s := open(t, pubsub.NewSub)
			require.NoError(t, s.Subscribe(""))
			return s
		},
	},
}

// TestCapture: the capture socket gets what goes either way, in order. All who receive release their messages at once,
// so that memory given back while another still has it would show.
func TestCapture(t *testing.T) {
	for name, c := range captures {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				front, back := open(t, reqrep.NewDealer), open(t, reqrep.NewDealer)
				client, worker := open(t, reqrep.NewDealer), open(t, reqrep.NewDealer)
				link(t, fresh(), front, client)
				link(t, fresh(), back, worker)
				tap := open(t, c.build)
				log := c.receiver(t)
				link(t, fresh(), tap, log)
				awaitSubscription(t, tap)
				r := start(t, proxy.New(front, back, proxy.WithCapture(tap)))

				logged := async(t, func() error { return consumeBoth(deadline(t), log.(receiver), many) })
				for _, s := range []*reqrep.Dealer{client, worker} {
					defer async(t, func() error { return produce(deadline(t), s, many, []byte(fmt.Sprintf("%p", s))) })()
				}
				came := async(t, func() error {
					return consume(deadline(t), client, many, []byte(fmt.Sprintf("%p", worker)))
				})
				require.NoError(t, consume(deadline(t), worker, many, []byte(fmt.Sprintf("%p", client))))
				came()
				logged()
				r.stop()
				stats := r.proxy.Stats()
				require.EqualValues(t, many, stats.Forward.Messages)
				require.EqualValues(t, many, stats.Back.Messages)
				require.EqualValues(t, 2*many, stats.Captured)
				require.Zero(t, stats.CaptureDropped)
			})
		})
	}
}

// awaitSubscription waits for a subscriber's wish, if the socket is a publisher.
func awaitSubscription(t *testing.T, s sock) {
	if x, ok := s.(*pubsub.XPub); ok {
		recv(t, x)
	}
}

// consumeBoth receives two streams of n messages that differ in their first frame.
func consumeBoth(ctx context.Context, r receiver, n int) error {
	next := make(map[string]int)
	for range 2 * n {
		m, err := r.Recv(ctx)
		if err != nil {
			return err
		}
		from := string(m.Frame(0))
		i := next[from]
		next[from]++
		if m.Len() != 3 || string(m.Frame(1)) != string(payload(i)) || len(m.Frame(2)) != 0 {
			return fmt.Errorf("message %d of %s is %.20q", i, from, m.Frame(1))
		}
		m.Release()
	}
	return nil
}

// TestCaptureNeverBlocks: a capture socket without a peer, or with one that does not receive, costs copies only.
func TestCaptureNeverBlocks(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, idle := range []bool{false, true} {
			tap := open(t, pipeline.NewPush, socket.WithSendHWM(10))
			if idle {
				link(t, fresh(), tap, open(t, pipeline.NewPull, socket.WithRecvHWM(10)))
			}
			s := newStream(t, proxy.WithCapture(tap))
			filler := make([]byte, 16<<10)
			sent := async(t, func() error {
				for range many {
					if err := s.push.Send(deadline(t), ringmq.NewMessage(filler)); err != nil {
						return err
					}
				}
				return nil
			})
			for range many {
				_, err := s.pull.Recv(deadline(t))
				require.NoError(t, err)
			}
			sent()
			s.stop()
			stats := s.proxy.Stats()
			require.EqualValues(t, many, stats.Forward.Messages)
			require.EqualValues(t, many, stats.Captured+stats.CaptureDropped)
			require.Positive(t, stats.CaptureDropped)
			require.Equal(t, idle, stats.Captured > 0)
		}
	})
}

// TestCaptureCloses: the message at hand is still passed on.
func TestCaptureCloses(t *testing.T) {
	tap := open(t, pubsub.NewPub)
	s := newStream(t, proxy.WithCapture(tap))
	require.NoError(t, tap.Close())
	send(t, s.push, "x")
	s.requireEnd(proxy.Capture)
	require.Equal(t, []string{"x"}, recv(t, s.pull))
	require.Equal(t, proxy.Stats{Forward: proxy.Flow{Messages: 1, Bytes: 1}}, s.proxy.Stats())
}
