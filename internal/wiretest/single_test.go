package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/socket"
)

// singles are the types of RFC 37, "Thread-Safe Socket Types", that receive bodies: whatever the program sees in front
// of them, on the wire they are alone.
var singles = []struct {
	name, peer string
	open       func(*testing.T) receiving
}{
	{"CLIENT", "SERVER", func(t *testing.T) receiving { return open(t, clientserver.NewClient) }},
	{"SERVER", "CLIENT", func(t *testing.T) receiving { return open(t, clientserver.NewServer) }},
	{"PEER", "PEER", func(t *testing.T) receiving { return open(t, clientserver.NewPeer) }},
	{"GATHER", "SCATTER", func(t *testing.T) receiving { return open(t, scattergather.NewGather) }},
	{"CHANNEL", "CHANNEL", func(t *testing.T) receiving { return open(t, pair.NewChannel) }},
}

type receiving interface {
	common
	receiver
}

// body receives the last frame of a message.
func body(t *testing.T, s receiver) string {
	t.Helper()
	frames := recv(t, s)
	return frames[len(frames)-1]
}

// Messages of several frames are thrown away as a whole, and the connection stays.
func TestMultipartToSingleFrameTypes(t *testing.T) {
	for _, k := range singles {
		t.Run(k.name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				s := k.open(t)
				p := l.meet(t, s).peer()
				p.shake(1, k.peer)
				for range 3 {
					p.send(message("a", "b"), message("", ""), message("a", text(100_000), "c", "d"))
					p.send(message("one"), message(""), message(text(256)))
					require.Equal(t, []string{"one", "", text(256)}, []string{body(t, s), body(t, s), body(t, s)})
				}
				p.sync()
				requireNothing(t, s)
			})
		})
	}
}

// A SERVER's and a PEER's id is nothing on the wire: body in, body out.
func TestRoutingIDsDoNotTravel(t *testing.T) {
	for _, k := range singles[1:3] {
		t.Run(k.name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				s := k.open(t)
				one, other := l.meet(t, s).peer(), l.meet(t, s).peer()
				for _, p := range []*peer{one, other} {
					p.shake(1, k.peer)
				}
				for _, p := range []*peer{one, other, one} {
					p.send(0x00, 8, "question")
					m, err := s.Recv(within(t))
					require.NoError(t, err)
					require.Equal(t, "question", string(m.Frame(1)))
					reply := clientserver.To(clientserver.RoutingID(m), []byte("answer"))
					require.NoError(t, s.(sender).Send(within(t), reply))
					p.expect(0x00, 6, "answer")
				}
				one.sync()
				other.sync()
			})
		})
	}
}

// What a GATHER sends against the direction of the pattern is thrown away.
func TestMessagesToScatter(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, scattergather.NewScatter)
		p := l.meet(t, s).peer()
		p.shake(1, "GATHER")
		p.send(message("wrong way"), message("wrong", "way"))
		p.sync()
		send(t, s, "right way")
		p.expect(message("right way"))
		require.Zero(t, s.Stats().Received)
	})
}

// overExclusives runs the test for PAIR and CHANNEL, which have one peer.
func overExclusives(t *testing.T, test func(t *testing.T, l link, s receiving)) {
	for _, l := range []link{links[0], links[2]} { // bound: a connecting one dials once
		t.Run("PAIR "+l.network, func(t *testing.T) { test(t, l, open(t, pair.NewPair)) })
		t.Run("CHANNEL "+l.network, func(t *testing.T) { test(t, l, open(t, pair.NewChannel)) })
	}
}

// A second peer is cut off before a byte was exchanged; the first is not disturbed, and when it has left another may
// come.
func TestSecondPeerIsTurnedAway(t *testing.T) {
	overExclusives(t, func(t *testing.T, l link, s receiving) {
		seen := watch(t, s)
		at := l.meet(t, s)
		for range 3 {
			first := at.peer()
			first.shake(1, s.Type())
			seen.ready(at, 1)
			second := at.peer()
			rest, err := second.drain()
			require.False(t, isTimeout(err))
			require.Empty(t, rest)
			refused := seen.of(socket.AcceptFailed, at)
			require.ErrorIs(t, refused.Err, ringmq.ErrState)
			first.send(message("undisturbed"))
			require.Equal(t, []string{"undisturbed"}, recv(t, s))
			send(t, s.(sender), "at all")
			first.expect(message("at all"))
			first.hangUp()
			seen.ended(at, first, cause{typ: socket.Disconnected})
		}
	})
}

// Trap 18: a half-open handshake is no peer. The first to complete it is, and the other is cut off when it does so.
func TestFirstToShakeHandsIsThePeer(t *testing.T) {
	overExclusives(t, func(t *testing.T, l link, s receiving) {
		seen := watch(t, s)
		at := l.meet(t, s)
		late, first := at.peer(), at.peer()
		late.send(greeting)
		late.expect(greeting, goldenReady[s.Type()])
		first.shake(1, s.Type())
		seen.ready(at, 1)
		late.send(ready(s.Type()), message("too late"))
		late.expectEnd()
		seen.ended(at, late, cause{typ: socket.HandshakeFailed, is: ringmq.ErrState})
		first.send(message("in time"))
		require.Equal(t, []string{"in time"}, recv(t, s))
		first.sync()
		requireNothing(t, s)
	})
}
