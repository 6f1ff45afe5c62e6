package ioloop

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// lastWords is a connection whose last Read returns data together with the error, as io.Reader allows and crypto/tls
// does.
type lastWords struct {
	net.Conn
	left []byte
	err  error
}

func (c *lastWords) Read(p []byte) (int, error) {
	n := copy(p, c.left)
	if c.left = c.left[n:]; len(c.left) > 0 {
		return n, nil
	}
	return n, c.err
}

func TestErrorThatComesWithDataIsSeen(t *testing.T) {
	for name, want := range map[string]error{"end": io.EOF, "error": errors.New("broken")} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			l := startLoop(t)
			d := &drainer{end: make(chan error, 1)}
			d.mu.Lock()
			d.stream = newNetStream(l, &lastWords{near, []byte("last words"), want}, d)
			d.mu.Unlock()
			defer d.stream.Close()
			require.Equal(t, want, within(t, d.end))
			require.Equal(t, "last words", string(d.bytes()))
		})
	}
}

// A failed write is reported to whoever watches for room, and by every later Writev.
func TestWriteErrorIsReported(t *testing.T) {
	near, far := net.Pipe()
	l, r := startLoop(t), newRecorder()
	s := newNetStream(l, near, r)
	defer s.Close()
	_, err := s.Writev([][]byte{[]byte("lost")})
	require.NoError(t, err)
	s.WatchWrite(true)
	r.await(t, Writable)
	require.NoError(t, far.Close())
	eventually(t, "a failed write", func() bool {
		_, err = s.Writev([][]byte{{1}})
		return err != nil && err != ErrAgain
	})
	s.WatchWrite(false)
	r.take(Writable)
	s.WatchWrite(true)
	r.await(t, Writable)
}

func TestAdaptorIsNotDrivable(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	s := newNetStream(startLoop(t), near, newRecorder())
	defer s.Close()
	require.False(t, s.Drivable())
}
