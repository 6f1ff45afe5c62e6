package conformance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestSendMaxAge: what has waited for an absent peer for too long is dropped and counted; what is sent later arrives.
func TestSendMaxAge(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendMaxAge(200*time.Millisecond))
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		for range 5 {
			send(t, push, "stale")
		}
		eventually(t, "they are too old", func() bool { return push.Stats().Losses == socket.Losses{Expired: 5} })
		s := push.Stats()
		require.EqualValues(t, 5, s.Dropped)
		require.Zero(t, s.Queued)
		require.Zero(t, s.Sent)
		pull := open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		awaitPeers(t, push, 1)
		require.NoError(t, push.SendBytes(deadline(t), []byte("fresh")))
		require.Equal(t, []string{"fresh"}, recv(t, pull))
		requireEmpty(t, pull)
	})
}

// TestSendMaxAgeOfAREQ: it would wait for ever for the reply to a request that was dropped.
func TestSendMaxAgeOfAREQ(t *testing.T) {
	_, err := reqrep.NewReq(socket.WithSendMaxAge(time.Second))
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, `SendMaxAge "1s"`)
}

// TestSendMaxAgeMakesRoom: a sender at the mark goes on when what waits has expired, though no peer comes.
func TestSendMaxAgeMakesRoom(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		age := socket.WithSendMaxAge(20 * time.Millisecond)
		for _, limit := range []socket.Option{socket.WithSendHWM(2), socket.WithSendHWMBytes(2)} {
			push := open(t, pipeline.NewPush, age, limit)
			require.NoError(t, push.Connect(fresh()))
			for range 7 {
				send(t, push, "m")
			}
			require.GreaterOrEqual(t, push.Stats().Losses.Expired, uint64(5))
		}
	})
}

// TestSendMaxAgeOfAStuckPeer: what waits for a peer that reads nothing expires, and only for that one.
func TestSendMaxAgeOfAStuckPeer(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().Expired == 0 { // the kernel may take later what it did not take at first
			for f.from.Stats().Queued < 2*floodMark {
				f.send("m")
			}
			eventually(t, "what waits is too old", func() bool { return f.from.Stats().Queued <= 1 })
		}
		taken := 0
		eventually(t, "what has not expired", func() bool { // the last of it may still expire
			for err := error(nil); err == nil; taken++ {
				_, err = f.slow.TryRecv()
			}
			taken--
			return taken == f.sent-int(f.losses().Expired)
		})
		s := f.from.Stats()
		require.Equal(t, s.Losses.Expired, s.Dropped)
		f.send("m")
		require.Equal(t, f.sent-1, floodNumber(t, recv(t, f.slow)))
	}, socket.WithSendMaxAge(300*time.Millisecond), socket.WithSendHWM(0))
}

// TestSendHWMBytes is a mark beside that of messages, whichever is reached first; one message goes whatever its size.
func TestSendHWMBytes(t *testing.T) {
	tests := map[string]struct {
		opts  []socket.Option
		sizes []int
		fits  int
	}{
		"exactly":      {[]socket.Option{socket.WithSendHWMBytes(1000)}, []int{400, 600, 1}, 2},
		"not quite":    {[]socket.Option{socket.WithSendHWMBytes(999)}, []int{400, 600}, 1},
		"one byte":     {[]socket.Option{socket.WithSendHWMBytes(1)}, []int{1, 1}, 1},
		"larger alone": {[]socket.Option{socket.WithSendHWMBytes(10)}, []int{70_000, 1}, 1},
		"larger later": {[]socket.Option{socket.WithSendHWMBytes(10)}, []int{1, 70_000}, 1},
		"messages":     {[]socket.Option{socket.WithSendHWMBytes(1000), socket.WithSendHWM(2)}, []int{1, 1, 1}, 2},
		"no mark":      {[]socket.Option{socket.WithSendHWMBytes(1000), socket.WithSendHWM(0)}, []int{500, 1, 499, 1}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				push := open(t, pipeline.NewPush, test.opts...)
				endpoint := fresh()
				require.NoError(t, push.Connect(endpoint))
				for i, size := range test.sizes {
					err := push.TrySend(ringmq.NewString(strings.Repeat("x", size)))
					if i < test.fits {
						require.NoError(t, err)
					} else {
						require.ErrorIs(t, err, ringmq.ErrWouldBlock)
					}
				}
				require.EqualValues(t, test.fits, push.Stats().Queued)
				ctx := deadline(t)
				done := begin(func() error { return push.Send(ctx, ringmq.NewString("last")) })
				pull := open(t, pipeline.NewPull)
				bind(t, pull, endpoint)
				for _, size := range test.sizes[:test.fits] {
					require.Len(t, recv(t, pull)[0], size)
				}
				require.NoError(t, result(t, done))
				require.Equal(t, []string{"last"}, recv(t, pull))
				require.Zero(t, push.Stats().Dropped)
			})
		})
	}
}

// TestSendHWMBytesOfAPublisher: the slow subscriber loses what is too much, the quick one nothing.
func TestSendHWMBytesOfAPublisher(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().AtMark < 5 {
			f.send("m")
		}
		require.LessOrEqual(t, f.from.Stats().Queued, uint64(4))
		require.Equal(t, socket.Losses{AtMark: f.losses().AtMark}, f.losses())
		drain(t, f.slow, f.sent-int(f.losses().AtMark))
		requireEmpty(t, f.slow)
	}, socket.WithSendHWM(0), socket.WithSendHWMBytes(4*(len(floodBody)+10)))
}

// TestLimitsLoseNothing: many senders at a mark in bytes, to a peer that comes later: everything arrives, in the order
// of each sender, with envelopes or without.
func TestLimitsLoseNothing(t *testing.T) {
	const senders, each = 4, 1500
	limits := []socket.Option{socket.WithSendHWMBytes(3000), socket.WithSendMaxAge(time.Hour)}
	for name, build := range map[string]func(t *testing.T) (to sock, from sock){
		"PUSH": func(t *testing.T) (sock, sock) {
			return open(t, pipeline.NewPull), open(t, pipeline.NewPush, limits...)
		},
		"DEALER": func(t *testing.T) (sock, sock) {
			return open(t, reqrep.NewRouter), open(t, reqrep.NewDealer, limits...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				to, from := build(t)
				endpoint, ctx := fresh(), deadline(t)
				require.NoError(t, from.Connect(endpoint))
				done := make(chan error, senders)
				for i := range senders {
					go func() {
						var err error
						for n := 0; n < each && err == nil; n++ {
							err = from.(sender).SendBytes(ctx, numbered(i, n))
						}
						done <- err
					}()
				}
				bind(t, to, endpoint)
				all, last := newTally(senders, each), before(senders)
				for complete := false; !complete; {
					m, err := to.(receiver).Recv(ctx)
					require.NoError(t, err)
					if name == "DEALER" {
						m = ringmq.NewMessage(m.Rest()...)
					}
					complete, err = all.add(m, last)
					require.NoError(t, err)
				}
				for range senders {
					require.NoError(t, result(t, done))
				}
				require.Zero(t, from.Stats().Dropped)
			})
		})
	}
}

// stuck sends numbered messages to a peer that does not read, until some wait, and returns how many.
func stuck(t *testing.T, push *pipeline.Push) (sent int) {
	t.Helper()
	awaitPeers(t, push, 1)
	for push.Stats().Queued < 5 {
		for range 50 {
			send(t, push, "m", fmt.Sprint(sent, " ", floodBody))
			sent++
		}
		<-soon(t).Done() // the kernel takes what it can
	}
	return sent
}

// TestBacklogOutlivesAConnection: what was not wholly written goes to the next one, in order.
func TestBacklogOutlivesAConnection(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(0), socket.WithSendHWMBytes(1<<30))
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(1))
		bind(t, pull, endpoint)
		sent := stuck(t, push)
		shut(t, pull)
		pull = open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		send(t, push, "m", fmt.Sprint(sent, " "))
		first := floodNumber(t, recv(t, pull))
		for n := first + 1; n <= sent; n++ {
			require.Equal(t, n, floodNumber(t, recv(t, pull)))
		}
		require.Positive(t, first)
		require.Less(t, first, sent)
		eventually(t, "all are sent", func() bool { return push.Stats().Sent == uint64(sent+1) })
		require.Zero(t, push.Stats().Dropped)
	})
}

// TestStaleBacklogEndsWithAConnection: what was given to a connection that has ended is too old for the next.
func TestStaleBacklogEndsWithAConnection(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(0), socket.WithSendMaxAge(400*time.Millisecond))
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(1))
		bind(t, pull, endpoint)
		sent := stuck(t, push)
		shut(t, pull)
		eventually(t, "nothing waits any more", func() bool { return push.Stats().Queued == 0 })
		s := push.Stats()
		require.Positive(t, s.Losses.Expired)
		require.EqualValues(t, sent, s.Sent+s.Dropped)
		pull = open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		awaitPeers(t, push, 1)
		send(t, push, "fresh")
		require.Equal(t, []string{"fresh"}, recv(t, pull))
	})
}

// TestConflate: the last message is there, whoever comes late; multipart messages are refused.
func TestConflate(t *testing.T) {
	conflate := socket.WithConflate()
	for name, build := range map[string]func(t *testing.T) (from sock, to sock){
		"PUSH PULL": func(t *testing.T) (sock, sock) {
			return open(t, pipeline.NewPush, conflate), open(t, pipeline.NewPull, conflate)
		},
		"DEALER DEALER": func(t *testing.T) (sock, sock) {
			return open(t, reqrep.NewDealer, conflate), open(t, reqrep.NewDealer, conflate)
		},
		"PUB SUB": func(t *testing.T) (sock, sock) {
			return open(t, pubsub.NewPub, conflate), openSub(t, conflate)
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				from, to := build(t)
				link(t, from, to, fresh())
				if pub, ok := from.(*pubsub.Pub); ok {
					require.NoError(t, pub.WaitSubscribers(deadline(t), 1, "m"))
				}
				const n = 2000 // more than any mark
				for i := range n {
					send(t, from.(sender), fmt.Sprint("m", i))
				}
				eventually(t, "all have arrived but those that were replaced", func() bool {
					s := from.Stats()
					return s.Queued == 0 && to.Stats().Received == n-s.Losses.Conflated
				})
				require.EqualValues(t, 1, to.Stats().Pending)
				require.Equal(t, to.Stats().Received-1, to.Stats().Losses.Conflated)
				require.Equal(t, []string{fmt.Sprint("m", n-1)}, recv(t, to.(receiver)))
				requireEmpty(t, to.(receiver))
				err := from.(sender).Send(deadline(t), ringmq.NewString("two", "frames"))
				require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
				for i := range 100 {
					send(t, from.(sender), fmt.Sprint("m", i))
					require.Equal(t, []string{fmt.Sprint("m", i)}, recv(t, to.(receiver)))
				}
			})
		})
	}
}

// TestConflateForALatePeer: one message is kept for it, for each that is connected to.
func TestConflateForALatePeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithConflate())
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		for i := range 3000 {
			require.NoError(t, push.TrySend(ringmq.NewString(fmt.Sprint(i))))
		}
		require.EqualValues(t, 1, push.Stats().Queued)
		require.Equal(t, socket.Losses{Conflated: 2999}, push.Stats().Losses)
		pull := open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		require.Equal(t, []string{"2999"}, recv(t, pull))
		requireEmpty(t, pull)
	})
}

// TestConflateKeepsOneOfEachPeer.
func TestConflateKeepsOneOfEachPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull := open(t, pipeline.NewPull, socket.WithConflate())
		bound := bind(t, pull, fresh())
		var want []string
		for i := range 3 {
			push := open(t, pipeline.NewPush)
			join(t, pull, push, bound)
			for n := range 10 {
				send(t, push, fmt.Sprint(i, n))
			}
			want = append(want, fmt.Sprint(i, 9))
			eventually(t, "they are there", func() bool { return pull.Stats().Received == uint64(10*(i+1)) })
		}
		require.EqualValues(t, 3, pull.Stats().Pending)
		for _, w := range want {
			require.Equal(t, []string{w}, recv(t, pull))
		}
		requireEmpty(t, pull)
	})
}

// TestConflateOfOtherTypes is refused, and so is a policy beside it.
func TestConflateOfOtherTypes(t *testing.T) {
	can := map[string]bool{"DEALER": true, "PUSH": true, "PULL": true, "PUB": true, "SUB": true}
	for _, name := range typeNames {
		s, err := types[name](socket.WithConflate())
		if can[name] {
			require.NoError(t, err)
			shut(t, s)
		} else {
			requireInvalid(t, err, name, "Conflate", name)
		}
	}
	_, err := pubsub.NewPub(socket.WithConflate(), socket.WithOverflow(socket.DropOldest()))
	requireInvalid(t, err, "PUB", "Overflow", "DropOldest")
}

// TestCloseWaitsForTheBacklog: what waits as messages is sent before the socket closes, or reported.
func TestCloseWaitsForTheBacklog(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		limit := socket.WithSendHWMBytes(1 << 20)
		push := open(t, pipeline.NewPush, limit)
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		for i := range 500 {
			send(t, push, fmt.Sprint(i))
		}
		closed := begin(func() error { return push.Shutdown(deadline(t)) })
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(3))
		bind(t, pull, endpoint)
		for i := range 500 {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
		}
		require.NoError(t, result(t, closed))

		push = open(t, pipeline.NewPush, limit)
		require.NoError(t, push.Connect(fresh()))
		for range 5 {
			send(t, push, "for nobody")
		}
		var unsent *ringmq.UnsentError
		require.ErrorAs(t, push.Close(), &unsent)
		require.Equal(t, 5, unsent.Messages)
		require.EqualValues(t, 5, push.Stats().Dropped)
		require.Zero(t, push.Stats().Queued+push.Stats().Sent)
	})
}
