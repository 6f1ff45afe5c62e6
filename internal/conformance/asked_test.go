package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// asker makes a REQ with a spool.
func asker(t *testing.T, sp *spool.Spool, opts ...socket.Option) *reqrep.Req {
	t.Helper()
	return open(t, reqrep.NewReq, append([]socket.Option{socket.WithSpool(sp)}, opts...)...)
}

// reply receives a request, which is the one of the body in its nth delivery, and replies.
func reply(t *testing.T, rep *reqrep.Rep, body string, n int, answer string) {
	t.Helper()
	m := parcel(t, rep)
	require.Equal(t, []string{body}, text(m))
	d, _ := m.Delivery()
	require.Equal(t, n, d.Count)
	send(t, rep, answer)
}

// requireUnanswered asserts which request waits for its reply, "" for none.
func requireUnanswered(t *testing.T, req *reqrep.Req, body string) {
	t.Helper()
	m, ok := req.Unanswered()
	require.Equal(t, body != "", ok)
	if ok {
		require.Equal(t, []string{body}, text(m))
	}
}

// TestRequestsThroughASpool: in turns, and in one call; a reply acknowledges, and so does the next request.
func TestRequestsThroughASpool(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req, rep := asker(t, sp), open(t, reqrep.NewRep, socket.WithAck())
		events := req.Monitor(t.Context())
		link(t, rep, req, fresh())
		await(t, events, socket.DeliveryAcknowledged)
		for i := range 20 {
			q, a := fmt.Sprint("q", i), fmt.Sprint("a", i)
			send(t, req, q)
			requireUnanswered(t, req, q)
			require.ErrorIs(t, req.Send(deadline(t), ringmq.NewString("out of turn")), ringmq.ErrState)
			reply(t, rep, q, 1, a)
			m := parcel(t, req)
			require.Equal(t, []string{a}, text(m))
			d, _ := m.Delivery()
			require.Equal(t, ringmq.Delivery{Producer: sp.Producer(), Sequence: uint64(2*i + 1), Count: 1}, d)
			requireUnanswered(t, req, "")
			if i%2 == 0 {
				awaitUnacknowledged(t, sp, 1) // the reply is not dealt with
				require.NoError(t, m.Ack())
				awaitUnacknowledged(t, sp, 0)
			}
			_, err := req.TryRecv()
			require.ErrorIs(t, err, ringmq.ErrState)

			call := begin(func() error {
				m, err := req.Request(deadline(t), ringmq.NewString(q, "call"))
				return errors.Join(err, matches(m, a, "call"))
			})
			m = parcel(t, rep)
			require.Equal(t, []string{q, "call"}, text(m))
			send(t, rep, a, "call")
			require.NoError(t, result(t, call))
		}
		requireEmpty(t, rep)
	})
}

// matches is an error for a message of other frames.
func matches(m ringmq.Message, frames ...string) error {
	if fmt.Sprint(text(m)) != fmt.Sprint(frames) {
		return fmt.Errorf("%q instead of %q", text(m), frames)
	}
	return nil
}

// TestRequestSurvivesTheRequester: whether it died before it was connected, before the reply or before it was done with
// that, the next process finds the request, and the reply to it.
func TestRequestSurvivesTheRequester(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, dir := fresh(), t.TempDir()
		rep := open(t, reqrep.NewRep, socket.WithAck())
		bind(t, rep, at)
		sp := openSpool(t, dir)
		req := asker(t, sp)
		requireUnanswered(t, req, "")
		send(t, req, "q") // before there is a peer
		for count := 1; count <= 3; count++ {
			requireUnanswered(t, req, "q")
			require.ErrorIs(t, req.TrySend(ringmq.NewString("other")), ringmq.ErrState)
			require.NoError(t, req.Connect(at))
			switch count {
			case 1: // dies before the reply
				require.Equal(t, []string{"q"}, text(parcel(t, rep)))
				shut(t, req)
				awaitPeers(t, rep, 0)
				send(t, rep, "lost")
			case 2: // dies before it is done with the reply
				reply(t, rep, "q", 2, "a2")
				require.Equal(t, []string{"a2"}, text(parcel(t, req)))
				shut(t, req)
				awaitPeers(t, rep, 0)
			case 3:
				reply(t, rep, "q", 3, "a3")
				m := parcel(t, req)
				require.Equal(t, []string{"a3"}, text(m))
				require.NoError(t, m.Ack())
				shut(t, req)
			}
			require.NoError(t, sp.Close())
			sp = openSpool(t, dir)
			req = asker(t, sp)
		}
		requireUnanswered(t, req, "")
		awaitUnacknowledged(t, sp, 0)
		requireEmpty(t, rep)
	})
}

// TestRequestSurvivesTheReplier: it goes to the next, or again to the one that comes back.
func TestRequestSurvivesTheReplier(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req := asker(t, sp)
		at := bind(t, req, fresh())
		send(t, req, "q")
		for count := 1; count <= 3; count++ {
			rep := open(t, reqrep.NewRep, socket.WithAck())
			require.NoError(t, rep.Connect(at))
			if count < 3 {
				m := parcel(t, rep)
				d, _ := m.Delivery()
				require.Equal(t, ringmq.Delivery{Producer: sp.Producer(), Sequence: 1, Count: count}, d)
				shut(t, rep)
				continue
			}
			reply(t, rep, "q", 3, "a")
			require.Equal(t, []string{"a"}, recv(t, req))
		}
	})
}

// TestRequestAfterAReconnection: a REP that still has the first copy gets the second when it has replied to that, and the
// reply to the first is for nobody.
func TestRequestAfterAReconnection(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req, rep := asker(t, sp), open(t, reqrep.NewRep, socket.WithAck())
		bound := bind(t, rep, fresh())
		require.NoError(t, req.Connect(bound))
		send(t, req, "q")
		require.Equal(t, []string{"q"}, text(parcel(t, rep)))
		require.NoError(t, req.Disconnect(bound))
		awaitPeers(t, rep, 0)
		require.NoError(t, req.Connect(bound))
		awaitPeers(t, rep, 1)
		send(t, rep, "to nobody")
		reply(t, rep, "q", 2, "a")
		require.Equal(t, []string{"a"}, recv(t, req))
		requireEmpty(t, rep)
	})
}

// TestSlowReplier: a request is sent again while its REP has it, and one reply will do.
func TestSlowReplier(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		often := socket.Redelivery{AckTimeout: time.Millisecond, Backoff: time.Millisecond, MaxBackoff: time.Millisecond}
		req := asker(t, openSpool(t, t.TempDir()), socket.WithRedelivery(often))
		rep := open(t, reqrep.NewRep, socket.WithAck())
		link(t, rep, req, fresh())
		for i := range 3 {
			q, before := fmt.Sprint("q", i), req.Stats().Sent
			send(t, req, q)
			for {
				m := parcel(t, rep)
				if text(m)[0] == q {
					break
				}
				send(t, rep, "to a copy that came behind the reply")
			}
			eventually(t, "it is sent again", func() bool { return req.Stats().Sent > before+2 })
			send(t, rep, "a")
			m := parcel(t, req)
			require.Equal(t, []string{"a"}, text(m))
			d, _ := m.Delivery()
			require.Greater(t, d.Count, 1)
		}
	})
}

// TestReplyOfAnotherReplier: the request went to a second REP since the first is slow; the reply that comes first counts, from
// whomever, and the other does not.
func TestReplyOfAnotherReplier(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req := asker(t, sp, socket.WithRedelivery(socket.Redelivery{AckTimeout: moment}))
		first, second := open(t, reqrep.NewRep, socket.WithAck()), open(t, reqrep.NewRep, socket.WithAck())
		link(t, first, req, fresh())
		link(t, second, req, fresh())
		send(t, req, "q")
		m := parcel(t, first)
		require.Equal(t, []string{"q"}, text(m))
		require.Equal(t, []string{"q"}, text(parcel(t, second)))
		send(t, first, "a")
		require.Equal(t, []string{"a"}, recv(t, req))
		send(t, req, "next") // to the first
		send(t, second, "late")
		reply(t, first, "next", 1, "b")
		require.Equal(t, []string{"b"}, recv(t, req))
	})
}

// TestRefusedReply: Nack of the reply has the request sent again; Nack of the request too, and the REP owes no reply then.
func TestRefusedReply(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req, rep := asker(t, sp), open(t, reqrep.NewRep, socket.WithAck())
		link(t, rep, req, fresh())
		send(t, req, "q")
		reply(t, rep, "q", 1, "no good")
		m := parcel(t, req)
		require.NoError(t, m.Nack(time.Millisecond))
		require.NoError(t, m.Nack(0)) // it is the program's no more
		require.NoError(t, m.Ack())
		requireUnanswered(t, req, "q")

		m = parcel(t, rep)
		d, _ := m.Delivery()
		require.Equal(t, 2, d.Count)
		require.NoError(t, m.Ack()) // the reply is
		_, err := rep.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrState)
		require.NoError(t, m.Nack(time.Millisecond))
		require.ErrorIs(t, rep.TrySend(ringmq.NewString("late")), ringmq.ErrState)

		reply(t, rep, "q", 3, "good")
		require.Equal(t, []string{"good"}, recv(t, req))
	})
}

// TestRequestIsGivenUp: one that was sent too often becomes a dead letter, which Recv tells; put back, it takes its turn.
func TestRequestIsGivenUp(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req := asker(t, sp, socket.WithRedelivery(socket.Redelivery{Backoff: time.Millisecond, MaxDeliveries: 2}))
		rep := open(t, reqrep.NewRep, socket.WithAck())
		link(t, rep, req, fresh())
		send(t, req, "q")
		for range 2 {
			require.NoError(t, parcel(t, rep).Nack(0))
		}
		_, err := req.Recv(deadline(t))
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.ErrorContains(t, err, "given up")
		dead, err := sp.DeadLetters()
		require.NoError(t, err)
		require.Equal(t, 1, dead.Len())

		send(t, req, "next")
		require.Equal(t, []string{"next"}, text(parcel(t, rep)))
		_, err = dead.Requeue(deadline(t), 1) // while another has its turn
		require.NoError(t, err)
		send(t, rep, "a")
		require.NoError(t, parcel(t, req).Ack())
		reply(t, rep, "q", 1, "at last")
		requireUnanswered(t, req, "q")
		require.Equal(t, []string{"at last"}, recv(t, req))
	})
}

// TestGiveUp: the end of a Request's context ends the waiting alone; GiveUp ends the request.
func TestGiveUp(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req, rep := asker(t, sp), open(t, reqrep.NewRep, socket.WithAck())
		require.ErrorIs(t, req.GiveUp(), ringmq.ErrState)
		link(t, rep, req, fresh())
		leave := func(q string) { // has the context end when the request has arrived
			ctx, cancel := context.WithCancel(deadline(t))
			call := begin(func() error { _, err := req.Request(ctx, ringmq.NewString(q)); return err })
			require.Equal(t, []string{q}, text(parcel(t, rep)))
			cancel()
			require.ErrorIs(t, result(t, call), context.Canceled)
			requireUnanswered(t, req, q)
		}
		leave("q")
		send(t, rep, "a")
		require.Equal(t, []string{"a"}, recv(t, req))

		leave("r")
		_, err := req.Request(deadline(t), ringmq.NewString("s"))
		require.ErrorIs(t, err, ringmq.ErrState)
		waiting := blocked(t, func() error { _, err := req.Recv(deadline(t)); return err })
		require.NoError(t, req.GiveUp())
		require.ErrorIs(t, result(t, waiting), ringmq.ErrState)
		requireUnanswered(t, req, "")
		awaitUnacknowledged(t, sp, 0)
		send(t, req, "t")
		send(t, rep, "late")
		reply(t, rep, "t", 1, "b")
		require.Equal(t, []string{"b"}, recv(t, req))

		plain := open(t, reqrep.NewReq)
		require.ErrorIs(t, plain.GiveUp(), ringmq.ErrState)
		requireUnanswered(t, plain, "")
	})
}

// TestRequestsToPlainRepliers: refused, or given up to the one that they were written to.
func TestRequestsToPlainRepliers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		plain := open(t, reqrep.NewRep)
		bind(t, plain, at)
		strict := asker(t, openSpool(t, t.TempDir()))
		require.NoError(t, strict.Connect(at))
		send(t, strict, "q")

		sp := openSpool(t, t.TempDir())
		req := asker(t, sp, socket.WithPlainPeers(socket.AckOnWrite))
		events := req.Monitor(t.Context())
		require.NoError(t, req.Connect(at))
		await(t, events, socket.DeliveryOnWrite)
		send(t, req, "1")
		require.Equal(t, []string{"1"}, recv(t, plain))
		awaitUnacknowledged(t, sp, 0)
		requireUnanswered(t, req, "1")
		send(t, plain, "a")
		m := parcel(t, req)
		require.Equal(t, []string{"a"}, text(m))
		require.ErrorIs(t, m.Nack(0), ringmq.ErrState)
		send(t, req, "2")
		require.Equal(t, []string{"2"}, recv(t, plain))
		awaitUnacknowledged(t, sp, 0)
		shut(t, plain)
		_, err := req.Recv(deadline(t))
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.Zero(t, connected(strict))
		requireUnanswered(t, strict, "q")
	})
}

// TestRequestsToARouter: it acknowledges as its program says, which does not end the request, and is given it again.
func TestRequestsToARouter(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req := asker(t, sp, socket.WithRedelivery(socket.Redelivery{AckTimeout: moment, Backoff: time.Millisecond}))
		router := open(t, reqrep.NewRouter, socket.WithAck())
		link(t, router, req, fresh())
		send(t, req, "q")
		for count := 1; ; count++ {
			m := parcel(t, router)
			d, _ := m.Delivery()
			require.Equal(t, count, d.Count)
			if count%2 == 1 {
				require.NoError(t, m.Ack())
			}
			if count == 4 {
				fs := text(m)
				send(t, router, fs[0], fs[1], fs[2], "a")
				break
			}
		}
		require.Equal(t, []string{"a"}, recv(t, req))
	})
}

// TestDealerWithASpoolAsksARep: the reply acknowledges.
func TestDealerWithASpoolAsksARep(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		dealer, rep := open(t, reqrep.NewDealer, socket.WithSpool(sp)), open(t, reqrep.NewRep, socket.WithAutoAck())
		link(t, rep, dealer, fresh())
		send(t, dealer, "", "q")
		send(t, dealer, "no request")
		require.Equal(t, []string{"q"}, text(parcel(t, rep)))
		awaitUnacknowledged(t, sp, 1)
		send(t, rep, "a")
		require.Equal(t, []string{"", "a"}, recv(t, dealer))
		awaitUnacknowledged(t, sp, 0)
	})
}

// TestAutoAckOfReplies: the request is done with when the reply was received.
func TestAutoAckOfReplies(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req, rep := asker(t, sp, socket.WithAutoAck()), open(t, reqrep.NewRep, socket.WithAck())
		link(t, rep, req, fresh())
		send(t, req, "q")
		reply(t, rep, "q", 1, "a")
		require.Equal(t, []string{"a"}, recv(t, req))
		awaitUnacknowledged(t, sp, 0)
	})
}

// TestReplyThatIsThrownAway: with the connection that is ended on purpose; the request goes to another peer.
func TestReplyThatIsThrownAway(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		sp := openSpool(t, t.TempDir())
		req := asker(t, sp)
		first, second := open(t, reqrep.NewRep, socket.WithAck()), open(t, reqrep.NewRep, socket.WithAck())
		bound := bind(t, first, fresh())
		join(t, first, req, bound)
		send(t, req, "q")
		reply(t, first, "q", 1, "unread")
		awaitPending(t, req, 1)
		require.NoError(t, req.Disconnect(bound))
		awaitPeers(t, req, 0)
		link(t, second, req, fresh())
		reply(t, second, "q", 2, "a")
		require.Equal(t, []string{"a"}, recv(t, req))
	})
}

func TestOptionsOfAsking(t *testing.T) {
	sp := openSpool(t, t.TempDir())
	_, err := reqrep.NewReq(socket.WithSpool(sp), socket.WithRelaxed())
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, "GiveUp")
	_, err = reqrep.NewReq(socket.WithAck())
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	_, err = reqrep.NewRep(socket.WithSpool(sp))
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, "WithAck")
	req := asker(t, sp, socket.WithCorrelate())
	err = req.Send(deadline(t), ringmq.NewString("q").WithDeliverAt(time.Now()))
	require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
	_, err = reqrep.NewReq(socket.WithSpool(sp))
	require.ErrorIs(t, err, spool.ErrInUse)
}

// TestPollerOfAsking: a REQ with a spool takes a request when it is its turn, whether there is a peer or not.
func TestPollerOfAsking(t *testing.T) {
	req, rep := asker(t, openSpool(t, t.TempDir())), open(t, reqrep.NewRep, socket.WithAck())
	sends, receives := polling(t, socket.Writable, req), polling(t, socket.Readable, req)
	turn := []socket.Ready{{Socket: req, Readiness: socket.Writable}}
	require.Equal(t, turn, wait(t, sends, 1))
	send(t, req, "q")
	requireIdle(t, sends)
	requireIdle(t, receives)
	link(t, rep, req, freshTCP(t))
	reply(t, rep, "q", 1, "a")
	require.Equal(t, readable(req), wait(t, receives, 1))
	require.Equal(t, []string{"a"}, recv(t, req))
	require.Equal(t, turn, wait(t, sends, 1))
	requireIdle(t, receives)
}
