package wiretest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything may take that is going to happen.
const patience = 15 * time.Second

// peer is the raw end of a connection with a socket. One goroutine uses it.
type peer struct {
	t    *testing.T
	conn net.Conn
	name string // what the socket calls it in events; "" if the system does not tell
}

func newPeer(t *testing.T, conn net.Conn, name string) *peer {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &peer{t: t, conn: conn, name: name}
}

func (p *peer) send(parts ...any) {
	p.t.Helper()
	_, err := p.conn.Write(raw(parts...))
	require.NoError(p.t, err)
}

// read reads exactly n bytes.
func (p *peer) read(n int) []byte {
	p.t.Helper()
	b := make([]byte, n)
	k, err := io.ReadFull(p.conn, b)
	require.NoError(p.t, err, "after %x", b[:k])
	return b
}

// expect reads the given bytes and no others.
func (p *peer) expect(parts ...any) {
	p.t.Helper()
	want := raw(parts...)
	got := make([]byte, len(want))
	n, err := io.ReadFull(p.conn, got)
	require.NoError(p.t, err, "after %x of %x", got[:n], want)
	if len(want) > 1000 { // a listing would not be read
		require.True(p.t, string(want) == string(got), "%d bytes that begin %x, not %x", len(want), got[:64], want[:64])
		return
	}
	require.Equal(p.t, want, got)
}

// expectEnd reads the end of the connection, with no byte before it.
func (p *peer) expectEnd() {
	p.t.Helper()
	rest, err := p.drain()
	require.Empty(p.t, rest)
	require.NotErrorIs(p.t, err, os.ErrDeadlineExceeded)
}

// drain reads to the end of the connection, be it an orderly one (nil) or a reset.
func (p *peer) drain() ([]byte, error) { return io.ReadAll(p.conn) }

// readFrame reads one frame of ZMTP 2.0 or later.
func (p *peer) readFrame() (flags int, body string) {
	p.t.Helper()
	flags = int(p.read(1)[0])
	if flags&isLong == 0 {
		return flags, string(p.read(int(p.read(1)[0])))
	}
	return flags, string(p.read(int(binary.BigEndian.Uint64(p.read(8)))))
}

// readMessage reads the frames of one message; there must be no command before its end.
func (p *peer) readMessage() (frames []string) {
	p.t.Helper()
	for {
		flags, body := p.readFrame()
		require.Zero(p.t, flags&isCmd, "command %q", body)
		frames = append(frames, body)
		if flags&more == 0 {
			return frames
		}
	}
}

// shake goes through the handshake as an honest peer of the version 3.minor. Properties are names and values.
func (p *peer) shake(minor int, socketType string, properties ...string) {
	p.t.Helper()
	p.send(greetingOf(3, minor, "NULL"), ready(socketType, properties...))
	p.read(len(greeting))
	flags, body := p.readFrame()
	require.Equal(p.t, isCmd, flags&^isLong)
	require.Equal(p.t, "\x05READY", body[:6])
}

// sync waits until everything that p has sent was dealt with, and checks that nothing was sent to it.
func (p *peer) sync() {
	p.t.Helper()
	p.send(ping(0, "sync"))
	p.expect(pong("sync"))
}

// syncFull is sync with a socket that has been at its mark: it may have sent PONGs unasked.
func (p *peer) syncFull() {
	p.t.Helper()
	p.send(ping(0, "sync"))
	for {
		flags, body := p.readFrame()
		require.Equal(p.t, isCmd, flags)
		if body == "\x04PONGsync" {
			return
		}
		require.Equal(p.t, "\x04PONG", body)
	}
}

// slow keeps the kernel from taking in more than a little for a peer that does not read.
func (p *peer) slow() *peer {
	p.t.Helper()
	c, ok := p.conn.(interface{ SetReadBuffer(bytes int) error })
	require.True(p.t, ok)
	require.NoError(p.t, c.SetReadBuffer(64<<10))
	return p
}

// hangUp ends the connection in an orderly way.
func (p *peer) hangUp() {
	p.t.Helper()
	require.NoError(p.t, p.conn.Close())
}

// halfClose says that no more bytes will come, and goes on reading.
func (p *peer) halfClose() {
	p.t.Helper()
	c, ok := p.conn.(interface{ CloseWrite() error })
	require.True(p.t, ok)
	require.NoError(p.t, c.CloseWrite())
}

// reset ends the connection so that the other side reads an error. A Unix socket has no such thing; there it hangs up.
func (p *peer) reset() {
	p.t.Helper()
	if c, ok := p.conn.(*net.TCPConn); ok {
		require.NoError(p.t, c.SetLinger(0))
	}
	p.hangUp()
}

// isTimeout tells the end of the test's patience from an end of the connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
