package ipc

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

func TestAdopt(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	given, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer given.Close()
	l, err := Transport{}.Listen(t.Context(), "*", transport.Options{Listener: given, Backlog: 3})
	require.NoError(t, err)
	require.Equal(t, "ipc://"+path, l.Endpoint())
	requireReaches(t, path, l)
	require.NoError(t, l.Close())
	require.NoFileExists(t, path, "package net removes what it has made")
}

func TestAdoptRefuses(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	_, err = Transport{}.Listen(t.Context(), "*", transport.Options{Listener: other})
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, "TCPListener")
}
