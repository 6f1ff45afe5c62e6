package tcp

import (
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/transporttest"
)

func TestConformance(t *testing.T) {
	for name, newAddr := range map[string]func(*testing.T) string{
		"any":      func(*testing.T) string { return "*:*" },
		"address":  func(*testing.T) string { return "127.0.0.1:*" },
		"fixed":    func(t *testing.T) string { return nettest.TCP(t) },
		"host":     func(*testing.T) string { return "localhost:0" },
		"nic":      func(t *testing.T) string { return loopback(t) + ":0" },
		"ipv6":     func(t *testing.T) string { requireIPv6(t); return "[::1]:0" },
		"ipv6 any": func(t *testing.T) string { requireIPv6(t); return "[::]:*" },
	} {
		t.Run(name, func(t *testing.T) { transporttest.Run(t, Scheme, newAddr) })
	}
}

// loopback returns the name of the loopback interface.
func loopback(t *testing.T) string {
	nics, err := net.Interfaces()
	require.NoError(t, err)
	for _, nic := range nics {
		addrs, err := nic.Addrs()
		if err == nil && nic.Flags&net.FlagLoopback != 0 && len(addrs) > 0 {
			return nic.Name
		}
	}
	t.Skip("no loopback interface")
	return ""
}

func requireIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6:", err)
	}
	l.Close()
}

func listenAt(t *testing.T, addr string) transport.Listener {
	l, err := Transport{}.Listen(t.Context(), addr, transport.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func portOf(l transport.Listener) string {
	return l.Endpoint()[strings.LastIndexByte(l.Endpoint(), ':')+1:]
}

func TestBoundEndpoint(t *testing.T) {
	for addr, want := range map[string]string{
		"*:*":         "tcp://0.0.0.0:",
		"0.0.0.0:0":   "tcp://0.0.0.0:",
		"127.0.0.1:*": "tcp://127.0.0.1:",
		"localhost:*": "tcp://127.0.0.1:",
		"[::1]:0":     "tcp://[::1]:",
		"[::]:0":      "tcp://[::]:",
	} {
		t.Run(addr, func(t *testing.T) {
			if strings.HasPrefix(addr, "[") {
				requireIPv6(t)
			}
			l := listenAt(t, addr)
			require.Equal(t, want+portOf(l), l.Endpoint())
			require.NotEqual(t, "0", portOf(l))
		})
	}
}

func TestWildcardHostIsIPv4Only(t *testing.T) {
	requireIPv6(t)
	l := listenAt(t, "*:*")
	_, err := Transport{}.Dial(t.Context(), "[::1]:"+portOf(l), transport.Options{})
	require.True(t, transport.IsRefused(err), "%v", err)
}

// With the option every name stands for IPv6 first, and the wildcard for both.
func TestPreferIPv6(t *testing.T) {
	requireIPv6(t)
	for addr, want := range map[string]string{
		"*:*": "tcp://[::]:", loopback(t) + ":0": "tcp://[::1]:", "0.0.0.0:0": "tcp://0.0.0.0:",
	} {
		l, err := Transport{}.Listen(t.Context(), addr, transport.Options{IPv6: true})
		require.NoError(t, err)
		require.Equal(t, want+portOf(l), l.Endpoint())
		if addr == "*:*" {
			for _, host := range []string{"127.0.0.1:", "[::1]:"} {
				c, err := Transport{}.Dial(t.Context(), "*:0;"+host+portOf(l), transport.Options{IPv6: true})
				require.NoError(t, err)
				require.NoError(t, c.Close())
			}
		}
		require.NoError(t, l.Close())
	}
}

func TestIPv6AnyTakesIPv4(t *testing.T) {
	requireIPv6(t)
	l := listenAt(t, "[::]:*")
	c, err := Transport{}.Dial(t.Context(), "127.0.0.1:"+portOf(l), transport.Options{})
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestConnectionTypes(t *testing.T) {
	l := listenAt(t, "127.0.0.1:*")
	dialed, err := Transport{}.Dial(t.Context(), "127.0.0.1:"+portOf(l), transport.Options{})
	require.NoError(t, err)
	defer dialed.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	require.IsType(t, (*net.TCPConn)(nil), dialed)
	require.IsType(t, (*net.TCPConn)(nil), accepted)
	require.Equal(t, dialed.LocalAddr().String(), transport.PeerAddr(accepted).String())
}

func TestForeignAddress(t *testing.T) {
	_, err := Transport{}.Listen(t.Context(), "192.0.2.1:0", transport.Options{}) // TEST-NET-1, RFC 5737
	require.ErrorContains(t, err, "192.0.2.1")
	require.NotErrorIs(t, err, ringmq.ErrAddrInUse)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	if runtime.GOOS != "windows" { // there the codes are Winsock's
		require.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
	}
}

func TestSourceAddress(t *testing.T) {
	l := listenAt(t, "127.0.0.1:*")
	source := nettest.TCP(t)
	for range 2 { // again while the first is in TIME_WAIT
		c, err := Transport{}.Dial(t.Context(), source+";127.0.0.1:"+portOf(l), transport.Options{})
		require.NoError(t, err)
		accepted, err := l.Accept()
		require.NoError(t, err)
		require.Equal(t, source, accepted.RemoteAddr().String())
		require.NoError(t, c.Close())
		require.NoError(t, accepted.Close())
		if runtime.GOOS == "windows" {
			break
		}
	}
}

// A source that is the target makes TCP open the connection to itself, which otherwise takes thousands of attempts.
func TestSelfConnect(t *testing.T) {
	addr := nettest.TCP(t)
	_, err := Transport{}.Dial(t.Context(), addr+";"+addr, transport.Options{})
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "a connector would not try again")
	if runtime.GOOS == "linux" {
		require.ErrorIs(t, err, errSelf)
		require.True(t, transport.IsRefused(err))
	}
	l := listenAt(t, addr) // the port is free again
	require.NoError(t, l.Close())
}
