package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestCorrelate: with the option, and only then, a number stands in front of each request, which comes back through
// brokers and a REP like the rest of the envelope.
func TestCorrelate(t *testing.T) {
	for name, opts := range map[string][]socket.Option{
		"off": nil, "on": {socket.WithCorrelate()}, "relaxed": {socket.WithRelaxed()},
		"on and relaxed": {socket.WithCorrelate(), socket.WithRelaxed()},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				req, rep := open(t, reqrep.NewReq, opts...), open(t, reqrep.NewRep)
				front, back := open(t, reqrep.NewRouter), open(t, reqrep.NewDealer)
				link(t, front, req, fresh())
				link(t, back, rep, fresh())
				numbers := map[string]bool{}
				for i := range 5 {
					send(t, req, "body", strconv.Itoa(i))
					m := recv(t, front)
					if name[:2] == "on" {
						require.Len(t, m, 5)
						require.Len(t, m[1], 4)
						numbers[m[1]] = true
						require.Len(t, numbers, i+1)
					}
					require.Equal(t, []string{"", "body", strconv.Itoa(i)}, m[len(m)-3:])
					send(t, back, m...)
					serve(t, rep, "rep", 1)
					send(t, front, recv(t, back)...)
					require.Equal(t, []string{"rep", "body", strconv.Itoa(i)}, recv(t, req))
				}
			})
		})
	}
}

// TestCorrelatedReply: only the one with the number of the request counts; others are passed over.
func TestCorrelatedReply(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, router := open(t, reqrep.NewReq, socket.WithCorrelate()), open(t, reqrep.NewRouter)
		link(t, router, req, fresh())
		last := "\x00\x00\x00\x00"
		for i := range 5 {
			send(t, req, "request")
			m := recv(t, router)
			id, number := m[0], m[1]
			send(t, router, id, "", "without a number")
			send(t, router, id, last, "", "with the last one's")
			send(t, router, id, number, "", "reply", strconv.Itoa(i))
			send(t, router, id, number, "", "again")
			require.Equal(t, []string{"reply", strconv.Itoa(i)}, recv(t, req))
			last = number
		}
	})
	t.Run("not asked for", func(t *testing.T) {
		everywhere(t, func(t *testing.T, fresh func() string) {
			req, router := open(t, reqrep.NewReq), open(t, reqrep.NewRouter)
			link(t, router, req, fresh())
			send(t, req, "request")
			id := recv(t, router)[0]
			send(t, router, id, "abcd", "", "with a number")
			send(t, router, id, "", "reply")
			require.Equal(t, []string{"reply"}, recv(t, req))
		})
	})
}

// TestRelaxed: the next request may be sent at any time and goes to the next peer; the reply to the one before does not
// count, whether it is on its way or there already.
func TestRelaxed(t *testing.T) {
	for name, opts := range map[string][]socket.Option{
		"relaxed": {socket.WithRelaxed()}, "correlated": {socket.WithRelaxed(), socket.WithCorrelate()},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				req, first, second := open(t, reqrep.NewReq, opts...), open(t, reqrep.NewRep), open(t, reqrep.NewRep)
				link(t, first, req, fresh())
				link(t, second, req, fresh())
				reps := []*reqrep.Rep{first, second}
				for i := range 6 {
					late, due := reps[i%2], reps[(i+1)%2]
					// Without numbers a reply that is still on its way would be taken for that to the next request.
					arrived := i%2 == 0 || name == "relaxed"
					if arrived {
						send(t, req, "given up")
						serve(t, late, "late", 1)
						awaitPending(t, req, 1) // it is there
					} else {
						send(t, req, "given up")
						require.Equal(t, []string{"given up"}, recv(t, late))
					}
					send(t, req, "due", strconv.Itoa(i))
					if !arrived {
						send(t, late, "late") // it is on its way
					}
					serve(t, due, "due", 1)
					require.Equal(t, []string{"due", "due", strconv.Itoa(i)}, recv(t, req))
					send(t, req, "in turn") // keeps the turns of the two apart
					serve(t, late, "late", 1)
					require.Equal(t, []string{"late", "in turn"}, recv(t, req))
				}
				_, err := req.TryRecv()
				require.ErrorIs(t, err, ringmq.ErrState, "relaxed is about sending")
			})
		})
	}
}

// TestRelaxedAsksOneAgain: with numbers even the replies of one peer are told apart.
func TestRelaxedAsksOneAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req := open(t, reqrep.NewReq, socket.WithRelaxed(), socket.WithCorrelate(), socket.WithRecvHWM(1))
		rep := open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		for i := range 20 {
			for j := range 3 {
				send(t, req, fmt.Sprint(i, j))
			}
			serve(t, rep, "rep", 3)
			require.Equal(t, []string{"rep", fmt.Sprint(i, 2)}, recv(t, req))
		}
	})
}

// TestRequest: a request and its reply in one call, from many goroutines at once.
func TestRequest(t *testing.T) {
	const callers, each = 4, 25
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		ctx := deadline(t)
		go func() {
			for m, err := range rep.Messages(ctx) {
				if err != nil || rep.Send(ctx, m) != nil {
					return
				}
			}
		}()
		var done []<-chan error
		for i := range callers {
			done = append(done, begin(func() error {
				for j := range each {
					want := fmt.Sprint("caller ", i, " ", j)
					m, err := req.Request(ctx, ringmq.NewString(want, ""))
					if err != nil || fmt.Sprint(text(m)) != fmt.Sprint([]string{want, ""}) {
						return fmt.Errorf("%q to %q: %w", text(m), want, err)
					}
					m.Release()
				}
				return nil
			}))
		}
		for _, d := range done {
			require.NoError(t, result(t, d))
		}
		send(t, req, "the old way") // and it has left the turns as they were
		require.Equal(t, []string{"the old way"}, recv(t, req))
	})
}

// TestRequestGivenUp: the end of its context leaves the socket as good as new, and what comes too late is not the
// answer to the next.
func TestRequestGivenUp(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		_, err := req.Request(soon(t), ringmq.NewString("to nobody"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		link(t, rep, req, fresh())
		for i := range 5 {
			_, err := req.Request(soon(t), ringmq.NewString("too slow"))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			var e *ringmq.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "REQ", e.Socket)
			serve(t, rep, "late", 1)
			var m ringmq.Message
			ctx := deadline(t)
			done := begin(func() (err error) { m, err = req.Request(ctx, ringmq.NewString(strconv.Itoa(i))); return err })
			serve(t, rep, "rep", 1)
			require.NoError(t, result(t, done))
			require.Equal(t, []string{"rep", strconv.Itoa(i)}, text(m))
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = req.Request(gone, ringmq.NewString("never sent"))
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestRequestKeepsTurns: nobody comes between its parts, and it does not come between a Send and its Recv.
func TestRequestKeepsTurns(t *testing.T) {
	for name, opts := range map[string][]socket.Option{"strict": nil, "relaxed": {socket.WithRelaxed()}} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				req, rep := open(t, reqrep.NewReq, opts...), open(t, reqrep.NewRep)
				link(t, rep, req, fresh())
				ctx := deadline(t)
				done := begin(func() error { _, err := req.Request(ctx, ringmq.NewString("request")); return err })
				require.Equal(t, []string{"request"}, recv(t, rep))
				require.ErrorIs(t, req.TrySend(ringmq.NewString("x")), ringmq.ErrState)
				_, err := req.TryRecv()
				require.ErrorIs(t, err, ringmq.ErrState)
				_, err = req.Request(soon(t), ringmq.NewString("waits for its turn"))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				send(t, rep, "reply")
				require.NoError(t, result(t, done))

				send(t, req, "by itself")
				require.Equal(t, []string{"by itself"}, recv(t, rep))
				if opts == nil {
					_, err = req.Request(ctx, ringmq.NewString("x"))
					require.ErrorIs(t, err, ringmq.ErrState)
					send(t, rep, "reply")
					require.Equal(t, []string{"reply"}, recv(t, req))
					return
				}
				waits := blocked(t, func() error { _, err := req.Recv(ctx); return err })
				done = begin(func() error { _, err := req.Request(ctx, ringmq.NewString("instead")); return err })
				awaitPending(t, rep, 1)
				send(t, rep, "late")
				serve(t, rep, "rep", 1)
				require.NoError(t, result(t, done))
				require.ErrorIs(t, result(t, waits), ringmq.ErrState)
			})
		})
	}
}

// TestRequestOnAClosedSocket ends, wherever it was.
func TestRequestOnAClosedSocket(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		ask := func() error { _, err := req.Request(context.Background(), ringmq.NewString("x")); return err }
		waits := blockedAll(t, ask, ask)
		require.NoError(t, req.Close())
		for _, w := range waits {
			require.ErrorIs(t, result(t, w), ringmq.ErrClosed)
		}
		require.ErrorIs(t, ask(), ringmq.ErrClosed)
	})
}

// TestAskedPeerIsGone: whoever waits for its reply is told so, by whichever call, and can ask the next.
func TestAskedPeerIsGone(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *reqrep.Req) error{
		"Request": func(ctx context.Context, req *reqrep.Req) error {
			_, err := req.Request(ctx, ringmq.NewString("request"))
			return err
		},
		"Recv": func(ctx context.Context, req *reqrep.Req) error {
			err := req.Send(ctx, ringmq.NewString("request"))
			if err == nil {
				_, err = req.Recv(ctx)
			}
			return err
		},
	} {
		for _, weBind := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/bound %v", name, weBind), func(t *testing.T) {
				everywhere(t, func(t *testing.T, fresh func() string) { testAskedPeerIsGone(t, fresh(), ask, weBind) })
			})
		}
	}
}

func testAskedPeerIsGone(t *testing.T, at string, ask func(context.Context, *reqrep.Req) error, weBind bool) {
	req := open(t, reqrep.NewReq)
	if weBind {
		bind(t, req, at)
	} else {
		require.NoError(t, req.Connect(at))
	}
	ctx := deadline(t)
	for range 3 {
		rep := open(t, reqrep.NewRep)
		if weBind {
			require.NoError(t, rep.Connect(at))
		} else {
			bind(t, rep, at)
		}
		awaitPeers(t, req, 1)
		done := begin(func() error { return ask(ctx, req) })
		require.Equal(t, []string{"request"}, recv(t, rep))
		require.NoError(t, rep.Close())
		err := result(t, done)
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		var e *ringmq.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "REQ", e.Socket)
		require.NotEmpty(t, e.Peer)
		require.NotEmpty(t, e.Endpoint)
		awaitPeers(t, req, 0)
	}
}

// TestUnsentRequestOutlivesTheConnection: it was queued for a peer that comes, or comes back.
func TestUnsentRequestOutlivesTheConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		req := open(t, reqrep.NewReq)
		require.NoError(t, req.Connect(at))
		ctx := deadline(t)
		for i := range 3 {
			done := begin(func() error { _, err := req.Request(ctx, ringmq.NewString(strconv.Itoa(i))); return err })
			eventually(t, "it waits", func() bool { return req.Stats().Queued == 1 })
			rep := open(t, reqrep.NewRep)
			bind(t, rep, at)
			require.Equal(t, []string{strconv.Itoa(i)}, recv(t, rep))
			send(t, rep, "reply")
			require.NoError(t, result(t, done))
			shut(t, rep)
			awaitPeers(t, req, 0)
		}
	})
}

// TestDisconnectAskedPeer: the reply is given up with the peer, even one that is there.
func TestDisconnectAskedPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, replied := range []bool{true, false} {
			req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
			bound := bind(t, rep, fresh())
			join(t, rep, req, bound)
			send(t, req, "request")
			require.Equal(t, []string{"request"}, recv(t, rep))
			if replied {
				send(t, rep, "reply")
				awaitPending(t, req, 1)
			}
			require.NoError(t, req.Disconnect(bound))
			_, err := req.Recv(deadline(t))
			require.ErrorIs(t, err, ringmq.ErrNoRoute)
			require.False(t, errors.Is(req.TrySend(ringmq.NewString("next")), ringmq.ErrState))
		}
	})
}
