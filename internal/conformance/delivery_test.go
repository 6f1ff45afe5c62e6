package conformance_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// openSpool opens a spool that is closed after the sockets of the test.
func openSpool(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	sp, err := spool.Open(dir, spool.WithSync(spool.Written), spool.WithSegmentSize(1<<20))
	require.NoError(t, err)
	t.Cleanup(func() { _ = sp.Close() }) // the test may have closed it
	return sp
}

// parcel receives a message that was sent through a spool.
func parcel(t *testing.T, r receiver) ringmq.Message {
	t.Helper()
	m, err := r.Recv(deadline(t))
	require.NoError(t, err)
	_, ok := m.Delivery()
	require.True(t, ok, "%q did not come through a spool", text(m))
	return m
}

// awaitUnacknowledged waits until the consumer has n messages that are not acknowledged.
func awaitUnacknowledged(t *testing.T, sp *spool.Spool, n uint64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages are not acknowledged", n), func() bool {
		c := sp.Consumers()
		return len(c) == 1 && c[0].Pending == n
	})
}

func TestSpooledMessagesAreAcknowledged(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		link(t, pull, push, fresh())
		const n = 5000
		go func() {
			for i := range n {
				_ = push.SendBytes(t.Context(), []byte("m"), fmt.Appendf(nil, "%d", i))
			}
		}()
		for i := range n {
			m := parcel(t, pull)
			require.Equal(t, []string{"m", fmt.Sprint(i)}, text(m))
			require.NoError(t, m.Ack())
			m.Release()
		}
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestNackedMessageComesAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		link(t, pull, push, fresh())
		send(t, push, "a")
		for count := 1; count <= 3; count++ {
			m := parcel(t, pull)
			require.Equal(t, []string{"a"}, text(m))
			d, _ := m.Delivery()
			require.Equal(t, ringmq.Delivery{Producer: sp.Producer(), Sequence: 1, Count: count}, d)
			require.NoError(t, m.Nack(time.Duration(count)*time.Millisecond))
		}
		require.NoError(t, parcel(t, pull).Ack())
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestSpooledMessagesSurviveTheSender(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		dir, at := t.TempDir(), fresh()
		pull := open(t, pipeline.NewPull, socket.WithAck())
		bind(t, pull, at)
		sp := openSpool(t, dir)
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		send(t, push, "a") // before there is a peer
		require.NoError(t, push.Connect(at))
		require.Equal(t, []string{"a"}, text(parcel(t, pull))) // not acknowledged
		require.NoError(t, push.Close())
		require.NoError(t, sp.Close())

		sp = openSpool(t, dir)
		push = open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithRedelivery(socket.Redelivery{AckTimeout: moment}))
		send(t, push, "b")
		require.NoError(t, push.Connect(at))
		got := map[string]bool{}
		for len(got) < 2 { // the program has forgotten the first, which the sender finds out
			m := parcel(t, pull)
			require.NoError(t, m.Ack())
			got[text(m)[0]] = true
		}
		require.Equal(t, map[string]bool{"a": true, "b": true}, got)
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestSpooledMessagesSurviveTheReceiver(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		sp := openSpool(t, t.TempDir())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		bind(t, push, at)
		first := open(t, pipeline.NewPull, socket.WithAck())
		require.NoError(t, first.Connect(at))
		for i := range 10 {
			send(t, push, fmt.Sprint(i))
		}
		for i := range 5 {
			m := parcel(t, first)
			require.Equal(t, []string{fmt.Sprint(i)}, text(m))
			if i%2 == 0 {
				require.NoError(t, m.Ack())
			}
		}
		awaitUnacknowledged(t, sp, 7)
		require.NoError(t, first.Close())

		second := open(t, pipeline.NewPull, socket.WithAck())
		require.NoError(t, second.Connect(at))
		for _, i := range []int{1, 3, 5, 6, 7, 8, 9} {
			m := parcel(t, second)
			require.Equal(t, []string{fmt.Sprint(i)}, text(m))
			require.NoError(t, m.Ack())
		}
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestReceiverRemembersWhatItHasProcessed(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		from, to := t.TempDir(), t.TempDir()
		sp := openSpool(t, from)
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		memory := openSpool(t, to)
		pull := open(t, pipeline.NewPull, socket.WithSpool(memory))
		link(t, pull, push, fresh())
		send(t, push, "a")
		a := parcel(t, pull)
		require.NoError(t, push.Close()) // it does not hear of the acknowledgement
		require.NoError(t, a.Ack())
		require.NoError(t, pull.Close())
		require.NoError(t, sp.Close())
		require.NoError(t, memory.Close())

		sp, memory = openSpool(t, from), openSpool(t, to)
		push = open(t, pipeline.NewPush, socket.WithSpool(sp))
		pull = open(t, pipeline.NewPull, socket.WithSpool(memory))
		link(t, pull, push, fresh())
		send(t, push, "b")
		b := parcel(t, pull)
		require.Equal(t, []string{"b"}, text(b))
		require.NoError(t, b.Ack())
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestCopyOfAMessageInHand(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		bound := bind(t, pull, fresh())
		require.NoError(t, push.Connect(bound))
		send(t, push, "a")
		a := parcel(t, pull)
		require.NoError(t, push.Disconnect(bound)) // the connection ends, and the sender sends it again
		awaitPeers(t, pull, 0)
		require.NoError(t, push.Connect(bound))
		send(t, push, "b")
		b := parcel(t, pull)
		require.Equal(t, []string{"b"}, text(b), "the program has a already")
		require.NoError(t, b.Ack())
		awaitUnacknowledged(t, sp, 1)
		require.NoError(t, a.Ack())
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestDeadLetters(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithRedelivery(socket.Redelivery{
			AckTimeout: moment, Backoff: time.Millisecond, MaxDeliveries: 2,
		}))
		link(t, pull, push, fresh())
		send(t, push, "poison")
		send(t, push, "silence")
		counts := map[string]int{}
		for range 4 {
			m := parcel(t, pull)
			name := text(m)[0]
			counts[name]++
			d, _ := m.Delivery()
			require.Equal(t, counts[name], d.Count, name)
			if name == "poison" {
				require.NoError(t, m.Nack(0))
			}
		}
		require.Equal(t, map[string]int{"poison": 2, "silence": 2}, counts)
		awaitUnacknowledged(t, sp, 0)
		dead, err := sp.DeadLetters()
		require.NoError(t, err)
		reasons := map[string]string{}
		for letter, err := range dead.All() {
			require.NoError(t, err)
			reasons[text(letter.Message)[0]] = letter.Reason
		}
		require.Equal(t, map[string]string{"poison": "refused", "silence": "not acknowledged in time"}, reasons)
	})
}

func TestKeyKeepsItsOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithWindow(4))
		a, b := open(t, pipeline.NewPull, socket.WithAck()), open(t, pipeline.NewPull, socket.WithAck())
		bound := bind(t, push, fresh())
		join(t, push, a, bound)
		join(t, push, b, bound)
		const n = 200
		go func() {
			for i := range n {
				m := ringmq.NewString(fmt.Sprint(i)).WithKey(fmt.Appendf(nil, "key-%d", i%5))
				_ = push.Send(t.Context(), m)
			}
		}()
		type arrival struct {
			i    int
			from *pipeline.Pull
		}
		arrived := make(chan arrival, n)
		for _, pull := range []*pipeline.Pull{a, b} {
			go func() {
				for m, err := range pull.Messages(t.Context()) {
					if err != nil {
						return
					}
					var i int
					_, _ = fmt.Sscan(text(m)[0], &i)
					arrived <- arrival{i, pull}
					_ = m.Ack()
				}
			}()
		}
		last, peers := map[int]int{}, map[*pipeline.Pull]int{}
		for range n {
			got := <-arrived
			key := got.i % 5
			if before, ok := last[key]; ok {
				require.Equal(t, before+5, got.i, "key %d", key)
			}
			last[key] = got.i
			peers[got.from]++
		}
		require.Len(t, peers, 2, "keys go to all peers")
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestKeyWaitsForARefusedMessage(t *testing.T) {
	sp := openSpool(t, t.TempDir())
	pull := open(t, pipeline.NewPull, socket.WithAck())
	push := open(t, pipeline.NewPush, socket.WithSpool(sp))
	link(t, pull, push, freshInproc(t))
	key := func(s string) ringmq.Message { return ringmq.NewString(s).WithKey([]byte("k")) }
	require.NoError(t, push.Send(deadline(t), key("1")))
	m := parcel(t, pull)
	require.NoError(t, m.Nack(while))
	eventually(t, "the refusal has arrived", func() bool {
		c := sp.Consumers()[0]
		return c.InFlight == 0 && c.Waiting == 1
	})
	require.NoError(t, push.Send(deadline(t), key("2")))
	send(t, push, "other")
	for _, want := range []string{"other", "1", "2"} {
		m := parcel(t, pull)
		require.Equal(t, []string{want}, text(m))
		require.NoError(t, m.Ack())
	}
	awaitUnacknowledged(t, sp, 0)
}

// while is longer than a message takes that nobody holds back, on a busy machine too.
const while = 600 * time.Millisecond

func TestDeliverAt(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAutoAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		link(t, pull, push, fresh())
		at := time.Now().Add(while)
		require.NoError(t, push.Send(deadline(t), ringmq.NewString("later").WithDeliverAt(at)))
		send(t, push, "now")
		require.Equal(t, []string{"now"}, text(parcel(t, pull)))
		require.Equal(t, []string{"later"}, text(parcel(t, pull)))
		require.False(t, time.Now().Before(at), "it came too early")
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestAutoAck(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAutoAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		link(t, pull, push, fresh())
		for i := range 3 {
			send(t, push, fmt.Sprint(i))
		}
		awaitPending(t, pull, 3)
		awaitUnacknowledged(t, sp, 3)
		require.Equal(t, []string{"0"}, text(parcel(t, pull)))
		awaitUnacknowledged(t, sp, 2)
		_, err := pull.RecvBatch(deadline(t), make([]ringmq.Message, 5))
		require.NoError(t, err)
		awaitUnacknowledged(t, sp, 0)
	})
}

// A window bounds what is on its way to a peer that receives nothing; the rest stays in the spool.
func TestWindow(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithWindow(3))
		link(t, pull, push, fresh())
		for i := range 10 {
			send(t, push, fmt.Sprint(i))
		}
		var got []ringmq.Message
		for range 3 {
			got = append(got, parcel(t, pull))
		}
		_, err := pull.Recv(soon(t))
		require.Error(t, err, "no more than the window is on its way")
		require.Equal(t, 3, sp.Consumers()[0].InFlight)
		require.NoError(t, got[1].Ack()) // selectively
		m := parcel(t, pull)
		require.Equal(t, []string{"3"}, text(m))
		awaitUnacknowledged(t, sp, 9)
	})
}

func TestRequire(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		sp := openSpool(t, t.TempDir())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithPlainPeers(socket.Require))
		plain := open(t, pipeline.NewPull)
		bind(t, plain, at)
		events := push.Monitor(t.Context())
		require.NoError(t, push.Connect(at))
		send(t, push, "a")
		if !isLocal(at) {
			e := await(t, events, socket.HandshakeFailed)
			require.ErrorContains(t, e.Err, "does not acknowledge")
		}
		require.Zero(t, connected(push))
		require.NoError(t, plain.Close())

		pull := open(t, pipeline.NewPull, socket.WithAck())
		bind(t, pull, at)
		m := parcel(t, pull)
		require.Equal(t, []string{"a"}, text(m))
		await(t, events, socket.DeliveryAcknowledged)
		require.NoError(t, m.Ack())
		awaitUnacknowledged(t, sp, 0)
	})
}

func TestAckOnWrite(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull)
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithPlainPeers(socket.AckOnWrite), socket.WithWindow(2))
		events := push.Monitor(t.Context())
		send(t, push, "before")
		link(t, pull, push, fresh())
		await(t, events, socket.DeliveryOnWrite)
		for i := range 100 {
			send(t, push, fmt.Sprint(i))
		}
		require.Equal(t, []string{"before"}, recv(t, pull))
		for i := range 100 {
			m, err := pull.Recv(deadline(t))
			require.NoError(t, err)
			require.Equal(t, []string{fmt.Sprint(i)}, text(m))
			_, ok := m.Delivery()
			require.False(t, ok)
			require.NoError(t, m.Ack())
			require.ErrorIs(t, m.Nack(0), ringmq.ErrState)
		}
		awaitUnacknowledged(t, sp, 0)
	})
}

// What arrived over a connection that has ended, and was not received, does not get behind what follows.
func TestOrderAcrossConnections(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		dir := t.TempDir()
		pull := open(t, pipeline.NewPull, socket.WithAck())
		bound := bind(t, pull, fresh())
		n := 0
		for round := range 3 {
			sp := openSpool(t, dir)
			push := open(t, pipeline.NewPush, socket.WithSpool(sp))
			require.NoError(t, push.Connect(bound))
			for range 3 {
				require.NoError(t, push.Send(deadline(t), ringmq.NewString(fmt.Sprint(n)).WithKey([]byte("k"))))
				n++
			}
			eventually(t, "all that there is has arrived", func() bool { return sp.Consumers()[0].InFlight == n })
			if round < 2 {
				require.NoError(t, push.Close())
				require.NoError(t, sp.Close())
				awaitPeers(t, pull, 0)
			}
		}
		for i := range n {
			m := parcel(t, pull)
			require.Equal(t, []string{fmt.Sprint(i)}, text(m))
			require.NoError(t, m.Ack())
		}
		requireEmpty(t, pull)
	})
}

func TestSpoolNeedsASocketForIt(t *testing.T) {
	sp := openSpool(t, t.TempDir())
	for name, build := range map[string]func(...socket.Option) error{
		"SUB":  func(o ...socket.Option) error { _, err := pubsub.NewSub(o...); return err },
		"XSUB": func(o ...socket.Option) error { _, err := pubsub.NewXSub(o...); return err },
		"REP":  func(o ...socket.Option) error { _, err := reqrep.NewRep(o...); return err },
	} {
		require.ErrorIs(t, build(socket.WithSpool(sp)), ringmq.ErrInvalidOption, name)
		if name != "REP" {
			require.ErrorIs(t, build(socket.WithAck()), ringmq.ErrInvalidOption, name)
		}
	}
	open(t, pipeline.NewPush, socket.WithSpool(sp))
	_, err := pipeline.NewPush(socket.WithSpool(sp))
	require.ErrorIs(t, err, spool.ErrInUse)
	require.ErrorContains(t, err, "PUSH")
}

// A full spool holds senders up, or is an error, as its policy says; an acknowledgement makes room.
func TestFullSpool(t *testing.T) {
	for _, full := range []spool.Full{spool.Block, spool.Reject} {
		sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Written), spool.WithMaxBytes(1<<16, full))
		require.NoError(t, err)
		defer sp.Close()
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		m := ringmq.NewMessage(make([]byte, 1<<10))
		n := 0
		for err == nil {
			if err = push.TrySend(m); err == nil {
				n++
			}
			require.Less(t, n, 1<<10)
		}
		if full == spool.Reject {
			require.ErrorIs(t, err, spool.ErrFull)
			continue
		}
		require.ErrorIs(t, err, ringmq.ErrWouldBlock)
		waiting := blocked(t, func() error { return push.Send(deadline(t), m) })
		pull := open(t, pipeline.NewPull, socket.WithAutoAck())
		link(t, pull, push, freshInproc(t))
		for range n + 1 {
			parcel(t, pull)
		}
		require.NoError(t, result(t, waiting))
		awaitUnacknowledged(t, sp, 0)
		require.NoError(t, push.Close())
	}
}

// Close does not wait for those who wait for room in a full spool.
func TestCloseWhileASpoolIsFull(t *testing.T) {
	full, err := spool.Open(t.TempDir(), spool.WithSync(spool.Written), spool.WithMaxBytes(1<<16, spool.Block))
	require.NoError(t, err)
	defer full.Close()
	m := ringmq.NewMessage(make([]byte, 1<<10))
	for err == nil {
		_, err = full.Append(soon(t), spool.Entry{Message: m})
	}
	push := open(t, pipeline.NewPush, socket.WithSpool(full))
	router := open(t, reqrep.NewRouter, socket.WithSpool(full))
	waiting := blockedAll(
		t, func() error { return push.Send(context.Background(), m) },
		func() error { return push.SendBytes(context.Background(), m.Frame(0)) },
		func() error { _, err := push.SendBatch(context.Background(), []ringmq.Message{m}); return err },
		func() error { return router.Send(context.Background(), ringmq.NewMessage([]byte("d"), m.Frame(0))) },
	)
	require.NoError(t, push.Close())
	require.NoError(t, router.Close())
	for _, w := range waiting {
		require.ErrorIs(t, result(t, w), ringmq.ErrClosed)
	}
}

// A socket that closes waits for acknowledgements as long as it lingers, and what it leaves is not lost.
func TestCloseWaitsForAcknowledgements(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		pull := open(t, pipeline.NewPull, socket.WithAck())
		push := open(t, pipeline.NewPush, socket.WithSpool(sp))
		link(t, pull, push, fresh())
		send(t, push, "a")
		m := parcel(t, pull)
		closing := blocked(t, func() error { return push.Shutdown(deadline(t)) })
		require.NoError(t, m.Ack())
		require.NoError(t, result(t, closing))
		awaitUnacknowledged(t, sp, 0)
		require.Zero(t, push.Stats().Dropped)
		require.ErrorIs(t, push.Send(deadline(t), ringmq.NewString("b")), ringmq.ErrClosed)
	})
}

// A DEALER sends through its spool and acknowledges what its peer sends through another.
func TestDealersWithSpools(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		spools := []*spool.Spool{openSpool(t, t.TempDir()), openSpool(t, t.TempDir())}
		a := open(t, reqrep.NewDealer, socket.WithSpool(spools[0]), socket.WithWindow(8))
		b := open(t, reqrep.NewDealer, socket.WithSpool(spools[1]), socket.WithWindow(8))
		link(t, a, b, fresh())
		const n = 300
		run := func(d *reqrep.Dealer) error {
			for i := range n {
				if err := d.Send(t.Context(), ringmq.NewString(fmt.Sprint(i))); err != nil {
					return err
				}
			}
			for i := range n {
				m, err := d.Recv(t.Context())
				if err != nil {
					return err
				}
				if text(m)[0] != fmt.Sprint(i) {
					return fmt.Errorf("%q arrived instead of %d", text(m), i)
				}
				if err := m.Ack(); err != nil {
					return err
				}
			}
			return nil
		}
		other := begin(func() error { return run(b) })
		require.NoError(t, run(a))
		require.NoError(t, result(t, other))
		for _, sp := range spools {
			awaitUnacknowledged(t, sp, 0)
		}
	})
}

// A ROUTER acknowledges what DEALERs send, and answers without a spool.
func TestRouterAcknowledges(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		router := open(t, reqrep.NewRouter, socket.WithAck())
		dealer := open(t, reqrep.NewDealer, socket.WithSpool(sp), socket.WithIdentity("d"))
		link(t, router, dealer, fresh())
		send(t, dealer, "question")
		m := parcel(t, router)
		require.Equal(t, []string{"d", "question"}, text(m))
		send(t, router, "d", "answer")
		answer, err := dealer.Recv(deadline(t))
		require.NoError(t, err)
		require.Equal(t, []string{"answer"}, text(answer))
		_, ok := answer.Delivery()
		require.False(t, ok, "the router has no spool")
		require.NoError(t, m.Ack())
		awaitUnacknowledged(t, sp, 0)
	})
}
