//go:build linux && !ringmq_portable

// Only streams of the epoll loop can be driven by receivers.

package socket

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// taker is a PULL socket with what a test needs of its inside.
type taker struct {
	Socket
	Receiver
	core *Core
}

// newTaker returns a PULL socket whose receivers poll for long, bound to a port of the system's choice.
func newTaker(t *testing.T, opts ...Option) (taker, string) {
	t.Helper()
	build := func(c *Core) Pattern { return Fair{Core: c} }
	c, err := New(KindOf(PULL), build, append([]Option{WithLinger(0), WithIdle(Spin(MaxSpin))}, opts...)...)
	require.NoError(t, err)
	s := taker{NewSocket(c), NewReceiver(c), c}
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	bound, err := s.Bind("tcp://127.0.0.1:*")
	require.NoError(t, err)
	return s, bound[len("tcp://"):]
}

// rawPeer is a PUSH peer whose bytes the test writes by itself.
func rawPeer(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	h := session.NewHandshake(&session.Config{SocketType: PUSH, PeerTypes: []string{PULL}, MaxFrame: 1 << 20})
	out, in := h.Start(nil), make([]byte, 1024)
	for {
		_, err = c.Write(out)
		require.NoError(t, err)
		if h.Done() {
			return c
		}
		n, err := c.Read(in)
		require.NoError(t, err)
		out, _, err = h.Feed(nil, in[:n])
		require.NoError(t, err)
	}
}

// drivenConn waits for the connection of the socket's only peer and has it polled by receivers.
func drivenConn(t *testing.T, s taker) (cn *conn) {
	t.Helper()
	waitFor(t, "the connection is driven", func() bool {
		for _, cn = range s.core.allConns() {
			if cn.open.Load() && cn.read.tryBegin() {
				cn.driveOnce()
				return true
			}
		}
		return false
	})
	return cn
}

func (s taker) direct(cn *conn) (is bool) {
	s.core.HoldsRecv(func() { is = cn.pipe.direct == cn })
	return is
}

func write(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	_, err := c.Write(b)
	require.NoError(t, err)
}

func (s taker) recv(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := s.Recv(ctx)
	require.NoError(t, err)
	return string(m.Frame(0))
}

// TestStolenTaskIsHandedBack: a connection was left to the loop, and its watch ended, when a receiver takes the task
// before the loop has come to it. The loop must be told of input again when that receiver parks.
func TestStolenTaskIsHandedBack(t *testing.T) {
	s, addr := newTaker(t, WithIdle(Park()))
	peer := rawPeer(t, addr)
	cn := drivenConn(t, s)
	waitFor(t, "the task is at rest", func() bool { return cn.read.wake() }) // what came meanwhile is the loop's
	s.core.drive.handBack()                                                  // it is scheduled: the loop is going to take it
	s.core.drive.poll()                                                      // but a receiver is quicker
	cn.loop.Post((*connReader)(cn))                                          // the loop comes, and finds nothing to do
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	done := make(chan error, 1)
	go func() { _, err := s.Recv(ctx); done <- err }()
	waitFor(t, "the receiver has parked", func() bool { return s.core.readable.n.Load() == 1 })
	write(t, peer, zmtp.AppendFrame(nil, 0, []byte("news")))
	require.NoError(t, <-done)
}

// TestEventWhileAReceiverParks: the loop has an event of a connection that receivers drive, one from before they did, at
// the moment when the last of them stops polling. The loop must be told of input from then on.
func TestEventWhileAReceiverParks(t *testing.T) {
	s, addr := newTaker(t)
	rawPeer(t, addr)
	cn := drivenConn(t, s)
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
				cn.Ready(ioloop.Readable)
			}
		}
	}()
	defer func() { close(stop); <-over }()
	for range 20_000 {
		waitFor(t, "the connection is driven", func() bool {
			mine := cn.read.tryBegin()
			if mine {
				cn.driveOnce()
			}
			return mine
		})
		s.core.drive.handBack()
		waitFor(t, "the loop has it again", func() bool {
			driven := !cn.seizeRead() || cn.driven
			cn.runRead(maxReads)
			return !driven
		})
	}
}

// TestStatsKeepAnError: what Stats finds wrong with the bytes of a direct pipe ends the connection, as it does for
// anybody else.
func TestStatsKeepAnError(t *testing.T) {
	s, addr := newTaker(t)
	peer := rawPeer(t, addr)
	cn := drivenConn(t, s)
	bytes := zmtp.AppendFrame(nil, 0, []byte("first"))
	bytes = zmtp.AppendCommand(bytes, zmtp.CmdPing, []byte{1}) // it lacks a byte of its time-to-live
	write(t, peer, zmtp.AppendFrame(bytes, 0, []byte("never")))
	waitFor(t, "what came is left to receivers", func() bool { s.core.drive.poll(); return s.direct(cn) })
	require.EqualValues(t, 1, s.Stats().Received)
	require.Equal(t, "first", s.recv(t))
	_, err := s.TryRecv()
	require.ErrorIs(t, err, ringmq.ErrWouldBlock)
	_, err = peer.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}
