package tcp

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

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

// The read side doubles what was asked for (socket(7)).
func TestOptionsAreSet(t *testing.T) {
	o := transport.Options{
		SendBuffer: 40_000, RecvBuffer: 50_000, TOS: 0x28, Priority: 5, UserTimeout: 1500 * time.Millisecond,
		Device:    "lo",
		KeepAlive: net.KeepAliveConfig{Enable: true, Idle: 7 * time.Second, Interval: 3 * time.Second, Count: 4},
	}
	for name, bind := range map[string]string{"IPv4": "127.0.0.1:*", "IPv6": "[::1]:*", "both": "[::]:*"} {
		t.Run(name, func(t *testing.T) {
			if name != "IPv4" {
				requireIPv6(t)
			}
			dialed, accepted := connectWith(t, bind, o, o)
			for _, c := range []any{dialed, accepted} {
				require.Equal(t, 2*o.SendBuffer, sockopt(t, c, unix.SOL_SOCKET, unix.SO_SNDBUF))
				require.Equal(t, 2*o.RecvBuffer, sockopt(t, c, unix.SOL_SOCKET, unix.SO_RCVBUF))
				require.Equal(t, o.TOS, sockopt(t, c, unix.IPPROTO_IP, unix.IP_TOS))
				require.Equal(t, o.Priority, sockopt(t, c, unix.SOL_SOCKET, unix.SO_PRIORITY))
				require.Equal(t, 1500, sockopt(t, c, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT))
				require.Equal(t, 1, sockopt(t, c, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
				require.Equal(t, 7, sockopt(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE))
				require.Equal(t, 3, sockopt(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL))
				require.Equal(t, 4, sockopt(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPCNT))
				require.Equal(t, "lo", device(t, c))
			}
			require.Equal(t, name != "IPv4", sockopt(t, accepted, unix.SOL_SOCKET, unix.SO_DOMAIN) == unix.AF_INET6)
			for _, c := range []any{dialed, accepted} {
				if sockopt(t, c, unix.SOL_SOCKET, unix.SO_DOMAIN) == unix.AF_INET6 {
					require.Equal(t, o.TOS, sockopt(t, c, unix.IPPROTO_IPV6, unix.IPV6_TCLASS))
				}
			}
		})
	}
}

// connectWith connects to bind, or to where it is on the loopback interface, and returns both ends.
func connectWith(t *testing.T, bind string, dial, listen transport.Options) (dialed, accepted net.Conn) {
	l, err := Transport{}.Listen(t.Context(), bind, listen)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	host := "127.0.0.1:"
	if strings.HasPrefix(bind, "[::1]") {
		host = "[::1]:"
	}
	dialed, err = Transport{}.Dial(t.Context(), host+portOf(l), dial)
	require.NoError(t, err)
	t.Cleanup(func() { dialed.Close() })
	accepted, err = l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { accepted.Close() })
	return dialed, accepted
}

func device(t *testing.T, c any) string {
	raw, err := c.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var name string
	require.NoError(t, transport.OnDescriptor(raw, func(fd uintptr) (err error) {
		name, err = unix.GetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
		return err
	}))
	return name
}

// What is not asked for stays as the system has it, on each end by itself.
func TestOptionsAreLeft(t *testing.T) {
	plain, _ := connectWith(t, "127.0.0.1:*", transport.Options{}, transport.Options{})
	some := transport.Options{KeepAlive: net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: 5}, TOS: 0x10}
	dialed, accepted := connectWith(t, "127.0.0.1:*", transport.Options{}, some)
	for _, opt := range []int{unix.TCP_KEEPIDLE, unix.TCP_KEEPINTVL, unix.TCP_USER_TIMEOUT} {
		require.Equal(t, sockopt(t, plain, unix.IPPROTO_TCP, opt), sockopt(t, accepted, unix.IPPROTO_TCP, opt))
	}
	require.Equal(t, 5, sockopt(t, accepted, unix.IPPROTO_TCP, unix.TCP_KEEPCNT))
	require.Equal(t, 0x10, sockopt(t, accepted, unix.IPPROTO_IP, unix.IP_TOS))
	require.Zero(t, sockopt(t, dialed, unix.IPPROTO_IP, unix.IP_TOS))
	require.Zero(t, sockopt(t, dialed, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
	require.Empty(t, device(t, dialed))
}

func TestUnknownDevice(t *testing.T) {
	o := transport.Options{Device: "no-such-nic"}
	_, err := Transport{}.Listen(t.Context(), "127.0.0.1:*", o)
	require.ErrorIs(t, err, syscall.ENODEV)
	require.ErrorContains(t, err, "no-such-nic")
	_, err = Transport{}.Dial(t.Context(), "127.0.0.1:1", o)
	require.ErrorIs(t, err, syscall.ENODEV)
	require.ErrorContains(t, err, "no-such-nic")
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
