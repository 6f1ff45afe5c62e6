package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/socket"
)

// duplex is a socket that sends and receives.
type duplex interface {
	sock
	sender
	receiver
}

// duplexOf is open for a table of types.
func duplexOf[S duplex](build func(...socket.Option) (S, error)) func(*testing.T, ...socket.Option) duplex {
	return func(t *testing.T, opts ...socket.Option) duplex {
		t.Helper()
		return open(t, build, opts...)
	}
}

// overPairs runs body for PAIR and for CHANNEL, over every transport.
func overPairs(t *testing.T, body func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T, ...socket.Option) duplex{
		"PAIR": duplexOf(pair.NewPair), "CHANNEL": duplexOf(pair.NewChannel),
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) { body(t, open, fresh) })
		})
	}
}

// TestPairTalksBothWays at once, each direction in order.
func TestPairTalksBothWays(t *testing.T) {
	const n = 500
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, b := open(t), open(t)
		link(t, a, b, fresh())
		ctx := deadline(t)
		sendAll := func(s duplex) func() error {
			return func() error { _, err := s.SendBatch(ctx, numbers(n)); return err }
		}
		ab, ba := begin(sendAll(a)), begin(sendAll(b))
		for i := range n {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, a))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, b))
		}
		require.NoError(t, result(t, ab))
		require.NoError(t, result(t, ba))
		require.EqualValues(t, n, a.Stats().Received)
		require.EqualValues(t, n, b.Stats().Received)
	})
}

// TestPairCarriesManyFrames, which a CHANNEL does not.
func TestPairCarriesManyFrames(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		a, b := open(t, pair.NewPair), open(t, pair.NewPair)
		link(t, a, b, fresh())
		for name, sizes := range shapes() {
			want := shaped(sizes)
			require.NoError(t, a.SendBytes(deadline(t), want...))
			m, err := b.Recv(deadline(t))
			require.NoError(t, err, name)
			requireFrames(t, want, m)
		}
	})
}

// TestPairWaitsForItsPeer: Send blocks without one, and goes on when it comes.
func TestPairWaitsForItsPeer(t *testing.T) {
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a := open(t)
		bound := bind(t, a, fresh())
		m := ringmq.NewString("first")
		require.ErrorIs(t, a.TrySend(m), ringmq.ErrWouldBlock)
		require.ErrorIs(t, a.Send(soon(t), m), context.DeadlineExceeded)
		ctx := deadline(t)
		done := blocked(t, func() error { return a.Send(ctx, m) })
		b := open(t)
		require.NoError(t, b.Connect(bound))
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"first"}, recv(t, b))
		shut(t, b)
		awaitPeers(t, a, 0)
		require.ErrorIs(t, a.TrySend(m), ringmq.ErrWouldBlock)
	})
}

// TestPairQueuesForALatePeer: one that is connected to takes messages up to the mark before it is there.
func TestPairQueuesForALatePeer(t *testing.T) {
	const mark = 9
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, endpoint := open(t, socket.WithSendHWM(mark)), fresh()
		require.NoError(t, a.Connect(endpoint))
		require.Equal(t, mark, tryMany(t, a))
		b := open(t)
		bind(t, b, endpoint)
		for i := range mark {
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, b))
		}
	})
}

// TestPairHoldsSenderUp: nothing is lost at the marks.
func TestPairHoldsSenderUp(t *testing.T) {
	const sendMark, recvMark = 6, 4
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, b, endpoint := open(t, socket.WithSendHWM(sendMark)), open(t, socket.WithRecvHWM(recvMark)), fresh()
		link(t, a, b, endpoint)
		sent := fill(t, a, ringmq.NewMessage(make([]byte, 64<<10)))
		if isLocal(endpoint) {
			require.Equal(t, sendMark+recvMark, sent)
		}
		done := begin(func() error { return a.Send(deadline(t), ringmq.NewString("last")) })
		drain(t, b, sent)
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"last"}, recv(t, b))
		requireEmpty(t, b)
		require.Zero(t, a.Stats().Dropped)
	})
}

// TestPairTurnsAwayASecondPeer: it is not heard and not spoken to while the first is there, and loses nothing: what it
// has queued arrives when its turn comes.
func TestPairTurnsAwayASecondPeer(t *testing.T) {
	const n = 20
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, first, second := open(t), open(t), open(t)
		events := a.Monitor(deadline(t))
		bound := bind(t, a, fresh())
		join(t, a, first, bound)
		require.NoError(t, second.Connect(bound))
		for i := range n {
			send(t, second, fmt.Sprint("second ", i))
		}
		refused := await(t, events, socket.AcceptFailed)
		require.ErrorIs(t, refused.Err, ringmq.ErrState)
		await(t, events, socket.AcceptFailed) // it tries again
		send(t, first, "first")
		require.Equal(t, []string{"first"}, recv(t, a))
		requireEmpty(t, a)
		send(t, a, "to the first")
		require.Equal(t, []string{"to the first"}, recv(t, first))
		require.Len(t, a.Peers(), 1)
		require.Zero(t, connected(second))

		shut(t, first)
		for i := range n {
			require.Equal(t, []string{fmt.Sprint("second ", i)}, recv(t, a))
		}
		send(t, a, "to the second")
		require.Equal(t, []string{"to the second"}, recv(t, second))
		require.Zero(t, second.Stats().Dropped)
	})
}

// TestPairRefusesToConnectBesideItsPeer, be that one it connected to or one that came, until it has left.
func TestPairRefusesToConnectBesideItsPeer(t *testing.T) {
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		refuses := func(a duplex) {
			t.Helper()
			endpoint := fresh()
			err := a.Connect(endpoint)
			require.ErrorIs(t, err, ringmq.ErrState)
			require.ErrorContains(t, err, endpoint)
			require.ErrorIs(t, a.Disconnect(endpoint), ringmq.ErrNotFound)
		}
		a, endpoint := open(t), fresh()
		require.NoError(t, a.Connect(endpoint))
		refuses(a)
		require.NoError(t, a.Disconnect(endpoint))

		b, next := open(t), fresh()
		bind(t, b, next)
		require.NoError(t, a.Connect(next)) // what it leaves is no hindrance, whether all is cleaned up or not
		send(t, a, "on")
		require.Equal(t, []string{"on"}, recv(t, b))
		refuses(b)
		shut(t, a)
		awaitPeers(t, b, 0)
		eventually(t, "the place is free", func() bool { return b.Connect(fresh()) == nil })
	})
}

// TestPairFlushesWhatItLeaves: what was sent to a peer that was not there yet still goes to it within the linger period,
// while the socket talks to another.
func TestPairFlushesWhatItLeaves(t *testing.T) {
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, left, next := open(t, socket.WithLinger(patience)), fresh(), fresh()
		require.NoError(t, a.Connect(left))
		send(t, a, "to the one it leaves")
		require.NoError(t, a.Disconnect(left))
		require.NoError(t, a.Connect(next))
		send(t, a, "to the next")
		b, c := open(t), open(t)
		bind(t, c, next)
		require.Equal(t, []string{"to the next"}, recv(t, c))
		bind(t, b, left)
		require.Equal(t, []string{"to the one it leaves"}, recv(t, b))
		send(t, c, "back")
		require.Equal(t, []string{"back"}, recv(t, a))
	})
}

// TestPairFollowsItsPeer: the connecting end finds a peer that has been away, again and again, and what was sent
// meanwhile arrives; the bound end takes one peer after the other.
func TestPairFollowsItsPeer(t *testing.T) {
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a, endpoint := open(t), fresh()
		require.NoError(t, a.Connect(endpoint))
		for i := range 5 {
			send(t, a, fmt.Sprint("meanwhile ", i))
			b := open(t)
			bind(t, b, endpoint)
			require.Equal(t, []string{fmt.Sprint("meanwhile ", i)}, recv(t, b))
			send(t, b, "back")
			require.Equal(t, []string{"back"}, recv(t, a))
			shut(t, b)
			awaitPeers(t, a, 0)
		}
	})
	overPairs(t, func(t *testing.T, open func(*testing.T, ...socket.Option) duplex, fresh func() string) {
		a := open(t)
		bound := bind(t, a, fresh())
		for i := range 5 {
			b := open(t)
			require.NoError(t, b.Connect(bound))
			send(t, b, fmt.Sprint(i))
			shut(t, b)
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, a), "what has arrived outlives the peer")
			awaitPeers(t, a, 0)
		}
	})
}
