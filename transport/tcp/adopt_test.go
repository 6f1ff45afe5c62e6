package tcp

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

func TestAdopt(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer given.Close()
	l, err := Transport{}.Listen(t.Context(), "*:*", transport.Options{Listener: given})
	require.NoError(t, err)
	require.Equal(t, "tcp://"+given.Addr().String(), l.Endpoint())
	c, err := Transport{}.Dial(t.Context(), given.Addr().String(), transport.Options{})
	require.NoError(t, err)
	defer c.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, accepted.Close())
	require.NoError(t, l.Close())
	_, err = given.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestAdoptRefuses(t *testing.T) {
	other, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	require.NoError(t, err)
	defer other.Close()
	_, err = Transport{}.Listen(t.Context(), "*:*", transport.Options{Listener: other})
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, "UnixListener")

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	_, err = Transport{}.Listen(t.Context(), "*:*", transport.Options{Listener: closed, Backlog: 1})
	require.ErrorIs(t, err, net.ErrClosed)
}
