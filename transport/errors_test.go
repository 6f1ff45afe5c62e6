package transport

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func TestInvalid(t *testing.T) {
	err := Invalid("tcp", "a:b", "b", "the port is not a number")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	require.EqualError(t, err, `ringmq: tcp://a:b "b": the port is not a number: invalid endpoint`)
}

func TestFailed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, inUse := net.Listen("tcp", l.Addr().String())
	require.True(t, IsAddrInUse(inUse))
	other := errors.New("other")
	for _, tc := range []struct {
		name        string
		err         error
		isAddrInUse bool
	}{
		{"taken", inUse, true},
		{"other", other, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := Failed("tcp", "a:1", tc.err)
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, tc.isAddrInUse, errors.Is(err, ringmq.ErrAddrInUse))
			e, ok := errors.AsType[*ringmq.Error](err)
			require.True(t, ok)
			require.Equal(t, "tcp://a:1", e.Endpoint)
		})
	}
}

func TestIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = net.Dial("tcp", l.Addr().String())
	require.True(t, IsRefused(err))
	require.False(t, IsRefused(net.ErrClosed))
	require.False(t, IsRefused(nil))
}

func TestPeerAddrOfOtherConnections(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	require.Equal(t, a.RemoteAddr(), PeerAddr(a))
}

func TestProcessString(t *testing.T) {
	require.Equal(t, "pid=1,uid=2,gid=3", process{pid: 1, uid: 2, gid: 3}.String())
	require.Equal(t, "uid=2,gid=3", process{uid: 2, gid: 3}.String())
}
