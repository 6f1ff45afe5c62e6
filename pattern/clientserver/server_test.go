package clientserver

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// TestIDsRunUpwardsAndBeginAnew: after the last they pass over 0 and those in use.
func TestIDsRunUpwardsAndBeginAnew(t *testing.T) {
	p := new(socket.Pipe)
	s := &server{routes: map[uint32]*socket.Pipe{}}
	for want := range uint32(3) {
		require.Equal(t, want+1, s.nextID())
	}
	s.last = math.MaxUint32 - 2
	s.routes[math.MaxUint32], s.routes[1], s.routes[2] = p, p, p
	require.Equal(t, uint32(math.MaxUint32-1), s.nextID())
	require.EqualValues(t, 3, s.nextID())
	require.EqualValues(t, 4, s.nextID())
}

// TestDetachLeavesAnothersIDAlone: a pipe may be detached twice, and its id may have a new owner by then.
func TestDetachLeavesAnothersIDAlone(t *testing.T) {
	old, other := new(socket.Pipe), new(socket.Pipe)
	s := &server{routes: map[uint32]*socket.Pipe{}}
	s.Attach(old)
	s.Detach(old)
	require.Empty(t, s.routes)
	s.last = 0
	s.Attach(other)
	s.Detach(old)
	require.Equal(t, map[uint32]*socket.Pipe{1: other}, s.routes)
}
