package udp

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/transport"
)

// patience is how long anything may take.
const patience = 15 * time.Second

var quiet = transport.Multicast{Hops: 1, Loop: true}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, addr string, m transport.Multicast) transport.DatagramSocket {
	t.Helper()
	s, err := Transport{}.Open(within(t), addr, m)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func aim(t *testing.T, addr string, m transport.Multicast) transport.DatagramSocket {
	t.Helper()
	s, err := Transport{}.Aim(within(t), addr, m)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// addr is the address of an endpoint.
func addr(s transport.DatagramSocket) string { return strings.TrimPrefix(s.Endpoint, "udp://") }

// TestThereAndBack: what is sent arrives with the address to answer to, and the endpoints have the real port.
func TestThereAndBack(t *testing.T) {
	for _, at := range []string{"127.0.0.1:*", "127.0.0.1:0", "*:*", "[::1]:*", "[::]:*"} {
		t.Run(at, func(t *testing.T) {
			if strings.HasPrefix(at, "[") {
				nettest.IPv6(t)
			}
			server := open(t, at, quiet)
			require.False(t, server.Target.IsValid())
			_, port, err := net.SplitHostPort(addr(server))
			require.NoError(t, err)
			require.NotEqual(t, "0", port)
			host := "127.0.0.1"
			if strings.HasPrefix(at, "[") {
				host = "[::1]"
			}
			client := aim(t, host+":"+port, quiet)
			require.Equal(t, "udp://"+host+":"+port, client.Endpoint)
			require.Equal(t, host+":"+port, client.Target.String())
			_, err = client.WriteToUDPAddrPort([]byte("there"), client.Target)
			require.NoError(t, err)
			from := expect(t, server, "there")
			_, err = server.WriteToUDPAddrPort([]byte("back"), from.AddrPort())
			require.NoError(t, err)
			expect(t, client, "back")
		})
	}
}

func expect(t *testing.T, s transport.DatagramSocket, want string) *net.UDPAddr {
	t.Helper()
	require.NoError(t, s.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, 100)
	n, from, err := s.ReadFromUDP(buf)
	require.NoError(t, err)
	require.Equal(t, want, string(buf[:n]))
	return from
}

// TestNames: of an interface to bind to, of a host to connect to.
func TestNames(t *testing.T) {
	lo := nettest.Loopback(t)
	server := open(t, lo.Name+":*", quiet)
	require.True(t, server.LocalAddr().(*net.UDPAddr).IP.IsLoopback())
	_, port, _ := net.SplitHostPort(addr(server))
	client := aim(t, "localhost:"+port, quiet)
	require.True(t, client.Target.Addr().IsLoopback())
	for _, bad := range []string{"no-interface:5555", "no-interface;239.1.1.1:5555", "192.0.2.99;239.1.1.1:5555"} {
		_, err := Transport{}.Open(within(t), bad, quiet)
		require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint, bad)
		require.ErrorContains(t, err, "udp://"+bad)
		if strings.Contains(bad, ";") {
			_, err = Transport{}.Aim(within(t), bad, quiet)
			require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint, bad)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Transport{}.Aim(ctx, "ringmq.invalid:5555", quiet)
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "another attempt may find it")
}

// TestAddressInUse: an address is one socket's, until it is closed.
func TestAddressInUse(t *testing.T) {
	first := open(t, "127.0.0.1:*", quiet)
	_, err := Transport{}.Open(within(t), addr(first), quiet)
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	require.ErrorContains(t, err, first.Endpoint)
	require.NoError(t, first.Close())
	require.Equal(t, first.Endpoint, open(t, addr(first), quiet).Endpoint)
}

// TestGroupIsShared by any number of sockets, and keeps its endpoint.
func TestGroupIsShared(t *testing.T) {
	nettest.Multicast(t, nettest.Loopback(t))
	free := open(t, "127.0.0.1:*", quiet)
	_, port, _ := net.SplitHostPort(addr(free))
	require.NoError(t, free.Close()) // package net binds a group's port for all addresses
	at := "127.0.0.1;239.192.7.9:" + port
	first := open(t, at, quiet)
	require.Equal(t, "udp://"+at, first.Endpoint)
	require.Equal(t, "udp://"+at, open(t, at, quiet).Endpoint)
}
