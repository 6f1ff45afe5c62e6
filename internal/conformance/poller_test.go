package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// newPoller returns a poller of the sockets, each for what it is followed by.
func newPoller(t *testing.T) *socket.Poller {
	t.Helper()
	p := socket.NewPoller()
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func polling(t *testing.T, interest socket.Readiness, sockets ...socket.Pollable) *socket.Poller {
	t.Helper()
	p := newPoller(t)
	for _, s := range sockets {
		require.NoError(t, p.Add(s, interest))
	}
	return p
}

// wait is what Wait returns, with room for max results.
func wait(t *testing.T, p *socket.Poller, max int) []socket.Ready {
	t.Helper()
	dst := make([]socket.Ready, max)
	n, err := p.Wait(deadline(t), dst)
	require.NoError(t, err)
	require.Positive(t, n)
	return dst[:n]
}

// requireIdle asserts that nothing is ready, for a moment.
func requireIdle(t *testing.T, p *socket.Poller) {
	t.Helper()
	require.Zero(t, p.Poll(make([]socket.Ready, 1)))
	_, err := p.Wait(soon(t), make([]socket.Ready, 1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// readable is what a poller says of a socket with a message.
func readable(s socket.Pollable) []socket.Ready {
	return []socket.Ready{{Socket: s, Readiness: socket.Readable}}
}

// feeds makes n linked pairs of sockets.
func feeds(t *testing.T, n int, fresh func() string, opts ...socket.Option) (pushes []*pipeline.Push, pulls []socket.Pollable) {
	t.Helper()
	for range n {
		push, pull := open(t, pipeline.NewPush, opts...), open(t, pipeline.NewPull, opts...)
		link(t, pull, push, fresh())
		pushes, pulls = append(pushes, push), append(pulls, pull)
	}
	return pushes, pulls
}

// TestPollerTellsStates: a socket is told for as long as it is readable, and no longer, whether the message was there
// before the wait or comes during it.
func TestPollerTellsStates(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 2, fresh)
		p := polling(t, socket.Readable, pulls...)
		requireIdle(t, p)
		for round := range 3 {
			for i, push := range pushes {
				waiting := begin(func() error { send(t, push, "one", "two"); return nil })
				require.Equal(t, readable(pulls[i]), wait(t, p, 2), "round %d", round)
				require.NoError(t, result(t, waiting))
				require.Equal(t, readable(pulls[i]), wait(t, p, 2), "it was not read from")
				recv(t, pulls[i].(receiver))
				requireIdle(t, p)
			}
		}
	})
}

// TestPollerWakesAWait that began long before the message.
func TestPollerWakesAWait(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 3, fresh)
		p := polling(t, socket.Readable, pulls...)
		for i, push := range pushes {
			var got []socket.Ready
			done := blocked(t, func() error { got = wait(t, p, 8); return nil })
			send(t, push, "x")
			require.NoError(t, result(t, done))
			require.Equal(t, readable(pulls[i]), got)
			recv(t, pulls[i].(receiver))
		}
	})
}

// TestPollerIsFair: with room for one result, busy sockets are told in turn.
func TestPollerIsFair(t *testing.T) {
	const n, rounds = 4, 5
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, n, fresh)
		p := polling(t, socket.Readable, pulls...)
		for i, push := range pushes {
			for range rounds {
				send(t, push, "x")
			}
			awaitPending(t, pulls[i].(sock), rounds)
		}
		seen := map[socket.Pollable]int{}
		for i := range n * rounds {
			if i%2 == 0 {
				<-p.Ready() // takes nobody's turn
			}
			got := wait(t, p, 1)[0].Socket
			seen[got]++
			require.LessOrEqual(t, seen[got], 1+i/n, "one is told more often than the others")
			recv(t, got.(receiver))
		}
		requireIdle(t, p)
	})
}

// fillUp fills s until the poller does not call it writable any more, and returns how many messages went.
func fillUp(t *testing.T, p *socket.Poller, s sender, m ringmq.Message) (n int) {
	t.Helper()
	eventually(t, "it is not writable", func() bool {
		n += fill(t, s, m)
		return p.Poll(make([]socket.Ready, 1)) == 0
	})
	return n
}

// TestPollerOfWriters: a sender at its mark is not writable until its peer has taken something.
func TestPollerOfWriters(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 1, fresh, socket.WithSendHWM(4), socket.WithRecvHWM(4))
		push, pull := pushes[0], pulls[0].(*pipeline.Pull)
		p := polling(t, socket.Writable, push)
		require.Equal(t, []socket.Ready{{Socket: push, Readiness: socket.Writable}}, wait(t, p, 1))
		big := ringmq.NewMessage(make([]byte, 256<<10)) // a few fill what the kernel takes
		n := fillUp(t, p, push, big)
		done := begin(func() error { wait(t, p, 1); return nil })
		drain(t, pull, n)
		require.NoError(t, result(t, done))
		require.NoError(t, push.TrySend(big))
		drain(t, pull, 1)
	})
}

// TestPollerOfOneWithoutPeers: a PUSH without a peer would wait; one that is going to have a peer queues.
func TestPollerOfOneWithoutPeers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush)
		p := polling(t, socket.Writable, push)
		requireIdle(t, p)
		done := blocked(t, func() error { wait(t, p, 1); return nil })
		require.NoError(t, push.Connect(fresh()))
		require.NoError(t, result(t, done))
	})
}

// TestPollerOfNotes: an XPUB is readable for a subscription, and PUB never waits.
func TestPollerOfNotes(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		xpub, sub := open(t, pubsub.NewXPub), open(t, pubsub.NewSub)
		p := polling(t, socket.Readable, xpub)
		link(t, xpub, sub, fresh())
		requireIdle(t, p)
		require.NoError(t, sub.Subscribe("topic"))
		require.Equal(t, readable(xpub), wait(t, p, 1))
		require.Equal(t, "\x01topic", told(t, xpub))
		requireIdle(t, p)
		require.NoError(t, p.Change(xpub, socket.Writable))
		require.Equal(t, socket.Writable, wait(t, p, 1)[0].Readiness)
	})
}

// TestPollerOfNoDrop: a publisher that must not drop, or not at once, is writable while all subscribers have room.
func TestPollerOfNoDrop(t *testing.T) {
	const size = 256 << 10
	for name, opts := range map[string][]socket.Option{
		"NoDrop":       {socket.WithNoDrop()},
		"BlockFor":     {socket.WithOverflow(socket.BlockFor(patience))},
		"SendHWMBytes": {socket.WithNoDrop(), socket.WithSendHWMBytes(2*size + 1)},
		"SendMaxAge":   {socket.WithNoDrop(), socket.WithSendMaxAge(patience)},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				pub := open(t, pubsub.NewXPub, append(opts, socket.WithSendHWM(4), socket.WithRecvHWM(4))...)
				sub := open(t, pubsub.NewSub, socket.WithRecvHWM(4))
				require.NoError(t, sub.Subscribe(""))
				link(t, pub, sub, fresh())
				told(t, pub)
				p := polling(t, socket.Writable, pub)
				wait(t, p, 1)
				n := fillUp(t, p, pub, ringmq.NewMessage(make([]byte, size)))
				done := begin(func() error { wait(t, p, 1); return nil })
				drain(t, sub, n)
				require.NoError(t, result(t, done))
			})
		})
	}
}

// TestPollerOfConflate: what is kept of a peer's messages makes a socket readable, and senders never wait.
func TestPollerOfConflate(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 1, fresh, socket.WithConflate())
		push, pull := pushes[0], pulls[0].(*pipeline.Pull)
		p := polling(t, socket.Readable, pull)
		requireIdle(t, p)
		for range 3 {
			done := blocked(t, func() error { wait(t, p, 1); return nil })
			send(t, push, "last")
			require.NoError(t, result(t, done))
			require.Equal(t, readable(pull), wait(t, p, 1), "until it is received")
			require.Equal(t, []string{"last"}, recv(t, pull))
			requireIdle(t, p)
		}
		w := polling(t, socket.Writable, push)
		fill := ringmq.NewMessage(make([]byte, 256<<10))
		for range 100 {
			require.NoError(t, push.TrySend(fill))
		}
		require.Equal(t, []socket.Ready{{Socket: push, Readiness: socket.Writable}}, wait(t, w, 1))
	})
}

// TestPollerOfRouter: always writable, unless a message without a peer is an error.
func TestPollerOfRouter(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		plain, strict := open(t, reqrep.NewRouter), open(t, reqrep.NewRouter, socket.WithMandatory())
		require.Len(t, wait(t, polling(t, socket.Writable, plain), 1), 1)
		p := polling(t, socket.Writable, strict)
		requireIdle(t, p)
		done := blocked(t, func() error { wait(t, p, 1); return nil })
		link(t, strict, open(t, reqrep.NewDealer), fresh())
		require.NoError(t, result(t, done))
	})
}

// TestPollerChangesWhileItWaits: sockets come, change and go.
func TestPollerChangesWhileItWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 2, fresh)
		p := newPoller(t)
		send(t, pushes[0], "x")
		done := blocked(t, func() error { require.Equal(t, readable(pulls[0]), wait(t, p, 2)); return nil })
		require.NoError(t, p.Add(pulls[0], socket.Readable))
		require.NoError(t, result(t, done))

		require.NoError(t, p.Remove(pulls[0]))
		require.ErrorIs(t, p.Remove(pulls[0]), ringmq.ErrNotFound)
		require.ErrorIs(t, p.Change(pulls[0], socket.Readable), ringmq.ErrNotFound)
		requireIdle(t, p)
		require.NoError(t, p.Add(pulls[0], socket.Readable), "it may come back")
		require.ErrorIs(t, p.Add(pulls[0], socket.Readable), ringmq.ErrState)
		require.Equal(t, readable(pulls[0]), wait(t, p, 2))
		recv(t, pulls[0].(receiver))

		require.NoError(t, p.Add(pushes[1], socket.Writable))
		wait(t, p, 1)
		require.NoError(t, p.Remove(pushes[1]))
		done = blocked(t, func() error { wait(t, p, 1); return nil })
		require.NoError(t, p.Remove(pulls[0]))
		require.NoError(t, p.Add(pulls[1], socket.Readable))
		send(t, pushes[0], "for nobody")
		send(t, pushes[1], "x")
		require.NoError(t, result(t, done))
	})
}

// TestPollerTellsTheEnd of a socket, once, and of the poller.
func TestPollerTellsTheEnd(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 2, fresh)
		p := polling(t, socket.Readable, pulls...)
		require.NoError(t, p.Add(pushes[1], socket.Writable))
		require.NoError(t, p.Change(pushes[1], socket.Writable))
		require.Equal(t, pushes[1], wait(t, p, 1)[0].Socket)
		require.NoError(t, p.Remove(pushes[1]))

		var got []socket.Ready
		done := blocked(t, func() error { got = wait(t, p, 4); return nil })
		shut(t, pulls[0].(sock))
		require.NoError(t, result(t, done))
		require.Equal(t, []socket.Ready{{Socket: pulls[0], Readiness: socket.Ended}}, got)
		require.ErrorIs(t, p.Remove(pulls[0]), ringmq.ErrNotFound, "it is out")
		require.ErrorIs(t, p.Add(pulls[0], socket.Readable), ringmq.ErrClosed)
		requireIdle(t, p)

		done = blocked(t, func() error { _, err := p.Wait(deadline(t), make([]socket.Ready, 1)); return err })
		require.NoError(t, p.Close())
		require.ErrorIs(t, result(t, done), ringmq.ErrClosed)
		require.ErrorIs(t, p.Add(pulls[1], socket.Readable), ringmq.ErrClosed)
		send(t, pushes[1], "x")
		require.Equal(t, []string{"x"}, recv(t, pulls[1].(receiver)), "the sockets stay open")
	})
}

// TestPollerRefusesWhatCannotCome, for each type.
func TestPollerRefusesWhatCannotCome(t *testing.T) {
	p := newPoller(t)
	for _, s := range everyType(t) {
		_, receives := s.(receiver)
		_, sends := s.(sender)
		of := s.(socket.Pollable)
		for interest, ok := range map[socket.Readiness]bool{
			0: false, socket.Ended: false, socket.Readable | socket.Ended: false,
			socket.Readable: receives, socket.Writable: sends, socket.Readable | socket.Writable: receives && sends,
		} {
			err := p.Add(of, interest)
			if ok {
				require.NoError(t, err)
				require.NoError(t, p.Remove(of))
				continue
			}
			require.ErrorIs(t, err, ringmq.ErrInvalidOption, "%s, %s", s.Type(), interest)
			require.ErrorContains(t, err, interest.String())
		}
	}
}

// TestPollerInASelect: with a channel of another kind, and through one poller for reading and writing.
func TestPollerInASelect(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 2, fresh)
		p := polling(t, socket.Readable, pulls...)
		const each = 20
		other := make(chan struct{}, each)
		ready := make([]socket.Ready, 4)
		done := begin(func() error {
			for range each {
				for _, push := range pushes {
					if err := push.SendBytes(deadline(t), []byte("x")); err != nil {
						return err
					}
				}
			}
			return nil
		})
		got, others := 0, 0
		for got < 2*each || others < 3 {
			select {
			case <-p.Ready():
				for _, r := range ready[:p.Poll(ready)] {
					recv(t, r.Socket.(receiver)) // one of maybe many: the next Ready says so
					if got++; got%10 == 0 {
						other <- struct{}{}
					}
				}
			case <-other:
				others++
			case <-deadline(t).Done():
				t.Fatal("nothing is ready")
			}
		}
		require.NoError(t, result(t, done))
		select {
		case <-p.Ready():
			t.Fatal("nothing is there to be received")
		default:
		}
	})
}

// TestPollerBesideReceivers: what receivers that read by themselves leave behind is told, and nothing is lost or told to
// be there for ever.
func TestPollerBesideReceivers(t *testing.T) {
	const n = 3000
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush)
		pull := open(t, pipeline.NewPull, socket.WithIdle(socket.Spin(5*time.Millisecond)))
		link(t, pull, push, fresh())
		p := polling(t, socket.Readable, pull)
		ctx, cancel := context.WithCancel(deadline(t))
		var got atomic.Int64
		took := func() {
			if got.Add(1) == n {
				cancel()
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				if _, err := pull.Recv(ctx); err != nil {
					return
				}
				took()
			}
		})
		wg.Go(func() {
			ready := make([]socket.Ready, 1)
			for {
				if _, err := p.Wait(ctx, ready); err != nil {
					return
				}
				if _, err := pull.TryRecv(); err == nil {
					took()
				}
			}
		})
		for i := range n {
			send(t, push, fmt.Sprint(i))
		}
		wg.Wait()
		require.EqualValues(t, n, got.Load())
		requireIdle(t, p)
	})
}

// TestPollerAfterRecv: a receiver has read many messages at once, of which it was given one.
func TestPollerAfterRecv(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 1, fresh, socket.WithIdle(socket.Spin(socket.MaxSpin)))
		pull := pulls[0].(*pipeline.Pull)
		p := polling(t, socket.Readable, pull)
		for round := range 10 {
			first := begin(func() error { _, err := pull.Recv(deadline(t)); return err })
			ms := make([]ringmq.Message, 20)
			for i := range ms {
				ms[i] = ringmq.NewString(fmt.Sprint(round, i))
			}
			n, err := pushes[0].SendBatch(deadline(t), ms)
			require.NoError(t, err)
			require.NoError(t, result(t, first))
			for range n - 1 {
				require.Equal(t, readable(pull), wait(t, p, 1))
				_, err := pull.TryRecv()
				require.NoError(t, err)
			}
			require.Zero(t, p.Poll(make([]socket.Ready, 1)))
		}
	})
}

// TestPollersBesideEachOther: a socket may be in many, and each tells of it.
func TestPollersBesideEachOther(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 1, fresh)
		a, b := polling(t, socket.Readable, pulls[0]), polling(t, socket.Readable, pulls[0])
		waits := blockedAll(t,
			func() error { wait(t, a, 1); return nil },
			func() error { wait(t, b, 1); return nil })
		send(t, pushes[0], "x")
		for _, w := range waits {
			require.NoError(t, result(t, w))
		}
		require.NoError(t, a.Close())
		require.Len(t, wait(t, b, 1), 1)
		recv(t, pulls[0].(receiver))
		requireIdle(t, b)
	})
}

// TestPollerDoesNotAllocate when something is ready, nor to find that nothing is.
func TestPollerDoesNotAllocate(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, 2, fresh)
		p := polling(t, socket.Readable, pulls...)
		require.NoError(t, p.Add(pushes[0], socket.Writable))
		send(t, pushes[1], "x")
		awaitPending(t, pulls[1].(sock), 1)
		ctx, ready := deadline(t), make([]socket.Ready, 4)
		var failed error
		wait := func() {
			n, err := p.Wait(ctx, ready)
			if n != 2 {
				failed = errors.Join(err, fmt.Errorf("%d are ready", n))
			}
			<-p.Ready()
		}
		wait()
		require.Zero(t, testing.AllocsPerRun(100, wait))
		require.NoError(t, failed)
	})
}

// TestPollerOfManyUnderLoad: sockets are received from, added and removed by turns, from several goroutines, and every
// message is told of in the end.
func TestPollerOfManyUnderLoad(t *testing.T) {
	const n, each = 8, 200
	everywhere(t, func(t *testing.T, fresh func() string) {
		pushes, pulls := feeds(t, n, fresh)
		p := polling(t, socket.Readable, pulls...)
		for _, push := range pushes {
			sending := begin(func() error {
				for range each {
					if err := push.SendBytes(deadline(t), []byte("x")); err != nil {
						return err
					}
				}
				return nil
			})
			defer func() { require.NoError(t, result(t, sending)) }()
		}
		moving := begin(func() error {
			for i := range 200 {
				s := pulls[i%n]
				if err := errors.Join(p.Remove(s), p.Add(s, socket.Readable)); err != nil {
					return err
				}
			}
			return nil
		})
		ready := make([]socket.Ready, 3)
		for got := 0; got < n*each; {
			k, err := p.Wait(deadline(t), ready)
			require.NoError(t, err, "after %d", got)
			for _, r := range ready[:k] {
				if _, err := r.Socket.(receiver).TryRecv(); err == nil {
					got++
				}
			}
		}
		require.NoError(t, result(t, moving))
		requireIdle(t, p)
	})
}

// TestPollerOfASocketWithManyPeers: while any of them has a message the socket is readable, also after others ran dry.
func TestPollerOfASocketWithManyPeers(t *testing.T) {
	const n, rounds = 5, 30
	everywhere(t, func(t *testing.T, fresh func() string) {
		pull := open(t, pipeline.NewPull)
		endpoint := bind(t, pull, fresh())
		var pushes []*pipeline.Push
		for range n {
			push := open(t, pipeline.NewPush)
			join(t, pull, push, endpoint)
			pushes = append(pushes, push)
		}
		p := polling(t, socket.Readable, pull)
		for round := range rounds {
			total := 0
			for i, push := range pushes {
				for range (i + round) % n { // some have nothing to say
					send(t, push, "x")
					total++
				}
			}
			for range total {
				require.Equal(t, readable(pull), wait(t, p, 1))
				recv(t, pull)
			}
		}
		require.Zero(t, p.Poll(make([]socket.Ready, 1)))
	})
}
