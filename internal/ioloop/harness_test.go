package ioloop

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long an event may take that must come.
const patience = 20 * time.Second

// kernelBuffer is asked for as the size of the sockets' buffers in bytes, so that a peer is full soon.
const kernelBuffer = 32 << 10

// maker makes a stream of one kind, and the far end of its connection.
type maker struct {
	name      string
	pair      func(t testing.TB) (near, far net.Conn)
	attach    func(l *Loop, c net.Conn, h Handler) (Stream, error)
	halfClose bool // the connection can end one direction
	agreed    bool // both ends have to be attached before anything passes
}

// makers are both implementations over every connection there is. Where the portable loop is built, Attach makes a
// netStream too.
func makers() []maker {
	adapt := func(l *Loop, c net.Conn, h Handler) (Stream, error) { return newNetStream(l, c, h), nil }
	return append([]maker{
		{"attached tcp", tcpPair, (*Loop).Attach, true, false},
		{"attached unix", unixPair, (*Loop).Attach, true, false},
		{"attached pipe", pipePair, (*Loop).Attach, false, false},
		{"adapted tcp", tcpPair, adapt, true, false},
		{"adapted unix", unixPair, adapt, true, false},
		{"adapted pipe", pipePair, adapt, false, false},
	}, more...)
}

// more are those of the system's own loop.
var more []maker

func tcpPair(t testing.TB) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return joined(t, l)
}

func unixPair(t testing.TB) (near, far net.Conn) {
	dir, err := os.MkdirTemp("", "ioloop") // short: a path has some 100 bytes at most
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	require.NoError(t, err)
	return joined(t, l)
}

func joined(t testing.TB, l net.Listener) (near, far net.Conn) {
	defer l.Close()
	near, err := net.Dial(l.Addr().Network(), l.Addr().String())
	require.NoError(t, err)
	far, err = l.Accept()
	require.NoError(t, err)
	for _, c := range []net.Conn{near, far} {
		b := c.(interface {
			SetReadBuffer(int) error
			SetWriteBuffer(int) error
		})
		require.NoError(t, b.SetReadBuffer(kernelBuffer))
		require.NoError(t, b.SetWriteBuffer(kernelBuffer))
	}
	return near, far
}

func pipePair(testing.TB) (near, far net.Conn) { return net.Pipe() }

// recorder is a handler that keeps the events for the test.
type recorder struct {
	mu   sync.Mutex
	seen Events
	bell chan struct{}
}

func newRecorder() *recorder { return &recorder{bell: make(chan struct{}, 1)} }

func (r *recorder) Ready(ev Events) {
	r.mu.Lock()
	r.seen |= ev
	r.mu.Unlock()
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// take returns those of the wanted events that were reported since the last time.
func (r *recorder) take(want Events) Events {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.seen & want
	r.seen &^= got
	return got
}

// await waits for one of the wanted events.
func (r *recorder) await(t testing.TB, want Events) Events {
	t.Helper()
	timeout := time.After(patience)
	for {
		if got := r.take(want); got != 0 {
			return got
		}
		select {
		case <-r.bell:
		case <-timeout:
			require.FailNow(t, "no event", "of %b", want)
		}
	}
}

// fixture is a stream with a loop of its own, and the other end.
type fixture struct {
	*testing.T
	maker
	loop   *Loop
	stream Stream
	seen   *recorder
	peer   net.Conn
}

// forEachStream runs the test over every kind of stream.
func forEachStream(t *testing.T, test func(f *fixture)) {
	for _, m := range makers() {
		t.Run(m.name, func(t *testing.T) {
			f := &fixture{T: t, maker: m, loop: startLoop(t)}
			f.stream, f.seen, f.peer = f.open()
			test(f)
		})
	}
}

func startLoop(t testing.TB) *Loop {
	l, err := newLoop(loopConfig{cpu: -1})
	require.NoError(t, err)
	t.Cleanup(l.stop)
	return l
}

// open makes a further stream on the loop.
func (f *fixture) open() (Stream, *recorder, net.Conn) {
	near, far := f.pair(f)
	r := newRecorder()
	s, err := f.attach(f.loop, near, r)
	require.NoError(f, err)
	f.Cleanup(func() {
		s.Close()
		_ = far.Close()
	})
	require.NoError(f, far.SetDeadline(time.Now().Add(patience)))
	return s, r, far
}

// untilEnd as a number of bytes has read go on to the end of the stream.
const untilEnd = -1

// read reads want bytes in pieces of up to piece bytes, waiting for an event after ErrAgain and, if trustShort is set,
// after a read that did not fill its buffer, as an engine does: then there was no more, unless a hang-up was reported.
func (f *fixture) read(want, piece int, trustShort bool) []byte {
	f.Helper()
	var got []byte
	buf := make([]byte, piece)
	for hungUp := false; want == untilEnd || len(got) < want; {
		n, err := f.stream.Read(buf)
		got = append(got, buf[:n]...)
		switch {
		case err == io.EOF:
			require.Equal(f, untilEnd, want, "the end after %d bytes", len(got))
			return got
		case err != nil && err != ErrAgain:
			require.NoError(f, err)
		case err == ErrAgain, trustShort && n < piece && !hungUp && len(got) != want:
			hungUp = f.seen.await(f, Readable|Hangup)&Hangup != 0 || hungUp
		}
	}
	return got
}

// write writes all of b, waiting for an event where the stream takes no more.
func (f *fixture) write(b []byte) {
	f.Helper()
	for len(b) > 0 {
		n, err := f.stream.Writev([][]byte{b})
		b = b[n:]
		if err == ErrAgain {
			f.stream.WatchWrite(true)
			f.seen.await(f, Writable)
			continue
		}
		require.NoError(f, err)
	}
}

// roundTrip returns when the loop has looked for events that were there before: posted work runs before a look.
func (f *fixture) roundTrip() {
	for range 2 {
		done := make(chan struct{})
		f.loop.Post(runFunc(func() { close(done) }))
		<-done
	}
}

type runFunc func()

func (r runFunc) Run() { r() }

// sequence is n bytes in which a gap, a repetition or a change of order shows.
func sequence(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8)*31 ^ byte(i>>16)*17
	}
	return b
}

// inBackground runs g on a goroutine of its own; wait returns its error.
func inBackground(g func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- g() }()
	return func() error { return <-done }
}

// within waits for a value.
func within[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
	}
	return v
}

// eventually gives way to other goroutines until the condition holds, for what has no event.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); runtime.Gosched() {
		require.True(t, time.Now().Before(end), "never: %s", what)
	}
}
