package socket

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// newFair returns a socket that receives and sends nothing by itself.
func newFair(t *testing.T) *struct {
	Socket
	Receiver
} {
	t.Helper()
	c, err := New(KindOf(PULL), func(c *Core) Pattern { return Fair{Core: c} }, WithLinger(0))
	require.NoError(t, err)
	s := &struct {
		Socket
		Receiver
	}{NewSocket(c), NewReceiver(c)}
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// A socket knows of a poller only while it waits: what is told, changed or taken out is not counted any more.
func TestPollItemsAreCountedWhileTheyWait(t *testing.T) {
	s := newFair(t)
	c := s.pollCore()
	p, q := NewPoller(), NewPoller()
	waiting := func() int32 { return c.readable.n.Load() }

	require.NoError(t, p.Add(s, Readable))
	require.Zero(t, waiting(), "nobody has looked")
	require.Zero(t, p.Poll(make([]Ready, 1)))
	require.EqualValues(t, 1, waiting())
	require.NoError(t, q.Add(s, Readable))
	require.Zero(t, q.Poll(make([]Ready, 1)))
	require.EqualValues(t, 2, waiting())

	require.NoError(t, q.Change(s, Readable))
	require.EqualValues(t, 1, waiting(), "it is to be looked at")
	require.Zero(t, q.Poll(make([]Ready, 1)))
	require.EqualValues(t, 2, waiting())
	require.NoError(t, q.Remove(s))
	require.EqualValues(t, 1, waiting())
	require.NoError(t, p.Close())
	require.Zero(t, waiting())
	require.Nil(t, c.readable.polls.list.Load())
	require.Nil(t, c.writable.polls.list.Load())
	require.NoError(t, q.Close())
}

// The queue has each item once, and goes round.
func TestPollQueue(t *testing.T) {
	p := NewPoller()
	sockets := []Pollable{newFair(t), newFair(t), newFair(t)}
	for _, s := range sockets {
		require.NoError(t, p.Add(s, Readable))
		p.find(s).signal()
	}
	require.Equal(t, len(sockets), p.queued())
	for _, s := range append(sockets, sockets...) {
		it := p.pop()
		require.Equal(t, s, it.socket)
		p.push(it)
		p.push(it)
	}
	require.NoError(t, p.Remove(sockets[1]))
	require.Equal(t, sockets[0], p.pop().socket)
	gone := p.pop()
	require.Zero(t, gone.look())
	p.push(gone)
	require.Equal(t, 1, p.queued())
	require.Equal(t, sockets[2], p.pop().socket)
	require.Nil(t, p.pop())
	require.NoError(t, p.Close())
}

func TestReadinessString(t *testing.T) {
	for r, want := range map[Readiness]string{
		0: "nothing", Readable: "readable", Readable | Writable: "readable|writable", Ended: "ended", 8: "readiness 0x8",
	} {
		require.Equal(t, want, r.String())
	}
}
