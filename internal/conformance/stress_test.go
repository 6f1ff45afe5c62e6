package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestShortLivedPeers: a hundred DEALERs, one after the other and several at once, each with an identity of its own; the
// ROUTER answers each (libzmq issue 566) and forgets them all.
func TestShortLivedPeers(t *testing.T) {
	const peers, atOnce = 100, 5
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithMandatory())
		bound := bind(t, router, fresh())
		ctx := deadline(t)
		echo := make(chan error, 1)
		go func() {
			for range peers {
				m, err := router.Recv(ctx)
				if err == nil {
					err = router.Send(ctx, m)
				}
				if err != nil {
					echo <- err
					return
				}
			}
			echo <- nil
		}()
		var wg sync.WaitGroup
		for i := range atOnce {
			wg.Go(func() {
				for k := i; k < peers; k += atOnce {
					if err := visit(ctx, bound, strconv.Itoa(k)); err != nil {
						t.Errorf("peer %d: %v", k, err)
						return
					}
				}
			})
		}
		wg.Wait()
		require.NoError(t, result(t, echo))
		awaitPeers(t, router, 0)
		require.EqualValues(t, peers, router.Stats().Received)
		require.EqualValues(t, peers, router.Stats().Sent)
	})
}

// visit is the life of a short-lived DEALER.
func visit(ctx context.Context, endpoint, id string) error {
	d, err := reqrep.NewDealer(socket.WithIdentity(id))
	if err != nil {
		return err
	}
	if err := d.Connect(endpoint); err != nil {
		return err
	}
	if err := d.Send(ctx, ringmq.NewString("hello", id)); err != nil {
		return err
	}
	m, err := d.Recv(ctx)
	if err != nil {
		return err
	}
	if got := text(m); got[1] != id {
		return fmt.Errorf("%q is not for %s", got, id)
	}
	return d.Close()
}

// TestConnectAgainstRestarts: connectors that come while the bound side goes and comes back always find it in the end.
func TestConnectAgainstRestarts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for range 20 {
			endpoint := fresh()
			pushes := make([]*pipeline.Push, 4)
			for i := range pushes {
				pushes[i] = open(t, pipeline.NewPush, socket.WithLinger(patience))
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				for range 3 {
					pull, err := pipeline.NewPull(socket.WithLinger(0))
					if err == nil {
						_, err = pull.Bind(endpoint)
					}
					if err = errors.Join(err, pull.Close()); err != nil {
						t.Error(err)
					}
				}
			})
			for _, push := range pushes {
				wg.Go(func() {
					if err := push.Connect(endpoint); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			pull := open(t, pipeline.NewPull)
			bind(t, pull, endpoint)
			awaitPeers(t, pull, len(pushes))
			for _, push := range pushes {
				send(t, push, "here")
				require.Equal(t, []string{"here"}, recv(t, pull))
			}
			for _, push := range pushes {
				shut(t, push)
			}
			shut(t, pull)
		}
	})
}

// TestLingeringSendersLoseNothing: senders come, send, and close at once; whatever they sent arrives.
func TestLingeringSendersLoseNothing(t *testing.T) {
	const goroutines, lives, each = 4, 15, 40
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(50))
		bound := bind(t, pull, fresh())
		ctx := deadline(t)
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for life := range lives {
					push, err := pipeline.NewPush(socket.WithLinger(patience), socket.WithSendHWM(20))
					if err == nil {
						err = push.Connect(bound)
					}
					for n := range each {
						if err == nil {
							err = push.SendBytes(ctx, numbered(g*lives+life, n), make([]byte, rand.IntN(3000)), numbered(g*lives+life, n))
						}
					}
					if err = errors.Join(err, push.Close()); err != nil {
						t.Errorf("sender %d, life %d: %v", g, life, err)
						return
					}
				}
			})
		}
		all, last := newTally(goroutines*lives, each), before(goroutines*lives)
		for done := false; !done; {
			m, err := pull.Recv(ctx)
			require.NoError(t, err, "%d messages are missing", all.left)
			done, err = all.add(m, last)
			require.NoError(t, err)
			m.Release()
		}
		wg.Wait()
		awaitPeers(t, pull, 0)
		requireEmpty(t, pull)
	})
}

// TestChaos: for a while everybody opens, binds, connects, disconnects, sends, receives and closes at random, over all
// transports together. Nothing is expected but the documented errors, that all calls end, and (in TestMain) that
// nothing is left.
func TestChaos(t *testing.T) {
	const goroutines, duration = 8, 1500 * time.Millisecond
	var endpoints []string
	for range 3 {
		for _, m := range append([]medium{inproc}, streams...) {
			endpoints = append(endpoints, m.fresh(t))
		}
		endpoints = append(endpoints, "udp://127.0.0.1:"+freePort(t))
	}
	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			c := chaos{t, ctx, rand.New(rand.NewPCG(uint64(i), 1)), endpoints}
			for ctx.Err() == nil {
				c.life()
			}
		})
	}
	_ = within(t, "the chaos", func() error { wg.Wait(); return nil })
}

type chaos struct {
	t         *testing.T
	ctx       context.Context
	rand      *rand.Rand
	endpoints []string
}

// life is that of one socket, with company.
func (c *chaos) life() {
	s, err := c.open()
	if err != nil {
		c.t.Error(err)
		return
	}
	var wg sync.WaitGroup
	for range 1 + c.rand.IntN(2) {
		seed := c.rand.Uint64()
		wg.Go(func() {
			own := chaos{c.t, c.ctx, rand.New(rand.NewPCG(seed, 2)), c.endpoints}
			for range 1 + own.rand.IntN(30) {
				own.act(s)
			}
		})
	}
	if c.rand.IntN(2) == 0 { // close in the middle of it
		c.check("Close", s.Close())
	}
	wg.Wait()
	c.check("Close", s.Close())
}

func (c *chaos) open() (sock, error) {
	opts := []socket.Option{
		socket.WithReconnect(time.Millisecond, 5*time.Millisecond),
		socket.WithLinger(time.Duration(c.rand.IntN(3)) * time.Millisecond),
		socket.WithSendHWM(c.rand.IntN(20)), socket.WithRecvHWM(c.rand.IntN(20)),
	}
	name := typeNames[c.rand.IntN(len(typeNames))]
	if name == "ROUTER" {
		opts = append(opts, socket.WithIdentity(fmt.Sprint("id", c.rand.IntN(5))))
	}
	return types[name](opts...)
}

// act does one thing.
func (c *chaos) act(s sock) {
	endpoint := c.endpoints[c.rand.IntN(len(c.endpoints))]
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(c.rand.IntN(3))*time.Millisecond)
	defer cancel()
	switch c.rand.IntN(9) {
	case 0:
		_, err := s.Bind(endpoint)
		c.check("Bind", err)
	case 1, 2:
		c.check("Connect", s.Connect(endpoint))
	case 3:
		c.check("Unbind", s.Unbind(endpoint))
	case 4:
		c.check("Disconnect", s.Disconnect(endpoint))
	case 5:
		for _, p := range s.Peers() {
			if p.ID == 0 {
				c.t.Error("a peer without an ID")
			}
		}
		_ = s.Stats()
	default:
		c.talk(ctx, s)
	}
}

func (c *chaos) talk(ctx context.Context, s sock) {
	if sub, ok := s.(*pubsub.Sub); ok {
		c.check("Subscribe", sub.Subscribe(fmt.Sprint(c.rand.IntN(10))))
		c.check("Unsubscribe", sub.Unsubscribe(fmt.Sprint(c.rand.IntN(10))))
	}
	if dish, ok := s.(*radiodish.Dish); ok {
		c.check("Join", dish.Join(fmt.Sprint(c.rand.IntN(10))))
		c.check("Leave", dish.Leave(fmt.Sprint(c.rand.IntN(10))))
	}
	if s, ok := s.(sender); ok {
		for _, n := range []int{1, 2} { // as CLIENT, RADIO, SERVER and their like want them
			first := []byte{0, 0, 0, byte(c.rand.IntN(4))}
			c.check("SendBytes", s.SendBytes(ctx, [][]byte{first, make([]byte, c.rand.IntN(1000))}[:n]...))
			first = []byte{0, 0, 0, 0, byte(1 + c.rand.IntN(4))} // of a STREAM
			c.check("SendBytes", s.SendBytes(ctx, [][]byte{first, make([]byte, 100*c.rand.IntN(3))}[:n]...))
			first = []byte(address(c.endpoints[c.rand.IntN(len(c.endpoints))])) // of a DGRAM
			c.check("SendBytes", s.SendBytes(ctx, [][]byte{first, make([]byte, c.rand.IntN(1000))}[:n]...))
			first = fmt.Append(nil, c.rand.IntN(10))
			c.check("SendBytes", s.SendBytes(ctx, [][]byte{first, make([]byte, c.rand.IntN(1000))}[:n]...))
		}
		for range c.rand.IntN(10) {
			c.check("SendBytes", s.SendBytes(ctx, fmt.Append(nil, c.rand.IntN(10)), nil, make([]byte, c.rand.IntN(10_000))))
		}
		_, err := s.SendBatch(ctx, []ringmq.Message{ringmq.NewString("\x01x"), ringmq.NewString("id1", "", "y")})
		c.check("SendBatch", err)
	}
	if r, ok := s.(receiver); ok {
		for range c.rand.IntN(10) {
			m, err := r.Recv(ctx)
			c.check("Recv", err)
			m.Release()
		}
	}
}

// check fails the test for an error that the call does not document.
func (c *chaos) check(call string, err error) {
	var u *ringmq.UnsentError
	if err == nil || errors.As(err, &u) {
		return
	}
	for _, known := range []error{
		ringmq.ErrClosed, ringmq.ErrState, ringmq.ErrAddrInUse, ringmq.ErrNotFound, ringmq.ErrNoRoute,
		ringmq.ErrUnsupported,
		ringmq.ErrInvalidMessage, // from the types that have a number of frames
		context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	c.t.Errorf("%s: %v", call, err)
}
