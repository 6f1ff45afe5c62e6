//go:build linux && !ringmq_portable

package ioloop

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAttachMakesTheStreamThatFits(t *testing.T) {
	l := startLoop(t)
	for name, c := range map[string]struct {
		pair func(testing.TB) (near, far net.Conn)
		want Stream
	}{
		"tcp":  {tcpPair, (*fdStream)(nil)},
		"unix": {unixPair, (*fdStream)(nil)},
		"pipe": {pipePair, (*netStream)(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := c.pair(t)
			defer far.Close()
			s, err := l.Attach(near, newRecorder())
			require.NoError(t, err)
			defer s.Close()
			require.IsType(t, c.want, s)
			_, fd := c.want.(*fdStream)
			require.Equal(t, fd, s.Drivable())
		})
	}
}

func TestAttachOfAClosedConnection(t *testing.T) {
	l := startLoop(t)
	near, far := tcpPair(t)
	require.NoError(t, near.Close())
	_, err := l.Attach(near, newRecorder())
	require.Error(t, err)
	require.NoError(t, far.Close())
	require.Empty(t, l.poller.(*epollPoller).streams)
}

// The descriptor is a duplicate: what package net had is closed, and so is the connection with the stream alone.
func TestAttachTakesTheConnectionOver(t *testing.T) {
	l := startLoop(t)
	near, far := tcpPair(t)
	defer far.Close()
	s, err := l.Attach(near, newRecorder())
	require.NoError(t, err)
	_, err = near.Write([]byte{1})
	require.ErrorIs(t, err, net.ErrClosed)
	s.Close()
	_, err = far.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.Empty(t, l.poller.(*epollPoller).streams, "a closed stream is forgotten")
}

// An end that comes with data is told apart, so that the reader goes on to it after a short read.
func TestHangupIsReported(t *testing.T) {
	l := startLoop(t)
	near, far := tcpPair(t)
	r := newRecorder()
	s, err := l.Attach(near, r)
	require.NoError(t, err)
	defer s.Close()
	_, err = far.Write([]byte("last"))
	require.NoError(t, err)
	r.await(t, Readable)
	require.Zero(t, r.take(Hangup))
	require.NoError(t, far.Close())
	r.await(t, Hangup)
	r.take(^Events(0))

	s.WatchRead(false)
	s.WatchRead(true)
	require.NotZero(t, r.await(t, Hangup), "also for a watch that begins when it is there")
}

// Input that nobody takes is one edge: the loop sleeps on it.
func TestUnreadInputLetsTheLoopSleep(t *testing.T) {
	l, calls := watch(t)
	near, far := tcpPair(t)
	defer far.Close()
	r := newRecorder()
	s, err := attachFD(calls.poller.(*epollPoller), near, r)
	require.NoError(t, err)
	defer s.Close()
	_, err = far.Write([]byte("unread"))
	require.NoError(t, err)
	r.await(t, Readable)
	s.WatchWrite(true)
	r.await(t, Writable)
	requireSleeps(t, l, calls)
}
