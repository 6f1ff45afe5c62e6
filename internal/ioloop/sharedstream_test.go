//go:build linux && !ringmq_portable

package ioloop

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/internal/shm"
)

func init() {
	more = append(more, maker{"shared unix", sharedPair, attachShared, true, true})
}

// sharedPair is a connection whose far end offers shared memory.
func sharedPair(t testing.TB) (near, far net.Conn) {
	near, c := unixPair(t)
	e := &farEnd{Conn: c, changed: make(chan struct{})}
	e.stream = offer(t, startLoop(t), c, e)
	return near, e
}

// offer attaches the side that offers, which says its one byte of handshake.
func offer(t testing.TB, l *Loop, c net.Conn, h Handler) Stream {
	s, err := l.AttachShared(c, h, true)
	require.NoError(t, err)
	n, err := s.Writev([][]byte{{'o'}})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	return s
}

// attachShared attaches the side that takes the offer.
func attachShared(l *Loop, c net.Conn, h Handler) (Stream, error) {
	s, err := l.AttachShared(c, h, false)
	if err != nil {
		return nil, err
	}
	var b [1]byte
	for n := 0; n == 0; {
		if n, err = s.Read(b[:]); err != nil && err != ErrAgain {
			return nil, err
		}
	}
	if _, err := s.Writev([][]byte{{'t'}}); err != nil {
		return nil, err
	}
	s.(Sharer).Share(1)
	return s, nil
}

// farEnd is a connection that blocks, over a stream that shares memory.
type farEnd struct {
	net.Conn // the addresses
	stream   Stream
	once     sync.Once

	mu      sync.Mutex
	changed chan struct{} // closed at the next event
}

func (e *farEnd) Ready(Events) {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.changed)
	e.changed = make(chan struct{})
}

// retry calls f until it needs to wait no longer.
func (e *farEnd) retry(f func() (int, error)) (n int, err error) {
	for {
		e.mu.Lock()
		changed := e.changed
		e.mu.Unlock()
		if n, err = f(); err != ErrAgain {
			return n, err
		}
		select {
		case <-changed:
		case <-time.After(patience):
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// shake ends the handshake.
func (e *farEnd) shake() {
	e.once.Do(func() {
		if _, err := e.retry(func() (int, error) { return e.stream.Read(make([]byte, 1)) }); err == nil {
			e.stream.(Sharer).Share(1)
		}
	})
}

func (e *farEnd) Read(p []byte) (int, error) {
	e.shake()
	return e.retry(func() (int, error) { return e.stream.Read(p) })
}

func (e *farEnd) Write(p []byte) (n int, err error) {
	e.shake()
	for n < len(p) && err == nil {
		var k int
		k, err = e.retry(func() (int, error) {
			k, err := e.stream.Writev([][]byte{p[n:]})
			if err == ErrAgain {
				e.stream.WatchWrite(true)
			}
			return k, err
		})
		n += k
	}
	return n, err
}

func (e *farEnd) Close() error {
	e.stream.Close()
	e.Ready(0) // whoever waits finds it closed
	return nil
}

func (e *farEnd) SetDeadline(time.Time) error { return nil } // retry has one of its own

// A peer that offers nothing, or something that is of no use, is a stream like any other.
func TestUselessOffers(t *testing.T) {
	bad := func() int {
		fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC)
		require.NoError(t, err)
		return fd
	}
	for name, fds := range map[string][]int{"none": nil, "not sealed": {bad()}, "too many": {bad(), bad(), bad(), bad(), bad(), bad()}} {
		t.Run(name, func(t *testing.T) {
			near, far := unixPair(t)
			defer far.Close()
			r := newRecorder()
			s, err := startLoop(t).AttachShared(near, r, false)
			require.NoError(t, err)
			defer s.Close()
			var oob []byte
			if fds != nil {
				oob = unix.UnixRights(fds...)
			}
			_, _, err = far.(*net.UnixConn).WriteMsgUnix([]byte("hello"), oob, nil)
			require.NoError(t, err)
			for _, fd := range fds {
				require.NoError(t, unix.Close(fd))
			}
			f := &fixture{T: t, stream: s, seen: r}
			require.Equal(t, "hello", string(f.read(5, 10, false)))
			require.False(t, s.(Sharer).Offered())
			f.write([]byte("ciao"))
			got := make([]byte, 4)
			_, err = io.ReadFull(far, got)
			require.NoError(t, err)
			require.Equal(t, "ciao", string(got))
		})
	}
}

// The second offer of a peer is closed, and so is what comes with later bytes.
func TestOfferThatIsNotShared(t *testing.T) {
	near, far := unixPair(t)
	l := startLoop(t)
	s := offer(t, l, far, newRecorder())
	defer s.Close()
	r := newRecorder()
	n, err := l.AttachShared(near, r, false)
	require.NoError(t, err)
	defer n.Close()
	f := &fixture{T: t, stream: n, seen: r}
	require.Equal(t, "o", string(f.read(1, 1, false)))
	require.True(t, n.(Sharer).Offered())
	_, err = s.Writev([][]byte{[]byte("over the socket")})
	require.NoError(t, err)
	require.Equal(t, "over the socket", string(f.read(15, 100, false)))
}

// hostilePeer has taken our offer and does as it likes with what it was given.
func hostilePeer(t *testing.T) (f *fixture, theirs *shm.Segment, far *net.UnixConn) {
	near, c := unixPair(t)
	far = c.(*net.UnixConn)
	f = &fixture{T: t, loop: startLoop(t), seen: newRecorder()}
	f.stream = offer(t, f.loop, near, f.seen)
	t.Cleanup(f.stream.Close)
	oob := make([]byte, 100)
	_, n, _, _, err := far.ReadMsgUnix(make([]byte, 10), oob)
	require.NoError(t, err)
	msgs, err := unix.ParseSocketControlMessage(oob[:n])
	require.NoError(t, err)
	fds, err := unix.ParseUnixRights(&msgs[0])
	require.NoError(t, err)
	theirs, err = shm.Open(fds[0])
	require.NoError(t, err)
	require.NoError(t, unix.Close(fds[0]))
	t.Cleanup(func() {
		require.NoError(t, theirs.Close())
		_ = far.Close()
	})
	f.stream.(Sharer).Share(1)
	return f, theirs, far
}

func TestPeerThatDoesNothingButRing(t *testing.T) {
	f, theirs, far := hostilePeer(t)
	wait := inBackground(func() error {
		_, err := far.Write(bytes.Repeat([]byte{1}, 1<<20))
		return err
	})
	f.roundTrip() // the loop is still there for others
	require.NoError(t, wait(), "and takes the bells away")
	_, _, err := theirs.Out.Writev([][]byte{[]byte("in earnest")})
	require.NoError(t, err)
	_, err = far.Write([]byte{1})
	require.NoError(t, err)
	require.Equal(t, "in earnest", string(f.read(10, 100, false)))
}

// What a peer wrote before it died is read to the end.
func TestPeerThatDies(t *testing.T) {
	f, theirs, far := hostilePeer(t)
	_, _, err := theirs.Out.Writev([][]byte{sequence(shm.RingSize)})
	require.NoError(t, err)
	require.NoError(t, far.Close())
	require.True(t, bytes.Equal(sequence(shm.RingSize), f.read(untilEnd, 5000, false)))
}
