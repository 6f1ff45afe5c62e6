package conformance_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// serve answers a REP's next n requests with themselves and name in front.
func serve(t *testing.T, rep *reqrep.Rep, name string, n int) {
	t.Helper()
	for range n {
		send(t, rep, append([]string{name}, recv(t, rep)...)...)
	}
}

func TestRequestAndReply(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		for _, frames := range [][]string{{"one"}, {"one", "two"}, {"", "x"}, {""}, {"a", "", "b"}} {
			send(t, req, frames...)
			require.Equal(t, frames, recv(t, rep))
			send(t, rep, frames...)
			require.Equal(t, frames, recv(t, req))
		}
	})
}

// TestOutOfTurn: every call in every state that it does not fit is ErrState, and changes nothing.
func TestOutOfTurn(t *testing.T) {
	m := ringmq.NewString("out of turn")
	sends := func(t *testing.T, s sender) {
		t.Helper()
		require.ErrorIs(t, s.Send(deadline(t), m), ringmq.ErrState)
		require.ErrorIs(t, s.TrySend(m), ringmq.ErrState)
		require.ErrorIs(t, s.SendBytes(deadline(t), m.Frame(0)), ringmq.ErrState)
		n, err := s.SendBatch(deadline(t), []ringmq.Message{m, m})
		require.ErrorIs(t, err, ringmq.ErrState)
		require.Zero(t, n)
	}
	recvs := func(t *testing.T, r receiver) {
		t.Helper()
		_, err := r.Recv(deadline(t))
		require.ErrorIs(t, err, ringmq.ErrState)
		_, err = r.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrState)
		_, err = r.RecvBatch(deadline(t), make([]ringmq.Message, 2))
		require.ErrorIs(t, err, ringmq.ErrState)
	}
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		recvs(t, req)
		sends(t, rep)
		link(t, rep, req, fresh())
		for i := range 5 {
			recvs(t, req)
			sends(t, rep)
			send(t, req, "request", strconv.Itoa(i))
			sends(t, req)
			require.Equal(t, []string{"request", strconv.Itoa(i)}, recv(t, rep))
			recvs(t, rep)
			sends(t, req)
			send(t, rep, "reply", strconv.Itoa(i))
			sends(t, rep)
			awaitPending(t, req, 1)
			sends(t, req)
			require.Equal(t, []string{"reply", strconv.Itoa(i)}, recv(t, req))
		}
	})
}

// TestBatchesKeepTurns: a batch is a number of calls; all but the first are out of turn.
func TestBatchesKeepTurns(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		n, err := req.SendBatch(deadline(t), numbers(3))
		require.ErrorIs(t, err, ringmq.ErrState)
		require.Equal(t, 1, n)
		dst := make([]ringmq.Message, 3)
		n, err = rep.RecvBatch(deadline(t), dst)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []string{"0"}, text(dst[0]))
		n, err = rep.SendBatch(deadline(t), numbers(2))
		require.ErrorIs(t, err, ringmq.ErrState)
		require.Equal(t, 1, n)
		require.Equal(t, []string{"0"}, recv(t, req))
	})
}

// TestWaitingKeepsTheTurn: a call whose context ends leaves the state as it was.
func TestWaitingKeepsTheTurn(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		require.ErrorIs(t, req.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
		require.ErrorIs(t, req.Send(soon(t), ringmq.NewString("x")), context.DeadlineExceeded)
		_, err := req.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrState)
		link(t, rep, req, fresh())
		send(t, req, "request")
		_, err = req.Recv(soon(t))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, req.TrySend(ringmq.NewString("x")), ringmq.ErrState)
		serve(t, rep, "rep", 1)
		require.Equal(t, []string{"rep", "request"}, recv(t, req))
	})
}

// TestReqTakesTurns: each request goes to the next of the peers.
func TestReqTakesTurns(t *testing.T) {
	const servers = 3
	everywhere(t, func(t *testing.T, fresh func() string) {
		req := open(t, reqrep.NewReq)
		var reps []*reqrep.Rep
		for range servers {
			reps = append(reps, open(t, reqrep.NewRep))
			link(t, reps[len(reps)-1], req, fresh())
		}
		for i := range 3 * servers {
			send(t, req, strconv.Itoa(i))
			rep := reps[i%servers]
			serve(t, rep, strconv.Itoa(i%servers), 1)
			require.Equal(t, []string{strconv.Itoa(i % servers), strconv.Itoa(i)}, recv(t, req))
		}
	})
}

// TestRepServesRequestersInTurn: nobody is served twice while others wait.
func TestRepServesRequestersInTurn(t *testing.T) {
	const clients = 4
	everywhere(t, func(t *testing.T, fresh func() string) {
		rep := open(t, reqrep.NewRep)
		bound := bind(t, rep, fresh())
		var reqs []*reqrep.Req
		for range clients {
			reqs = append(reqs, open(t, reqrep.NewReq))
			join(t, rep, reqs[len(reqs)-1], bound)
		}
		for round := range 5 {
			for i, req := range reqs {
				send(t, req, fmt.Sprint(round, i))
			}
			awaitPending(t, rep, clients)
			seen := map[string]bool{}
			for range clients {
				m := recv(t, rep)
				seen[m[0]] = true
				send(t, rep, m...)
			}
			require.Len(t, seen, clients)
			for i, req := range reqs {
				require.Equal(t, []string{fmt.Sprint(round, i)}, recv(t, req))
			}
		}
	})
}

// TestReqOnTheWire: an empty frame stands in front of the body (RFC 28), which ROUTER and DEALER see.
func TestReqOnTheWire(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		t.Run("router", func(t *testing.T) {
			req, router := open(t, reqrep.NewReq, socket.WithIdentity("client")), open(t, reqrep.NewRouter)
			link(t, router, req, fresh())
			send(t, req, "a", "", "b")
			require.Equal(t, []string{"client", "", "a", "", "b"}, recv(t, router))
			send(t, router, "client", "", "", "c")
			require.Equal(t, []string{"", "c"}, recv(t, req))
		})
		t.Run("dealer to rep", func(t *testing.T) {
			dealer, rep := open(t, reqrep.NewDealer), open(t, reqrep.NewRep)
			link(t, rep, dealer, fresh())
			send(t, dealer, "", "a", "b")
			require.Equal(t, []string{"a", "b"}, recv(t, rep))
			send(t, rep, "c")
			require.Equal(t, []string{"", "c"}, recv(t, dealer))
		})
		t.Run("any envelope", func(t *testing.T) {
			dealer, rep := open(t, reqrep.NewDealer), open(t, reqrep.NewRep)
			link(t, rep, dealer, fresh())
			for i := range 20 { // the envelope is restored though the request is released
				send(t, dealer, "way", "back", fmt.Sprint(i), "", "body", "")
				m, err := rep.Recv(deadline(t))
				require.NoError(t, err)
				require.Equal(t, []string{"body", ""}, text(m))
				m.Release()
				require.NoError(t, rep.SendBytes(deadline(t), []byte("reply")))
			}
			for i := range 20 { // and is the receiver's own: later requests do not change it
				require.Equal(t, []string{"way", "back", fmt.Sprint(i), "", "reply"}, recv(t, dealer))
			}
		})
	})
}

// TestRequestsWithoutDelimiter are passed over silently: there is no way back.
func TestRequestsWithoutDelimiter(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		dealer, rep := open(t, reqrep.NewDealer), open(t, reqrep.NewRep)
		link(t, rep, dealer, fresh())
		send(t, dealer, "no delimiter")
		send(t, dealer, "none", "here", "either")
		send(t, dealer, "", "good")
		require.Equal(t, []string{"good"}, recv(t, rep))
		send(t, rep, "reply")
		require.Equal(t, []string{"", "reply"}, recv(t, dealer))
		requireEmpty(t, rep)
	})
}

// TestStaleReplies: a second reply, or one that nobody waits for, does not become the answer to the next request. On a
// stream one that is still under way could not be told from the answer; over inproc none is.
func TestStaleReplies(t *testing.T) {
	req, router := open(t, reqrep.NewReq, socket.WithIdentity("r")), open(t, reqrep.NewRouter)
	link(t, router, req, freshInproc(t))
	send(t, router, "r", "", "before any request")
	for i := range 10 {
		want := fmt.Sprint("reply", i)
		send(t, req, "request")
		require.Equal(t, []string{"r", "", "request"}, recv(t, router))
		send(t, router, "r", "", want)
		send(t, router, "r", "", "again")
		send(t, router, "r", "", "and again")
		require.Equal(t, []string{want}, recv(t, req))
	}
}

// TestReplyOfAnotherPeer: only who was asked can answer.
func TestReplyOfAnotherPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req := open(t, reqrep.NewReq, socket.WithIdentity("r"))
		first, second := open(t, reqrep.NewRouter), open(t, reqrep.NewRouter)
		link(t, first, req, fresh())
		link(t, second, req, fresh())
		send(t, req, "to the first")
		require.Equal(t, []string{"r", "", "to the first"}, recv(t, first))
		for range 10 {
			send(t, second, "r", "", "nobody asked")
		}
		send(t, first, "r", "", "one")
		require.Equal(t, []string{"one"}, recv(t, req))
		send(t, req, "to the second")
		for range 10 {
			send(t, first, "r", "", "too late")
		}
		require.Equal(t, []string{"r", "", "to the second"}, recv(t, second))
	})
}

// TestMalformedReply: over inproc it is passed over; a stream ends, and other peers go on.
func TestMalformedReply(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		endpoint := fresh()
		req := open(t, reqrep.NewReq, socket.WithIdentity("r"))
		router := open(t, reqrep.NewRouter)
		link(t, router, req, endpoint)
		events := router.Monitor(deadline(t))
		send(t, req, "request")
		require.Equal(t, []string{"r", "", "request"}, recv(t, router))
		send(t, router, "r", "no delimiter")
		if isLocal(endpoint) {
			send(t, router, "r", "", "good")
			require.Equal(t, []string{"good"}, recv(t, req))
			return
		}
		await(t, events, socket.Disconnected)
	})
}

// TestVanishedRequester: its reply is dropped and counted, and the next is served.
func TestVanishedRequester(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		rep, gone, next := open(t, reqrep.NewRep), open(t, reqrep.NewReq), open(t, reqrep.NewReq)
		bound := bind(t, rep, fresh())
		join(t, rep, gone, bound)
		send(t, gone, "ask and leave")
		require.Equal(t, []string{"ask and leave"}, recv(t, rep))
		shut(t, gone)
		awaitPeers(t, rep, 0)
		before := rep.Stats()
		send(t, rep, "for nobody")
		after := rep.Stats()
		require.EqualValues(t, 1, after.Dropped-before.Dropped)
		require.Equal(t, before.Sent, after.Sent)

		join(t, rep, next, bound)
		send(t, next, "request")
		serve(t, rep, "rep", 1)
		require.Equal(t, []string{"rep", "request"}, recv(t, next))
	})
}

// TestRequestOfAVanishedRequester: one that left its request behind is answered into the void; the turn goes on.
func TestRequestOfAVanishedRequester(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		rep, gone := open(t, reqrep.NewRep), open(t, reqrep.NewReq, socket.WithLinger(patience))
		bound := bind(t, rep, fresh())
		join(t, rep, gone, bound)
		send(t, gone, "ask and leave")
		awaitPending(t, rep, 1)
		shut(t, gone)
		awaitPeers(t, rep, 0)
		require.Equal(t, []string{"ask and leave"}, recv(t, rep))
		send(t, rep, "for nobody")
		require.EqualValues(t, 1, rep.Stats().Dropped)
		_, err := rep.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrWouldBlock)
	})
}

// broker forwards between a ROUTER and a DEALER until ctx ends.
func broker(ctx context.Context, front *reqrep.Router, back *reqrep.Dealer) {
	forward := func(from receiver, to sender) {
		for {
			m, err := from.Recv(ctx)
			if err != nil || to.Send(ctx, m) != nil {
				return
			}
		}
	}
	go forward(front, back)
	go forward(back, front)
}

// TestEnvelopesThroughBrokers: requests of many clients through several brokers to several servers, at once; each reply
// comes back to who asked.
func TestEnvelopesThroughBrokers(t *testing.T) {
	const hops, clients, servers, each = 3, 4, 2, 50
	everywhere(t, func(t *testing.T, fresh func() string) {
		ctx, cancel := context.WithCancel(deadline(t))
		defer cancel()
		entry := fresh()
		front := entry
		for range hops {
			r, d := open(t, reqrep.NewRouter), open(t, reqrep.NewDealer)
			bind(t, r, front)
			front = fresh()
			require.NoError(t, d.Connect(front))
			broker(ctx, r, d)
		}
		last, workers := open(t, reqrep.NewRouter), open(t, reqrep.NewDealer)
		bind(t, last, front)
		back := bind(t, workers, fresh())
		broker(ctx, last, workers)
		for range servers {
			rep := open(t, reqrep.NewRep)
			require.NoError(t, rep.Connect(back))
			go func() {
				for m, err := range rep.Messages(ctx) {
					if err != nil || rep.Send(ctx, m) != nil {
						return
					}
				}
			}()
		}
		done := make(chan error, clients)
		for i := range clients {
			req := open(t, reqrep.NewReq)
			require.NoError(t, req.Connect(entry))
			go func() { done <- askAll(ctx, req, fmt.Sprint("client", i), each) }()
		}
		for range clients {
			require.NoError(t, result(t, done))
		}
	})
}

// askAll sends requests and checks that each comes back.
func askAll(ctx context.Context, req *reqrep.Req, name string, n int) error {
	for i := range n {
		if err := req.Send(ctx, ringmq.NewString(name, "", fmt.Sprint(i))); err != nil {
			return err
		}
		m, err := req.Recv(ctx)
		if err != nil {
			return err
		}
		if got, want := fmt.Sprint(text(m)), fmt.Sprint([]string{name, "", fmt.Sprint(i)}); got != want {
			return fmt.Errorf("reply %q to %q", got, want)
		}
		m.Release()
	}
	return nil
}
