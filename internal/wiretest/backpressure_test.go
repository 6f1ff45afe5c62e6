package wiretest

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

const (
	// mark is the high-water mark in these tests, in messages.
	mark = 10
	// bulk is the size in bytes of a message of which the kernel's buffers hold a few dozen.
	bulk = 64 << 10
)

// numbered is a large message that begins with its number.
func numbered(i int) ringmq.Message {
	body := make([]byte, bulk)
	binary.BigEndian.PutUint32(body, uint32(i))
	return ringmq.NewMessage([]byte("bulk"), body)
}

// readNumbered reads a message of numbered and returns its number.
func (p *peer) readNumbered() int {
	p.t.Helper()
	frames := p.readMessage()
	require.Len(p.t, frames, 2)
	require.Equal(p.t, "bulk", frames[0])
	require.Len(p.t, frames[1], bulk)
	return int(binary.BigEndian.Uint32([]byte(frames[1])))
}

// fill sends until the socket says that it cannot, after it was given time to write what it could: a Send that waits
// goes on only when half of the queue is empty, so that its timeout alone does not say that the queue is full.
func fill(t *testing.T, s sender) (sent int) {
	t.Helper()
	for full := false; ; {
		err := s.TrySend(numbered(sent))
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrWouldBlock)
			if full {
				return sent
			}
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			err = s.Send(ctx, numbered(sent))
			cancel()
		}
		if full = err != nil; full {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			continue
		}
		sent++
	}
}

// A peer that does not read: a PUSH takes what the kernel takes, and as many messages as its mark allows. Once the peer
// reads, everything arrives, and who waited goes on.
func TestPushBlocksAtTheMark(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(mark))
		p := l.meet(t, push).peer().slow()
		p.shake(1, "PULL")
		n := fill(t, push)
		stats := push.Stats()
		require.EqualValues(t, mark, stats.Queued)
		require.EqualValues(t, n, stats.Sent+stats.Queued)
		require.Zero(t, stats.Dropped)
		require.ErrorIs(t, push.TrySend(numbered(n)), ringmq.ErrWouldBlock)

		waiting := make(chan error, 1)
		ctx := within(t)
		go func() { waiting <- push.Send(ctx, numbered(n)) }()
		for i := range n + 1 {
			require.Equal(t, i, p.readNumbered())
		}
		require.NoError(t, <-waiting)
		p.sync()
		require.EqualValues(t, n+1, push.Stats().Sent)
	})
}

// Commands have a way past a full queue, and a PUSH with another peer does not wait for the one that is full.
func TestPushGoesRoundTheFullPeer(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(mark))
		seen := watch(t, push)
		at := l.meet(t, push)
		at.peer().slow().shake(1, "PULL")
		seen.ready(at, 1)
		full := fill(t, push)
		p := l.meet(t, push).peer()
		p.shake(1, "PULL")
		for i := range 3 * mark {
			require.NoError(t, push.Send(within(t), numbered(full+i)))
			require.Equal(t, full+i, p.readNumbered())
		}
	})
}

// A PUB never waits. What does not fit into the queue of a subscriber that does not read is dropped and counted, to the
// message; a subscriber that reads gets everything.
func TestPubDropsAndCounts(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		const published = 40 * mark
		pub := open(t, pubsub.NewPub, socket.WithSendHWM(mark))
		slowAt, quickAt := l.meet(t, pub), l.meet(t, pub)
		slow, quick := slowAt.peer().slow(), quickAt.peer()
		for _, p := range []*peer{slow, quick} {
			p.shake(1, "SUB")
			p.send(command("SUBSCRIBE", "bulk"))
			p.sync()
		}
		for i := range published {
			require.NoError(t, pub.TrySend(numbered(i)))
			require.Equal(t, i, quick.readNumbered())
		}
		quick.sync() // so that the last is counted as sent
		counts := map[string]socket.PeerStats{}
		for _, s := range pub.Stats().Peers {
			counts[s.Endpoint] = s
		}
		require.Equal(t, socket.PeerStats{Endpoint: quickAt.endpoint, Sent: published}, withoutReceived(counts[quickAt.endpoint]))
		c := counts[slowAt.endpoint]
		require.EqualValues(t, published, c.Sent+c.Dropped+c.Queued)
		require.LessOrEqual(t, c.Queued, uint64(mark))
		require.Positive(t, c.Dropped)
		last := -1
		for range c.Sent + c.Queued {
			i := slow.readNumbered()
			require.Greater(t, i, last)
			last = i
		}
		slow.sync()
		require.NoError(t, pub.TrySend(numbered(published)))
		require.Equal(t, published, slow.readNumbered())
		require.Equal(t, published, quick.readNumbered())
	})
}

// withoutReceived leaves out what a subscriber has sent: subscriptions, which are nobody's messages.
func withoutReceived(s socket.PeerStats) socket.PeerStats {
	s.Received, s.Pending = 0, 0
	return s
}

// What was queued for a subscriber that goes is counted as dropped.
func TestPubCountsWhatALostPeerLeaves(t *testing.T) {
	for _, l := range []link{links[0], links[2]} {
		t.Run(l.String(), func(t *testing.T) {
			const published = 20 * mark
			pub := open(t, pubsub.NewPub, socket.WithSendHWM(mark))
			seen := watch(t, pub)
			at := l.meet(t, pub)
			p := at.peer()
			p.shake(1, "SUB")
			p.send(command("SUBSCRIBE"))
			p.sync()
			for i := range published {
				require.NoError(t, pub.TrySend(numbered(i)))
			}
			p.hangUp()
			seen.ended(at, p, cause{typ: socket.Disconnected})
			q := at.peer()
			q.shake(1, "SUB")
			q.send(command("SUBSCRIBE"))
			q.sync()
			require.NoError(t, pub.TrySend(numbered(0)))
			require.Equal(t, 0, q.readNumbered())
			q.sync()
			s := pub.Stats()
			require.EqualValues(t, published+1, s.Sent+s.Dropped+s.Queued)
		})
	}
}

// A PULL that does not receive reads no further than its mark and what the connection's buffers hold; nothing is lost.
func TestPullStopsReadingAtTheMark(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(mark))
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH")
		body := text(bulk)
		n := 0
		for ; n < 1000; n++ {
			require.NoError(t, p.conn.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
			if _, err := p.conn.Write(frame(0, fmt.Sprintf("%04d", n), body)); err != nil {
				break
			}
		}
		require.Less(t, n, 1000) // it was made to wait
		require.LessOrEqual(t, pull.Stats().Pending, uint64(mark))
		for i := range n {
			require.Equal(t, fmt.Sprintf("%04d", i), recv(t, pull)[0][:4])
		}
	})
}
