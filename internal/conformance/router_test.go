package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

func TestRouterKnowsPeersByIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		bound := bind(t, router, fresh())
		dealers := map[string]*reqrep.Dealer{}
		for _, id := range []string{"a", "b", "a longer one \x00\xff", string(make255())} {
			dealers[id] = open(t, reqrep.NewDealer, socket.WithIdentity(id))
			join(t, router, dealers[id], bound)
			send(t, dealers[id], "from", id)
			require.Equal(t, []string{id, "from", id}, recv(t, router))
		}
		for id, dealer := range dealers {
			send(t, router, id, "to", id)
			require.Equal(t, []string{"to", id}, recv(t, dealer))
		}
		var known []string
		for _, p := range router.Peers() {
			require.Equal(t, "DEALER", p.SocketType)
			known = append(known, p.Identity)
		}
		require.Len(t, known, len(dealers))
		for id := range dealers {
			require.Contains(t, known, id)
		}
	})
}

func make255() []byte {
	id := make([]byte, 255)
	id[0] = 'x'
	return id
}

// TestRouterMakesUpIdentities: five bytes, the first zero, no two alike; they lead back.
func TestRouterMakesUpIdentities(t *testing.T) {
	const peers = 10
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		bound := bind(t, router, fresh())
		seen := map[string]bool{}
		for i := range peers {
			dealer := open(t, reqrep.NewDealer)
			join(t, router, dealer, bound)
			send(t, dealer, fmt.Sprint(i))
			m := recv(t, router)
			require.Len(t, m[0], 5)
			require.Zero(t, m[0][0])
			require.False(t, seen[m[0]])
			seen[m[0]] = true
			send(t, router, m[0], "back", m[1])
			require.Equal(t, []string{"back", fmt.Sprint(i)}, recv(t, dealer))
		}
	})
}

// TestRouterThatConnects: the bound side has an identity too, and can be written to once its handshake is through.
func TestRouterThatConnects(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		a := open(t, reqrep.NewRouter, socket.WithIdentity("A"), socket.WithMandatory())
		b := open(t, reqrep.NewRouter, socket.WithIdentity("B"), socket.WithMandatory())
		link(t, a, b, fresh())
		send(t, a, "B", "to b")
		require.Equal(t, []string{"A", "to b"}, recv(t, b))
		send(t, b, "A", "to a")
		require.Equal(t, []string{"B", "to a"}, recv(t, a))
	})
}

func TestDealersTalk(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		a, b := open(t, reqrep.NewDealer), open(t, reqrep.NewDealer)
		link(t, a, b, fresh())
		for i := range 10 {
			send(t, a, "ping", fmt.Sprint(i))
			require.Equal(t, []string{"ping", fmt.Sprint(i)}, recv(t, b))
			send(t, b, "pong")
			require.Equal(t, []string{"pong"}, recv(t, a))
		}
	})
}

// TestDealerTakesTurns both ways, and waits while it has no peer.
func TestDealerTakesTurns(t *testing.T) {
	const peers, each = 3, 20
	everywhere(t, func(t *testing.T, fresh func() string) {
		dealer := open(t, reqrep.NewDealer)
		require.ErrorIs(t, dealer.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
		require.ErrorIs(t, dealer.Send(soon(t), ringmq.NewString("x")), context.DeadlineExceeded)
		bound := bind(t, dealer, fresh())
		var others []*reqrep.Dealer
		for range peers {
			others = append(others, open(t, reqrep.NewDealer))
			join(t, dealer, others[len(others)-1], bound)
		}
		for i := range peers * each {
			send(t, dealer, fmt.Sprint(i%peers))
		}
		for _, o := range others {
			own := recv(t, o)
			for range each - 1 {
				require.Equal(t, own, recv(t, o))
			}
			requireEmpty(t, o)
			for range each {
				send(t, o, own...)
			}
		}
		awaitPending(t, dealer, peers*each)
		for range each {
			round := map[string]bool{}
			for range peers {
				round[recv(t, dealer)[0]] = true
			}
			require.Len(t, round, peers)
		}
	})
}

// TestNoRoute: dropped and counted, or an error for a ROUTER that has to deliver.
func TestNoRoute(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		lax, strict := open(t, reqrep.NewRouter), open(t, reqrep.NewRouter, socket.WithMandatory())
		dealer := open(t, reqrep.NewDealer, socket.WithIdentity("here"))
		link(t, lax, dealer, fresh())
		link(t, strict, dealer, fresh())
		for _, id := range []string{"nobody", "", "her", "heree"} {
			m := ringmq.NewString(id, "x")
			before := lax.Stats().Dropped
			require.NoError(t, lax.Send(deadline(t), m))
			require.NoError(t, lax.TrySend(m))
			require.EqualValues(t, 2, lax.Stats().Dropped-before)
			require.ErrorIs(t, strict.Send(deadline(t), m), ringmq.ErrNoRoute)
			require.ErrorIs(t, strict.TrySend(m), ringmq.ErrNoRoute)
			require.ErrorIs(t, strict.SendBytes(deadline(t), []byte(id), nil), ringmq.ErrNoRoute)
			n, err := strict.SendBatch(deadline(t), []ringmq.Message{ringmq.NewString("here", "ok"), m, m})
			require.ErrorIs(t, err, ringmq.ErrNoRoute)
			require.Equal(t, 1, n)
			require.Equal(t, []string{"ok"}, recv(t, dealer))
		}
		requireEmpty(t, dealer)
		require.Zero(t, strict.Stats().Dropped)
		shut(t, dealer)
		awaitPeers(t, strict, 0)
		require.ErrorIs(t, strict.TrySend(ringmq.NewString("here", "x")), ringmq.ErrNoRoute)
	})
}

// TestFullRoute: a peer at its mark costs a lax ROUTER the message and makes a strict one wait; another peer is not
// held up.
func TestFullRoute(t *testing.T) {
	body := string(make([]byte, 64<<10))
	marks := []socket.Option{socket.WithSendHWM(3), socket.WithRecvHWM(2)}
	everywhere(t, func(t *testing.T, fresh func() string) {
		strict := open(t, reqrep.NewRouter, append(marks, socket.WithMandatory())...)
		bound := bind(t, strict, fresh())
		slow := open(t, reqrep.NewDealer, append(marks, socket.WithIdentity("slow"))...)
		other := open(t, reqrep.NewDealer, append(marks, socket.WithIdentity("other"))...)
		join(t, strict, slow, bound)
		join(t, strict, other, bound)
		n := fill(t, strict, ringmq.NewString("slow", body)) // TrySend was ErrWouldBlock
		require.GreaterOrEqual(t, n, 3)
		for range 20 {
			send(t, strict, "other", "x")
			require.Equal(t, []string{"x"}, recv(t, other))
		}
		ctx := deadline(t)
		done := begin(func() error { return strict.Send(ctx, ringmq.NewString("slow", "last")) })
		drain(t, slow, n)
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"last"}, recv(t, slow))
		require.Zero(t, strict.Stats().Dropped)
	})
	everywhere(t, func(t *testing.T, fresh func() string) {
		lax := open(t, reqrep.NewRouter, marks...)
		slow := open(t, reqrep.NewDealer, append(marks, socket.WithIdentity("slow"))...)
		link(t, lax, slow, fresh())
		sent := 0
		for ; lax.Stats().Dropped == 0; sent++ {
			require.Less(t, sent, 100_000)
			require.NoError(t, lax.TrySend(ringmq.NewString("slow", body)))
		}
		var received uint64
		eventually(t, "each message is received or dropped", func() bool {
			if m, err := slow.TryRecv(); err == nil {
				m.Release()
				received++
			}
			return received+lax.Stats().Dropped == uint64(sent)
		})
		require.Equal(t, received, lax.Stats().Sent)
		requireEmpty(t, slow)
	})
}

// TestLoneIdentity: a message of nothing but an id goes nowhere, without an error.
func TestLoneIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter)
		dealer := open(t, reqrep.NewDealer, socket.WithIdentity("d"))
		link(t, router, dealer, fresh())
		require.NoError(t, router.Send(deadline(t), ringmq.NewString("d")))
		require.NoError(t, router.SendBytes(deadline(t), []byte("d")))
		send(t, router, "d", "")
		require.Equal(t, []string{""}, recv(t, dealer))
		requireEmpty(t, dealer)
	})
}

// TestDuplicateIdentity: a newcomer with a taken id is not heard and gets nothing; the first keeps its route.
func TestDuplicateIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithMandatory())
		bound := bind(t, router, fresh())
		first := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
		join(t, router, first, bound)
		second := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
		require.NoError(t, second.Connect(bound))
		send(t, second, "intruder")
		eventually(t, "the intruder has sent", func() bool { st := second.Stats(); return st.Queued == 0 })
		for i := range 200 {
			send(t, first, "honest", fmt.Sprint(i))
			require.Equal(t, []string{"id", "honest", fmt.Sprint(i)}, recv(t, router))
			send(t, router, "id", fmt.Sprint(i))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, first))
		}
		requireEmpty(t, second)
		requireEmpty(t, router)
	})
}

// TestIdentityComesBack: a peer that went, or was cut off, is reached by the same id when it is back.
func TestIdentityComesBack(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithMandatory())
		bound := bind(t, router, fresh())
		for i := range 5 {
			dealer := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
			join(t, router, dealer, bound)
			send(t, dealer, "hello", fmt.Sprint(i))
			require.Equal(t, []string{"id", "hello", fmt.Sprint(i)}, recv(t, router))
			send(t, router, "id", "welcome", fmt.Sprint(i))
			require.Equal(t, []string{"welcome", fmt.Sprint(i)}, recv(t, dealer))
			shut(t, dealer)
			awaitPeers(t, router, 0)
		}
	})
}

// TestRouterRestarts: its peers come back by themselves, with their ids, and what they queued meanwhile.
func TestRouterRestarts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		endpoint := fresh()
		var dealers []*reqrep.Dealer
		for i := range 3 {
			d := open(t, reqrep.NewDealer, socket.WithIdentity(fmt.Sprint("id", i)))
			require.NoError(t, d.Connect(endpoint))
			dealers = append(dealers, d)
		}
		for round := range 3 {
			router := open(t, reqrep.NewRouter, socket.WithMandatory())
			for i, d := range dealers {
				send(t, d, "queued", fmt.Sprintf("id%d.%d", i, round))
			}
			bind(t, router, endpoint)
			for range dealers {
				m := recv(t, router)
				require.Equal(t, "queued", m[1])
				require.Equal(t, fmt.Sprintf("%s.%d", m[0], round), m[2])
				send(t, router, m[0], "reply", m[2])
			}
			for i, d := range dealers {
				require.Equal(t, []string{"reply", fmt.Sprintf("id%d.%d", i, round)}, recv(t, d))
			}
			shut(t, router)
			for _, d := range dealers {
				awaitPeers(t, d, 0)
			}
		}
	})
}
