package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// TestUseAfterClose: every call of every type says that the socket is closed; a second Close says nothing.
func TestUseAfterClose(t *testing.T) {
	for _, s := range everyType(t) {
		t.Run(s.Type(), func(t *testing.T) {
			bound := bind(t, s, home(t, s))
			require.NoError(t, within(t, "Close", s.Close))
			require.NoError(t, s.Close())
			require.NoError(t, s.Shutdown(context.Background()))
			_, err := s.Bind(freshInproc(t))
			require.ErrorIs(t, err, ringmq.ErrClosed)
			_, err = s.Bind("tcp://127.0.0.1:0")
			require.ErrorIs(t, err, ringmq.ErrClosed)
			require.ErrorIs(t, s.Connect(bound), ringmq.ErrClosed)
			require.ErrorIs(t, s.Connect("tcp://127.0.0.1:1"), ringmq.ErrClosed)
			require.Error(t, s.Unbind(bound))
			require.Error(t, s.Disconnect(bound))
			require.Empty(t, s.Peers())
			_ = s.Stats()
			ended(t, s.Monitor(deadline(t)), ringmq.ErrClosed)
			ctx, m := deadline(t), ringmq.NewString("x")
			if s, ok := s.(sender); ok {
				require.ErrorIs(t, s.Send(ctx, m), ringmq.ErrClosed)
				require.ErrorIs(t, s.TrySend(m), ringmq.ErrClosed)
				require.ErrorIs(t, s.SendBytes(ctx, []byte("x")), ringmq.ErrClosed)
				n, err := s.SendBatch(ctx, []ringmq.Message{m})
				require.ErrorIs(t, err, ringmq.ErrClosed)
				require.Zero(t, n)
			}
			if r, ok := s.(receiver); ok {
				_, err := r.Recv(ctx)
				require.ErrorIs(t, err, ringmq.ErrClosed)
				_, err = r.TryRecv()
				require.ErrorIs(t, err, ringmq.ErrClosed)
				_, err = r.RecvBatch(ctx, make([]ringmq.Message, 1))
				require.ErrorIs(t, err, ringmq.ErrClosed)
			}
			if s, ok := s.(*pubsub.Sub); ok {
				require.ErrorIs(t, s.Subscribe("x"), ringmq.ErrClosed)
				require.ErrorIs(t, s.Unsubscribe("x"), ringmq.ErrClosed)
			}
			if s, ok := s.(*radiodish.Dish); ok {
				require.ErrorIs(t, s.Join("x"), ringmq.ErrClosed)
				require.ErrorIs(t, s.Leave("x"), ringmq.ErrClosed)
			}
		})
	}
}

// TestCloseEndsWaits: everybody who waits in the socket is told, many of each.
func TestCloseEndsWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush, socket.WithSendHWM(1)), open(t, pipeline.NewPull)
		require.NoError(t, push.Connect(fresh()))
		require.NoError(t, pull.Connect(fresh()))
		send(t, push, "to the mark")
		ctx := deadline(t)
		m := ringmq.NewString("x")
		calls := []func() error{
			func() error { return push.Send(ctx, m) },
			func() error { return push.SendBytes(ctx, m.Frame(0)) },
			func() error { _, err := push.SendBatch(ctx, []ringmq.Message{m, m}); return err },
			func() error { _, err := pull.Recv(ctx); return err },
			func() error { _, err := pull.RecvBatch(ctx, make([]ringmq.Message, 2)); return err },
			func() (err error) {
				for _, err = range pull.Messages(ctx) {
				}
				return err
			},
		}
		waits := blockedAll(t, slices.Repeat(calls, 3)...)
		var u *ringmq.UnsentError
		require.ErrorAs(t, within(t, "Close", push.Close), &u)
		shut(t, pull)
		for _, wait := range waits {
			require.ErrorIs(t, result(t, wait), ringmq.ErrClosed)
		}
	})
}

// TestCloseDuringEverything: Close, Shutdown, Bind, Connect, Send and Recv at once end, and all but the first few calls
// say ErrClosed.
func TestCloseDuringEverything(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for range 10 {
			s, other := open(t, reqrep.NewDealer), open(t, reqrep.NewRouter)
			bound := bind(t, other, fresh())
			ctx := deadline(t)
			calls := []func() error{
				func() error { return s.Connect(bound) },
				func() error { _, err := s.Bind(fresh()); return err },
				func() error { return s.Send(ctx, ringmq.NewString("x")) },
				func() error { _, err := s.Recv(ctx); return err },
				func() error { _ = s.Peers(); _ = s.Stats(); return nil },
			}
			var wg sync.WaitGroup
			for _, call := range calls {
				wg.Go(func() {
					for i := 0; ; i++ {
						err := call()
						switch {
						case errors.Is(err, ringmq.ErrClosed):
							return
						case err != nil && !errors.Is(err, ringmq.ErrAddrInUse):
							t.Error(err)
							return
						case i == 20: // for one that cannot fail
							return
						}
					}
				})
			}
			for range 2 {
				wg.Go(func() {
					var u *ringmq.UnsentError
					if err := s.Close(); err != nil && !errors.As(err, &u) {
						t.Error(err)
					}
				})
			}
			_ = within(t, "everything", func() error { wg.Wait(); return nil })
		}
	})
}

// TestLingerOver: Close gives up what it could not send, says how much and to whom, and takes as long as it was told.
func TestLingerOver(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, linger := range []time.Duration{0, moment} {
			push := open(t, pipeline.NewPush, socket.WithLinger(linger))
			a, b := fresh(), fresh()
			require.NoError(t, push.Connect(a))
			require.NoError(t, push.Connect(b))
			for range 5 {
				send(t, push, "x")
			}
			start := time.Now()
			err := within(t, "Close", push.Close)
			require.GreaterOrEqual(t, time.Since(start), linger)
			var u *ringmq.UnsentError
			require.ErrorAs(t, err, &u)
			require.Equal(t, "PUSH", u.Socket)
			require.Equal(t, 5, u.Messages)
			require.Equal(t, map[string]int{a: 3, b: 2}, u.ByPeer)
			require.NoError(t, u.Cause)
			st := push.Stats()
			require.EqualValues(t, 5, st.Dropped)
			require.Zero(t, st.Sent+st.Queued)
			require.NoError(t, push.Close())
		}
	})
}

// TestShutdownSaysWhatIsUnsent, and why it ended: its context. The linger option does not matter.
func TestShutdownSaysWhatIsUnsent(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		for ctx, cause := range map[context.Context]error{ended: context.Canceled, soon(t): context.DeadlineExceeded} {
			push := open(t, pipeline.NewPush, socket.WithLinger(-1))
			endpoint := fresh()
			require.NoError(t, push.Connect(endpoint))
			for range 7 {
				send(t, push, "x")
			}
			err := within(t, "Shutdown", func() error { return push.Shutdown(ctx) })
			var u *ringmq.UnsentError
			require.ErrorAs(t, err, &u)
			require.ErrorIs(t, err, cause)
			require.Equal(t, map[string]int{endpoint: 7}, u.ByPeer)
			require.Equal(t, 7, u.Messages)
		}
	})
}

// TestUnsentToASlowReader: what the error does not list arrives, what it lists does not. The mark is more than the kernel
// takes at the most.
func TestUnsentToASlowReader(t *testing.T) {
	const mark, size = 250, 64 << 10
	onStreams(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(mark))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(3))
		link(t, pull, push, fresh())
		sent := fill(t, push, ringmq.NewMessage(make([]byte, size)))
		err := within(t, "Shutdown", func() error { return push.Shutdown(soon(t)) })
		var u *ringmq.UnsentError
		require.ErrorAs(t, err, &u)
		require.Positive(t, u.Messages)
		require.LessOrEqual(t, u.Messages, mark)
		require.Len(t, u.ByPeer, 1)
		drain(t, pull, sent-u.Messages)
		awaitPeers(t, pull, 0)
		requireEmpty(t, pull)
		require.EqualValues(t, u.Messages, push.Stats().Dropped)
		require.EqualValues(t, sent-u.Messages, push.Stats().Sent)
	})
}

// TestLingerDelivers: Close waits for a reader that is slow, or not there yet.
func TestLingerDelivers(t *testing.T) {
	const n = 150
	for name, linger := range map[string]time.Duration{"without limit": -1, "with a long one": patience} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				push := open(t, pipeline.NewPush, socket.WithLinger(linger), socket.WithSendHWM(0))
				pull := open(t, pipeline.NewPull, socket.WithRecvHWM(2))
				endpoint := fresh()
				require.NoError(t, push.Connect(endpoint))
				for i := range n {
					require.NoError(t, push.SendBytes(deadline(t), fmt.Append(nil, i), make([]byte, 64<<10)))
				}
				done := blocked(t, push.Close)
				eventually(t, "nothing more is taken", func() bool { // an empty message would be an error in any case
					return errors.Is(push.TrySend(ringmq.Message{}), ringmq.ErrClosed)
				})
				bind(t, pull, endpoint)
				for i := range n {
					m, err := pull.Recv(deadline(t))
					require.NoError(t, err, "message %d", i)
					require.Equal(t, fmt.Sprint(i), string(m.Frame(0)))
					m.Release()
				}
				require.NoError(t, result(t, done))
				awaitPeers(t, pull, 0)
				require.EqualValues(t, n, push.Stats().Sent)
			})
		})
	}
}

// TestCloseWithNothingToSend takes no time, whatever the linger period: without peers, with absent and with idle ones.
func TestCloseWithNothingToSend(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		long := socket.WithLinger(10 * patience)
		push, pull := open(t, pipeline.NewPush, long), open(t, pipeline.NewPull, long)
		link(t, pull, push, fresh())
		require.NoError(t, push.Connect(fresh()))
		bind(t, push, fresh())
		send(t, push, "x")
		drain(t, pull, 1)
		require.NoError(t, within(t, "PUSH.Close", push.Close))
		require.NoError(t, within(t, "PULL.Close", pull.Close))
		sub := open(t, pubsub.NewSub, long)
		require.NoError(t, sub.Connect(fresh()))
		require.NoError(t, sub.Subscribe("subscriptions are not waited for"))
		require.NoError(t, within(t, "SUB.Close", sub.Close))
	})
}
