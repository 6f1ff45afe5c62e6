package tcp

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/transport"
)

func sockopt(t *testing.T, c any, level, opt int) int {
	raw, err := c.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var v int
	var optErr error
	require.NoError(t, raw.Control(func(fd uintptr) { v, optErr = unix.GetsockoptInt(int(fd), level, opt) }))
	require.NoError(t, optErr)
	return v
}

func TestSocketOptions(t *testing.T) {
	l := listenAt(t, "127.0.0.1:*")
	require.Equal(t, unix.IPPROTO_TCP, sockopt(t, l, unix.SOL_SOCKET, unix.SO_PROTOCOL), "not MPTCP")
	dialed, err := Transport{}.Dial(t.Context(), "127.0.0.1:"+portOf(l), transport.Options{})
	require.NoError(t, err)
	defer dialed.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	for _, c := range []any{dialed, accepted} {
		require.Equal(t, 1, sockopt(t, c, unix.IPPROTO_TCP, unix.TCP_NODELAY))
		require.Equal(t, 0, sockopt(t, c, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
	}
}

// For a listening socket Linux reports the backlog as tcpi_sacked (tcp_get_info).
func TestBacklog(t *testing.T) {
	l, err := Transport{}.Listen(t.Context(), "127.0.0.1:*", transport.Options{Backlog: 7})
	require.NoError(t, err)
	defer l.Close()
	raw, err := l.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var info *unix.TCPInfo
	require.NoError(t, raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}))
	require.NoError(t, err)
	require.EqualValues(t, 7, info.Sacked)
}
