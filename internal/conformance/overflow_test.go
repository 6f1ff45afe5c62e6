package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// flooder is a socket that sends to many, and its peer that takes what begins with m or z.
type flooder interface {
	sock
	sender
}

type flooded interface {
	sock
	receiver
}

// floods are types that have an overflow policy; XPUB is PUB in this.
var floods = map[string]struct {
	from func(t *testing.T, opts ...socket.Option) flooder
	to   func(t *testing.T, opts ...socket.Option) flooded
}{
	"PUB": {
		func(t *testing.T, opts ...socket.Option) flooder { return open(t, pubsub.NewPub, opts...) },
		openSub,
	},
	"RADIO": {
		func(t *testing.T, opts ...socket.Option) flooder { return open(t, radiodish.NewRadio, opts...) },
		func(t *testing.T, opts ...socket.Option) flooded {
			dish := open(t, radiodish.NewDish, opts...)
			for _, group := range []string{"m", "m0", "m1", "m2", "z"} {
				require.NoError(t, dish.Join(group))
			}
			return dish
		},
	},
}

func openSub(t *testing.T, opts ...socket.Option) flooded {
	sub := open(t, pubsub.NewSub, opts...)
	require.NoError(t, sub.Subscribe("m"))
	require.NoError(t, sub.Subscribe("z"))
	return sub
}

// flood is a publisher with a policy, at a mark of few messages, and a subscriber that reads nothing beside one that
// keeps up.
type flood struct {
	t      *testing.T
	from   flooder
	events <-chan socket.Event
	slow   flooded
	quick  flooded
	sent   int
}

const floodMark = 10

// floodBody is so large that few messages fill the kernel's buffers.
var floodBody = string(make([]byte, 64<<10))

// overFloods runs body for each type, over every transport.
func overFloods(t *testing.T, body func(t *testing.T, f *flood), opts ...socket.Option) {
	for name, kind := range floods {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				marks := []socket.Option{socket.WithSendHWM(floodMark), socket.WithRecvHWM(floodMark)}
				f := &flood{t: t, from: kind.from(t, append(marks, opts...)...)}
				f.slow, f.quick = kind.to(t, marks...), kind.to(t, marks...)
				f.events = f.from.Monitor(deadline(t))
				bound := bind(t, f.from, fresh())
				for _, to := range []flooded{f.slow, f.quick} {
					join(t, f.from, to, bound)
					f.meet(to)
				}
				f.rest()
				body(t, f)
			})
		})
	}
}

// meet waits until messages reach a subscriber.
func (f *flood) meet(to flooded) {
	f.t.Helper()
	eventually(f.t, "the subscriptions are there", func() bool {
		send(f.t, f.from, "z", "")
		_, err := to.TryRecv()
		return err == nil
	})
}

// rest sends each subscriber a last message of meet, and takes all of them.
func (f *flood) rest() {
	f.t.Helper()
	send(f.t, f.from, "z", "last")
	for _, to := range []flooded{f.slow, f.quick} {
		for m := recv(f.t, to); m[1] != "last"; m = recv(f.t, to) {
			require.Equal(f.t, []string{"z", ""}, m)
		}
	}
}

// send sends the next message, with the given key, and waits until the quick subscriber has it.
func (f *flood) send(key string) {
	f.t.Helper()
	send(f.t, f.from, key, strconv.Itoa(f.sent)+" "+floodBody)
	f.sent++
	require.Equal(f.t, f.sent-1, floodNumber(f.t, recv(f.t, f.quick)))
}

func floodNumber(t *testing.T, m []string) int {
	t.Helper()
	for i := range m[1] {
		if m[1][i] == ' ' {
			n, err := strconv.Atoi(m[1][:i])
			require.NoError(t, err)
			return n
		}
	}
	t.Fatalf("%.40q is no message of a flood", m)
	return 0
}

// drainSlow has the slow subscriber read up to the newest message, and returns their numbers and those of the last ones
// of each key.
func (f *flood) drainSlow() (numbers []int, last map[string]int) {
	f.t.Helper()
	last = map[string]int{}
	for n := -1; n < f.sent-1; {
		m := recv(f.t, f.slow)
		n = floodNumber(f.t, m)
		if before, ok := last[m[0]]; ok {
			require.Greater(f.t, n, before)
		}
		last[m[0]] = n
		numbers = append(numbers, n)
	}
	return numbers, last
}

func (f *flood) losses() socket.Losses { return f.from.Stats().Losses }

// TestDropOldest: a subscriber that is behind gets the newest messages, as many as the mark, and what was on its way
// before; the rest is counted.
func TestDropOldest(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().Oldest < 3*floodMark {
			f.send("m")
		}
		lost := f.losses()
		require.Equal(t, socket.Losses{Oldest: lost.Oldest}, lost)
		require.Equal(t, lost.Oldest, f.from.Stats().Dropped)
		got, _ := f.drainSlow()
		require.Len(t, got, f.sent-int(lost.Oldest))
		require.IsIncreasing(t, got)
		require.Equal(t, f.sent-floodMark, got[len(got)-floodMark], "the newest are there without a gap")
		f.send("m")
		require.Equal(t, f.sent-1, floodNumber(t, recv(t, f.slow)))
	}, socket.WithOverflow(socket.DropOldest()))
}

// TestConflateByKey: a subscriber that is behind gets the newest message of each topic.
func TestConflateByKey(t *testing.T) {
	keys := []string{"m0", "m1", "m2"}
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().Conflated < 10 {
			for _, k := range keys {
				f.send(k)
			}
		}
		lost := f.losses()
		require.Equal(t, socket.Losses{Conflated: lost.Conflated}, lost)
		got, last := f.drainSlow()
		for range f.sent - int(lost.Conflated) - len(got) {
			m := recv(t, f.slow)
			last[m[0]] = floodNumber(t, m)
		}
		for i, k := range keys {
			require.Equal(t, f.sent-len(keys)+i, last[k])
		}
		requireEmpty(t, f.slow)
	}, socket.WithOverflow(socket.Conflate(nil)))
}

// TestConflateByAKeyOfOnesOwn.
func TestConflateByAKeyOfOnesOwn(t *testing.T) {
	key := func(m *ringmq.Message) []byte { return m.Frame(1)[:1] }
	pub := open(t, pubsub.NewPub, socket.WithOverflow(socket.Conflate(key)))
	sub := openSub(t, socket.WithRecvHWM(1))
	link(t, pub, sub, freshInproc(t))
	require.NoError(t, pub.WaitSubscribers(deadline(t), 1, "m"))
	for _, body := range []string{"there", "a1", "b1", "a2", "b2", "a3"} {
		send(t, pub, "m", body)
	}
	for _, body := range []string{"there", "a3", "b2"} {
		require.Equal(t, []string{"m", body}, recv(t, sub))
	}
	requireEmpty(t, sub)
}

// TestBlockFor: Send waits for the slow subscriber as long as it may, and then leaves it out.
func TestBlockFor(t *testing.T) {
	const patient = 60 * time.Millisecond
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().Late == 0 {
			f.send("m")
		}
		full := f.sent
		start := time.Now()
		for f.losses().Late < 3 { // the kernel may have found more room
			f.send("m")
		}
		require.GreaterOrEqual(t, time.Since(start), patient)
		ctx, cancel := context.WithTimeout(context.Background(), patient/10)
		defer cancel()
		err := f.from.Send(ctx, ringmq.NewString("m", "the context is shorter"))
		require.True(t, err == nil || errors.Is(err, context.DeadlineExceeded))
		if err == nil {
			recv(t, f.quick)
		}
		if f.from.TrySend(ringmq.NewString("m", "not now")) == nil {
			recv(t, f.quick)
		}
		require.Equal(t, socket.Losses{Late: f.losses().Late}, f.losses())
		drain(t, f.slow, full-1)
	}, socket.WithOverflow(socket.BlockFor(patient)))
}

// TestBlockForGoesOn: a Send that waits goes on when the subscriber reads, and nothing is lost.
func TestBlockForGoesOn(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		n := fill(t, f.from, ringmq.NewString("m", "0 "+floodBody))
		done := begin(func() error { return f.from.Send(deadline(t), ringmq.NewString("m", "last")) })
		drained := begin(func() error {
			for range n + 1 {
				if _, err := f.quick.Recv(deadline(t)); err != nil {
					return err
				}
			}
			return nil
		})
		drain(t, f.slow, n)
		require.NoError(t, result(t, done))
		require.NoError(t, result(t, drained))
		require.Equal(t, []string{"m", "last"}, recv(t, f.slow))
		require.Zero(t, f.from.Stats().Dropped)
	}, socket.WithOverflow(socket.BlockFor(patience)))
}

// TestEvict: the slow subscriber is disconnected, which both sides see, and may come back; the other one gets everything.
func TestEvict(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		gone := f.slow.Monitor(deadline(t))
		for f.losses().Evictions == 0 {
			f.send("m")
		}
		evicted := await(t, f.events, socket.Evicted)
		require.ErrorIs(t, evicted.Err, socket.ErrEvicted)
		require.NotEmpty(t, evicted.Endpoint)
		require.NotEmpty(t, evicted.Peer)
		end := await(t, f.events, socket.Disconnected)
		require.Equal(t, evicted.PeerID, end.PeerID)
		require.ErrorIs(t, end.Err, socket.ErrEvicted)
		eventually(t, "it is back", func() bool { // what had arrived is received first
			send(t, f.from, "z", "")
			m, err := f.slow.TryRecv()
			return err == nil && string(m.Frame(0)) == "z"
		})
		await(t, gone, socket.Disconnected)
		require.Positive(t, f.losses().AtMark)
		require.GreaterOrEqual(t, f.from.Stats().Dropped, f.losses().AtMark)
	}, socket.WithOverflow(socket.Evict()))
}

// TestEvictLeavesWhatHasArrived: over inproc there is one queue, which is the subscriber's: it receives what was in it, and
// that counts as sent, whoever has bound.
func TestEvictLeavesWhatHasArrived(t *testing.T) {
	onInproc(t, func(t *testing.T, fresh func() string) {
		for _, weBind := range []bool{true, false} {
			pub := open(t, pubsub.NewPub, socket.WithOverflow(socket.Evict()), socket.WithSendHWM(floodMark))
			sub, at := open(t, pubsub.NewSub, socket.WithRecvHWM(floodMark)), fresh()
			left, lost := pub.Monitor(deadline(t)), sub.Monitor(deadline(t))
			require.NoError(t, sub.Subscribe(""))
			if weBind {
				join(t, pub, sub, bind(t, pub, at))
			} else {
				join(t, sub, pub, bind(t, sub, at))
			}
			require.NoError(t, pub.WaitSubscribers(deadline(t), 1))
			sent := uint64(0)
			for ; pub.Stats().Dropped == 0; sent++ {
				send(t, pub, "m", fmt.Sprint(sent))
			}
			await(t, left, socket.Disconnected)
			await(t, lost, socket.Disconnected)
			require.Equal(t, sent-1, pub.Stats().Sent)
			require.EqualValues(t, 1, pub.Stats().Dropped)
			for i := range sent - 1 {
				require.Equal(t, []string{"m", fmt.Sprint(i)}, recv(t, sub))
			}
			requireEmpty(t, sub)
		}
	})
}

// TestDropNewest is the default: what comes when the subscriber is at its mark.
func TestDropNewest(t *testing.T) {
	overFloods(t, func(t *testing.T, f *flood) {
		for f.losses().AtMark < 5 {
			f.send("m")
		}
		lost := f.losses()
		require.Equal(t, socket.Losses{AtMark: lost.AtMark}, lost)
		require.Equal(t, lost.AtMark, f.from.Stats().Dropped)
		for i := range floodMark {
			require.Equal(t, i, floodNumber(t, recv(t, f.slow)))
		}
	}, socket.WithOverflow(socket.DropNewest()))
}

// TestOverflowOfOtherTypes: an option that says what is to become of messages is not passed over in silence.
func TestOverflowOfOtherTypes(t *testing.T) {
	for _, name := range typeNames {
		for policy, o := range map[string]socket.Overflow{
			"DropOldest": socket.DropOldest(), "Conflate": socket.Conflate(nil), "Evict": socket.Evict(),
			"BlockFor(1s)": socket.BlockFor(time.Second),
		} {
			s, err := types[name](socket.WithOverflow(o))
			if name == "PUB" || name == "XPUB" || name == "RADIO" {
				require.NoError(t, err)
				shut(t, s)
				continue
			}
			requireInvalid(t, err, name, "Overflow", policy)
		}
		s, err := types[name](socket.WithOverflow(socket.DropOldest()), socket.WithOverflow(socket.DropNewest()))
		require.NoError(t, err)
		shut(t, s)
		s, err = types[name](socket.WithOverflow(socket.DropOldest()), socket.WithNoDrop())
		require.NoError(t, err, "the later counts")
		shut(t, s)
	}
}

func requireInvalid(t *testing.T, err error, kind, opt, value string) {
	t.Helper()
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	var e *ringmq.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Socket)
	require.Contains(t, e.Op, opt)
	require.Equal(t, value, e.Value)
}
