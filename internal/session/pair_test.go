package session_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

var socketTypes = []string{
	zmtp.Pair, zmtp.Pub, zmtp.Sub, zmtp.Req, zmtp.Rep, zmtp.Dealer, zmtp.Router, zmtp.Pull, zmtp.Push, zmtp.XPub,
	zmtp.XSub, zmtp.Client, zmtp.Server, zmtp.Radio, zmtp.Dish, zmtp.Scatter, zmtp.Gather, zmtp.Peer, zmtp.Channel,
}

// side is one end of a conversation in memory.
type side struct {
	*session.Handshake
	in  []byte // on its way to this side
	err error
}

func newSide(cfg *session.Config) *side { return &side{Handshake: session.NewHandshake(cfg)} }

// step feeds up to size bytes and returns what the side answers; it says whether anything moved.
func (s *side) step(size int) (out []byte, moved bool) {
	if s.Done() || s.err != nil || len(s.in) == 0 {
		return nil, false
	}
	out, n, err := s.Feed(nil, s.in[:min(size, len(s.in))])
	s.in, s.err = s.in[n:], err
	return out, true
}

// converse moves bytes between two sides, in pieces of at most size, until nothing is left to move.
func converse(a, b *side, size int) {
	a.in, b.in = b.Start(a.in), a.Start(b.in)
	for moved := true; moved; {
		toB, fromA := a.step(size)
		toA, fromB := b.step(size)
		a.in, b.in = append(a.in, toA...), append(b.in, toB...)
		moved = fromA || fromB
	}
}

func TestEveryPairOfSocketTypes(t *testing.T) {
	compatible := 0
	for _, x := range socketTypes {
		for _, y := range socketTypes {
			for _, size := range []int{1, 13, 4096} {
				a, b := newSide(config(x)), newSide(config(y))
				converse(a, b, size)
				if slices.Contains(zmtp.PeerTypes(x), y) {
					compatible++
					requireMet(t, a, b, x, y)
					continue
				}
				requireRefused(t, a, b, fmt.Sprintf("%s and %s in pieces of %d", x, y, size))
			}
		}
	}
	require.Equal(t, 3*29, compatible)
}

func requireMet(t *testing.T, a, b *side, x, y string) {
	t.Helper()
	require.NoError(t, a.err, "%s to %s", x, y)
	require.NoError(t, b.err, "%s to %s", x, y)
	require.True(t, a.Done() && b.Done(), "%s and %s", x, y)
	require.Empty(t, a.in)
	require.Empty(t, b.in)
	require.Equal(t, y, a.Peer().SocketType)
	require.Equal(t, x, b.Peer().SocketType)
	require.Equal(t, session.Version{Major: 3, Minor: 1}, a.Peer().Version)
}

// requireRefused: each side sees the other's READY before its ERROR, so both find out for themselves.
func requireRefused(t *testing.T, a, b *side, what string) {
	t.Helper()
	for _, s := range []*side{a, b} {
		require.False(t, s.Done(), what)
		require.False(t, requireCode(t, session.CodeIncompatibleSocketType, s.err).Reconnect(), what)
	}
}

func TestPairExchangesIdentityAndMetadata(t *testing.T) {
	client, server := config(zmtp.Req), config(zmtp.Router)
	client.Identity, server.Identity = []byte("client"), []byte("server")
	server.Server = true
	client.Metadata = []session.Property{{Name: "X-k", Value: []byte("v")}}
	a, b := newSide(client), newSide(server)
	converse(a, b, 5)
	requireMet(t, a, b, zmtp.Req, zmtp.Router)
	require.Equal(t, "server", string(a.Peer().Identity))
	require.Equal(t, "client", string(b.Peer().Identity))
	v, ok := b.Peer().Properties.Get("x-K")
	require.True(t, ok)
	require.Equal(t, "v", v)
}
