package wiretest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// noise is n bytes that are the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// note receives an empty message, and returns the routing id.
func note(t *testing.T, s receiver) string {
	t.Helper()
	frames := recv(t, s)
	require.Len(t, frames, 2)
	require.Empty(t, frames[1])
	return frames[0]
}

// gather receives n bytes of the peer with the id, in messages of at most limit.
func gather(t *testing.T, s receiver, id string, n, limit int) (b []byte) {
	t.Helper()
	for len(b) < n {
		frames := recv(t, s)
		require.Len(t, frames, 2)
		require.Equal(t, id, frames[0])
		require.NotEmpty(t, frames[1], "after %d of %d bytes", len(b), n)
		require.LessOrEqual(t, len(frames[1]), limit)
		b = append(b, frames[1]...)
	}
	require.Len(t, b, n)
	return b
}

const chunk = 64 << 10

// TestStreamExchange: any bytes pass both ways as they are, between notes that a peer has come and gone.
func TestStreamExchange(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream)
		p := l.meet(t, s).peer()
		id := note(t, s)
		require.Len(t, id, 5)
		require.Zero(t, id[0])
		for _, n := range []int{1, 2, 255, 256, 8192, 20_000, chunk, chunk + 1, 1 << 20} {
			there, back := noise(n), noise(n+7)
			go p.conn.Write(there)
			require.Equal(t, there, gather(t, s, id, n, chunk))
			send(t, s, id, string(back[:7]))
			require.NoError(t, s.SendBytes(within(t), []byte(id), back[7:]))
			require.Equal(t, back, p.read(n+7))
		}
		send(t, s, id, "the last word")
		p.expect("the last word")
		p.hangUp()
		require.Equal(t, id, note(t, s))
	})
}

// TestStreamPeersAreKeptApart, and each message says whose it is.
func TestStreamPeersAreKeptApart(t *testing.T) {
	const peers = 20
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream)
		ids := map[string]*peer{}
		for i := range peers {
			at := l.meet(t, s)
			p := at.peer()
			id := note(t, s)
			require.NotContains(t, ids, id)
			ids[id] = p
			p.send(fmt.Sprint("I am ", i))
			m, err := s.Recv(within(t))
			require.NoError(t, err)
			require.Equal(t, []string{id, fmt.Sprint("I am ", i)}, texts(m))
			address, ok := m.Property("Peer-Address")
			require.True(t, ok)
			require.NotEmpty(t, address)
			if p.name != "" {
				require.Equal(t, p.name, address)
			}
		}
		for id := range ids {
			send(t, s, id, "you are "+id)
		}
		for id, p := range ids {
			p.expect("you are " + id)
		}
		require.Len(t, s.Peers(), peers)
		for _, p := range s.Peers() {
			require.True(t, p.Connected)
			require.Empty(t, p.Version)
		}
	})
}

// TestStreamWithoutNotes has nothing but what peers send.
func TestStreamWithoutNotes(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithStreamNotify(false), socket.WithReconnect(time.Millisecond, time.Millisecond))
		at := l.meet(t, s)
		for i := range 3 {
			p := at.peer()
			p.send(fmt.Sprint("message ", i))
			require.Equal(t, fmt.Sprint("message ", i), recv(t, s)[1])
			p.hangUp()
		}
	})
}

// TestStreamHangsUp: an empty message ends the connection, after what was sent before it. The id is no route any more,
// a peer that was connected to is left alone, and the other peers are untouched.
func TestStreamHangsUp(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithLinger(patience), socket.WithReconnect(time.Millisecond, time.Millisecond))
		other := l.meet(t, s).peer()
		otherID := note(t, s)
		at := l.meet(t, s)
		p := at.peer()
		id, page := note(t, s), noise(3<<20)
		send(t, s, id, string(page))
		send(t, s, id, "")
		require.ErrorIs(t, s.TrySend(ringmq.NewString(id, "too late")), ringmq.ErrNoRoute)
		require.ErrorIs(t, s.TrySend(ringmq.NewString(id, "")), ringmq.ErrNoRoute)
		require.Equal(t, page, p.read(len(page)))
		p.send("it is read no more")
		p.expectEnd()
		if l.connecting {
			requireNoCall(t, at)
		}
		other.send("still here")
		require.Equal(t, []string{otherID, "still here"}, recv(t, s))
		require.Zero(t, s.Stats().Dropped)
	})
}

// requireNoCall checks that a socket whose connector was given up does not dial.
func requireNoCall(t *testing.T, at *place) {
	t.Helper()
	require.NoError(t, at.ln.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := at.ln.Accept()
	require.True(t, isTimeout(err), "%v", err)
}

// TestStreamConnectsAgain: a peer that was connected to keeps its id. What was queued for its lost connection goes to no
// other; it is counted.
func TestStreamConnectsAgain(t *testing.T) {
	for _, l := range links {
		if !l.connecting {
			continue
		}
		t.Run(l.String(), func(t *testing.T) {
			s := open(t, stream.NewStream, socket.WithReconnect(50*time.Millisecond, 50*time.Millisecond))
			at := l.listen(t)
			id, err := s.ConnectPeer(at.endpoint)
			require.NoError(t, err)
			send(t, s, id, "early")
			for i := range 3 {
				p := at.peer()
				require.Equal(t, id, note(t, s))
				if i == 0 {
					p.expect("early")
				}
				send(t, s, id, "hello")
				p.expect("hello")
				sent := fill(t, prefixed{s, id})
				p.hangUp()
				require.Equal(t, id, note(t, s))
				require.Zero(t, s.Stats().Queued, "what is sent from now on is for the next connection")
				require.Positive(t, sent)
			}
			require.Positive(t, s.Stats().Dropped)
		})
	}
}

// prefixed sends the bodies of messages to one peer.
type prefixed struct {
	*stream.Stream
	id string
}

func (p prefixed) Send(ctx context.Context, m ringmq.Message) error {
	return p.Stream.Send(ctx, ringmq.NewMessage([]byte(p.id), m.Frame(1)))
}

func (p prefixed) TrySend(m ringmq.Message) error {
	return p.Stream.TrySend(ringmq.NewMessage([]byte(p.id), m.Frame(1)))
}

// TestStreamConnectAs: the program chooses the id, and may send at once; an id is one peer's, and free again when the
// peer is gone.
func TestStreamConnectAs(t *testing.T) {
	for _, l := range links {
		if !l.connecting {
			continue
		}
		t.Run(l.String(), func(t *testing.T) {
			s := open(t, stream.NewStream, socket.WithReconnect(time.Millisecond, time.Millisecond))
			at := l.listen(t)
			require.NoError(t, s.ConnectAs(at.endpoint, "name"))
			send(t, s, "name", "early")
			p := at.peer()
			p.expect("early")
			require.Equal(t, "name", note(t, s))
			require.ErrorIs(t, s.ConnectAs(at.endpoint, "name"), ringmq.ErrState)
			for _, bad := range []string{"", "\x00", "\x00name", strings.Repeat("x", 256)} {
				err := s.ConnectAs(at.endpoint, bad)
				require.ErrorIs(t, err, ringmq.ErrInvalidOption)
				require.ErrorContains(t, err, at.endpoint)
			}
			require.NoError(t, s.Connect(at.endpoint))
			second := at.peer()
			auto := note(t, s)
			require.Len(t, auto, 5, "the name was for one connection")
			second.send("x")
			require.Equal(t, []string{auto, "x"}, recv(t, s))
			send(t, s, "name", "")
			p.expectEnd()
			longest := strings.Repeat("x", 255)
			require.NoError(t, s.ConnectAs(at.endpoint, "name"))
			require.NoError(t, s.ConnectAs(at.endpoint, longest))
		})
	}
}

// TestStreamMessages that are not an id and bytes, and ids that nobody has.
func TestStreamMessages(t *testing.T) {
	s := open(t, stream.NewStream)
	links[0].meet(t, s).peer()
	id := note(t, s)
	for _, frames := range [][]string{{id}, {""}, {id, "a", "b"}, {id, "", ""}} {
		require.ErrorIs(t, s.TrySend(ringmq.NewString(frames...)), ringmq.ErrInvalidMessage, "%q", frames)
	}
	for _, nobody := range []string{"", "x", id + "x", id[:4], "\x00\xff\xff\xff\xff"} {
		err := s.Send(within(t), ringmq.NewString(nobody, "body"))
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.ErrorContains(t, err, "STREAM send")
		require.ErrorIs(t, s.TrySend(ringmq.NewString(nobody, "")), ringmq.ErrNoRoute)
	}
}

// TestStreamWaitsForSlowPeers: at its mark for sending it waits, at the one for receiving it leaves bytes to the
// kernel; both ways nothing is lost.
func TestStreamWaitsForSlowPeers(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithSendHWM(mark), socket.WithRecvHWM(mark), socket.WithMaxMessageSize(1000))
		p := l.meet(t, s).peer().slow()
		id := note(t, s)
		sent := fill(t, prefixed{s, id})
		require.GreaterOrEqual(t, sent, mark)
		waits := make(chan error, 1)
		go func() { waits <- s.Send(within(t), ringmq.NewString(id, "end")) }()
		for i := range sent {
			require.Equal(t, numbered(i).Frame(1), p.read(bulk), "message %d of %d", i, sent)
		}
		p.expect("end")
		require.NoError(t, <-waits)

		all := noise(1 << 20)
		written := make(chan error, 1)
		go func() {
			_, err := p.conn.Write(all)
			written <- err
		}()
		require.Eventually(t, func() bool { return s.Stats().Pending >= mark-1 }, patience, time.Millisecond)
		require.LessOrEqual(t, s.Stats().Pending, uint64(mark+1))
		require.Equal(t, all, gather(t, s, id, len(all), 1000))
		require.NoError(t, <-written)
	})
}

// TestStreamClosesWhenAllIsSent, however slow the peer is.
func TestStreamClosesWhenAllIsSent(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithLinger(patience))
		p := l.meet(t, s).peer().slow()
		id, page := note(t, s), noise(4<<20)
		for part := range slices.Chunk(page, 100_000) {
			require.NoError(t, s.SendBytes(within(t), []byte(id), part))
		}
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		require.Equal(t, page, p.read(len(page)))
		p.expectEnd()
		require.NoError(t, <-closed)
	})
}

// TestStreamReadsWhatAPeerHasLeft: a peer that answers, and closes while it is still being written to, is heard.
func TestStreamReadsWhatAPeerHasLeft(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithReconnect(patience, patience), socket.WithRecvHWM(1))
		at := l.meet(t, s)
		for range 10 {
			p := at.peer()
			id := note(t, s)
			p.send("first")
			require.Equal(t, []string{id, "first"}, recv(t, s))
			answer := noise(40_000) // more than is read at once, and less than the kernel takes for us
			p.send(answer)
			p.hangUp()
			_ = s.TrySend(ringmq.NewString(id, strings.Repeat("x", chunk))) // it meets a closed connection
			_ = s.TrySend(ringmq.NewString(id, strings.Repeat("x", chunk)))
			require.Equal(t, answer, gather(t, s, id, len(answer), chunk))
			require.Equal(t, id, note(t, s))
			if l.connecting {
				break // it would be long in coming back
			}
		}
	})
}

// TestStreamEvents: there is no handshake to tell of.
func TestStreamEvents(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		s := open(t, stream.NewStream, socket.WithHandshakeTimeout(time.Millisecond))
		seen := watch(t, s)
		at := l.meet(t, s)
		p := at.peer()
		note(t, s)
		begun := map[bool]socket.EventType{true: socket.Connected, false: socket.Accepted}[l.connecting]
		seen.of(begun, at)
		p.send("x")
		recv(t, s)
		p.hangUp()
		note(t, s)
		seen.of(socket.Disconnected, at)
		require.Zero(t, seen.seenOf(socket.HandshakeSucceeded, at)+seen.seenOf(socket.HandshakeFailed, at))
	})
}

// TestStreamsTalk to each other, as to anybody else; greetings of ZMTP are bytes like others.
func TestStreamsTalk(t *testing.T) {
	for _, network := range []string{"tcp://127.0.0.1:0", "ipc://*"} {
		server, client := open(t, stream.NewStream), open(t, stream.NewStream)
		bound, err := server.Bind(network)
		require.NoError(t, err)
		to, err := client.ConnectPeer(bound)
		require.NoError(t, err)
		from := note(t, server)
		require.Equal(t, to, note(t, client))
		hello := string(raw(greetingOf(3, 1, "NULL")))
		send(t, client, to, hello)
		require.Equal(t, hello, string(gather(t, server, from, len(hello), chunk)))
		send(t, server, from, "not for me")
		require.Equal(t, "not for me", string(gather(t, client, to, 10, chunk)))
		send(t, server, from, "")
		require.Equal(t, to, note(t, client))
	}
}

// TestStreamNeedsStreams: there are none in a process, nor of datagrams.
func TestStreamNeedsStreams(t *testing.T) {
	s := open(t, stream.NewStream)
	for _, endpoint := range []string{"inproc://stream", "udp://127.0.0.1:5555"} {
		_, err := s.Bind(endpoint)
		require.ErrorIs(t, err, ringmq.ErrUnsupported)
		err = s.Connect(endpoint)
		require.ErrorIs(t, err, ringmq.ErrUnsupported)
		require.ErrorContains(t, err, endpoint)
		require.ErrorContains(t, err, "STREAM")
	}
}
