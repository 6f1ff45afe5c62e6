package conformance_test

import (
	"context"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// ranger is a socket whose messages can be ranged over.
type ranger interface {
	sock
	receiver
	Messages(ctx context.Context) iter.Seq2[ringmq.Message, error]
}

// sources are, for each type that receives, one that it receives from, and what that one sends once it has its peer.
var sources = map[string]struct {
	from string
	say  func(s sock) ringmq.Message
}{
	"PULL": {"PUSH", bare}, "GATHER": {"SCATTER", bare}, "PAIR": {"PAIR", bare}, "CHANNEL": {"CHANNEL", bare},
	"SUB": {"PUB", bare}, "XSUB": {"XPUB", bare}, "XPUB": {"XSUB", bare}, "DEALER": {"DEALER", bare},
	"ROUTER": {"DEALER", bare}, "SERVER": {"CLIENT", bare},
	"CLIENT": {"SERVER", addressed}, "PEER": {"PEER", addressed}, "DISH": {"RADIO", grouped},
}

func bare(sock) ringmq.Message    { return ringmq.NewString("bare") }
func grouped(sock) ringmq.Message { return ringmq.NewString("group", "bare") }
func addressed(s sock) ringmq.Message {
	return ringmq.NewString(s.Peers()[0].RoutingID, "bare")
}

// wants has a socket receive what is sent to all that want it.
func wants(t *testing.T, s sock) {
	t.Helper()
	switch s := s.(type) {
	case *pubsub.Sub:
		require.NoError(t, s.Subscribe(""))
	case *pubsub.XSub:
		require.NoError(t, s.SendBytes(deadline(t), []byte{1}))
	case *radiodish.Dish:
		require.NoError(t, s.Join("group"))
	}
}

// TestEveryTypeThatReceivesRanges: each message comes out of the range, leaving it loses nothing, and the end of the
// context and of the socket end it with an error.
func TestEveryTypeThatReceivesRanges(t *testing.T) {
	for _, name := range typeNames {
		if s, ok := open(t, types[name]).(receiver); !ok {
			continue
		} else if _, ok = s.(ranger); !ok {
			t.Errorf("%s receives and has no Messages", name)
		}
		talker, ok := sources[name]
		if !ok {
			require.Contains(t, []string{"REQ", "REP", "STREAM", "DGRAM"}, name) // see TestRangeOfRequests and …OfBytes
			continue
		}
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				from, to := open(t, types[talker.from]), open(t, types[name]).(ranger)
				wants(t, to)
				link(t, from, to, fresh())
				ctx, cancel := context.WithCancel(deadline(t))
				over := begin(func() error { return repeat(ctx, from.(sender), talker.say(from)) })
				for m, err := range to.Messages(ctx) {
					require.NoError(t, err)
					if got := text(m); len(got[0]) > 1 || name != "XPUB" { // not a subscription
						require.Equal(t, "bare", got[len(got)-1])
						break
					}
				}
				cancel()
				require.ErrorIs(t, result(t, over), context.Canceled)
				requireRangeEnds(t, to, ctx, context.Canceled)
				shut(t, to)
				requireRangeEnds(t, to, deadline(t), ringmq.ErrClosed)
			})
		})
	}
}

// repeat sends m until ctx ends: subscriptions take a while to arrive.
func repeat(ctx context.Context, s sender, m ringmq.Message) error {
	for {
		if err := s.Send(ctx, m.Clone()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(glance):
		}
	}
}

// requireRangeEnds asserts that the range yields the error, once, after what was still there.
func requireRangeEnds(t *testing.T, s ranger, ctx context.Context, want error) {
	t.Helper()
	var errs []error
	for _, err := range s.Messages(ctx) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], want)
}

// TestRangeOfBytes: a STREAM and a DGRAM range over what comes from peers that speak no ZMTP.
func TestRangeOfBytes(t *testing.T) {
	for network, s := range map[string]ranger{
		"tcp": open(t, stream.NewStream, socket.WithStreamNotify(false)), "udp": open(t, dgram.NewDgram),
	} {
		t.Run(network, func(t *testing.T) {
			bound := bind(t, s, network+"://127.0.0.1:*")
			c, err := net.Dial(network, strings.TrimPrefix(bound, network+"://"))
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Write([]byte("bytes"))
			require.NoError(t, err)
			for m, err := range s.Messages(deadline(t)) {
				require.NoError(t, err)
				require.Equal(t, "bytes", string(m.Frame(1)))
				break
			}
			shut(t, s)
			requireRangeEnds(t, s, deadline(t), ringmq.ErrClosed)
		})
	}
}

// TestRangeOfRequests: a REP ranges over requests as long as it replies to each; a REQ over the one reply that is due.
func TestRangeOfRequests(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		rep, req := open(t, reqrep.NewRep), open(t, reqrep.NewReq)
		link(t, rep, req, fresh())
		served := begin(func() error {
			for m, err := range rep.Messages(deadline(t)) {
				if err != nil {
					return err
				}
				if string(m.Frame(0)) == "last" {
					continue // without a reply
				}
				if err := rep.Send(deadline(t), m); err != nil {
					return err
				}
			}
			return nil
		})
		for _, request := range []string{"1", "2", "3"} {
			send(t, req, request)
			n := 0
			for m, err := range req.Messages(deadline(t)) {
				if n++; n == 2 {
					require.ErrorIs(t, err, ringmq.ErrState)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, []string{request}, text(m))
			}
			require.Equal(t, 2, n)
		}
		send(t, req, "last")
		require.ErrorIs(t, result(t, served), ringmq.ErrState)
	})
}
