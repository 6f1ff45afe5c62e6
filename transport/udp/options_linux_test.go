package udp

import (
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/transport"
)

// get reads an option of the system.
func get(t *testing.T, c *net.UDPConn, level, option int) (v int) {
	t.Helper()
	raw, err := c.SyscallConn()
	require.NoError(t, err)
	var optErr error
	require.NoError(t, raw.Control(func(fd uintptr) { v, optErr = unix.GetsockoptInt(int(fd), level, option) }))
	require.NoError(t, optErr)
	return v
}

// TestMulticastOptions reach the system, for sockets that send and for those that are bound.
func TestMulticastOptions(t *testing.T) {
	for _, m := range []transport.Multicast{{Hops: 1, Loop: true}, {Hops: 7}, {Hops: 255, Loop: true}} {
		t.Run(fmt.Sprint("IPv4 ", m), func(t *testing.T) { ipv4Options(t, m) })
		t.Run(fmt.Sprint("IPv6 ", m), func(t *testing.T) { ipv6Options(t, m) })
	}
}

func ipv4Options(t *testing.T, m transport.Multicast) {
	for _, s := range []transport.DatagramSocket{
		open(t, "127.0.0.1:*", m), aim(t, "127.0.0.1:5555", m), aim(t, "239.192.7.9:5555", m),
		aim(t, "127.0.0.1;239.192.7.9:5555", m),
	} {
		require.Equal(t, m.Hops, get(t, s.UDPConn, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL))
		require.Equal(t, flag(m.Loop), get(t, s.UDPConn, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP))
	}
}

func ipv6Options(t *testing.T, m transport.Multicast) {
	nettest.IPv6(t)
	for _, s := range []transport.DatagramSocket{
		open(t, "[::1]:*", m), aim(t, "[::1]:5555", m), aim(t, "[ff02::77]:5555", m),
	} {
		require.Equal(t, m.Hops, get(t, s.UDPConn, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS))
		require.Equal(t, flag(m.Loop), get(t, s.UDPConn, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP))
	}
}

// TestMulticastInterface: datagrams leave by the interface that the endpoint names.
func TestMulticastInterface(t *testing.T) {
	lo := nettest.Loopback(t)
	for _, name := range []string{lo.Name, "127.0.0.1"} {
		s := aim(t, name+";239.192.7.9:5555", quiet)
		raw, err := s.SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			ip, err := unix.GetsockoptInet4Addr(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF)
			require.NoError(t, err)
			require.Equal(t, [4]byte{127, 0, 0, 1}, ip)
		}))
	}
	nettest.IPv6(t)
	s := aim(t, lo.Name+";[ff02::77]:5555", quiet)
	require.Equal(t, lo.Index, get(t, s.UDPConn, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF))
}
