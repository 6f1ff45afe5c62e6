package conformance_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/dnstest"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// resolveWith has names looked up by r until the end of the test. It comes before the sockets are opened, so that it
// outlives them.
func resolveWith(t *testing.T, r *net.Resolver) {
	t.Helper()
	before := net.DefaultResolver
	net.DefaultResolver = r
	t.Cleanup(func() { net.DefaultResolver = before })
}

// named is the endpoint with another host.
func named(endpoint, host string) string {
	return "tcp://" + host + endpoint[strings.LastIndexByte(endpoint, ':'):]
}

// TestNameThatIsNotKnown is no error of Connect: each attempt asks again, and one of them finds it.
func TestNameThatIsNotKnown(t *testing.T) {
	names := dnstest.Start(t)
	resolveWith(t, names.Resolver())
	pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
	endpoint := bind(t, pull, freshTCP(t))
	events := push.Monitor(deadline(t))
	byName := named(endpoint, "feed.test.")
	require.NoError(t, push.Connect(byName))
	send(t, push, "queued")
	for range 3 {
		ev := failedAttempt(t, events)
		require.Equal(t, byName, ev.Endpoint)
		var unknown *net.DNSError
		require.ErrorAs(t, ev.Err, &unknown)
		require.True(t, unknown.IsNotFound)
		require.NotErrorIs(t, ev.Err, ringmq.ErrInvalidEndpoint)
		next(t, events, socket.ConnectRetried)
	}
	require.GreaterOrEqual(t, names.Queries("feed.test."), 3)
	names.Set("feed.test.", "127.0.0.1")
	await(t, events, socket.Connected)
	require.Equal(t, []string{"queued"}, recv(t, pull))
}

// TestNameThatMoves: a connector follows it.
func TestNameThatMoves(t *testing.T) {
	nettest.IPv6(t)
	names := dnstest.Start(t)
	resolveWith(t, names.Resolver())
	names.Set("feed.test.", "127.0.0.1")
	push := open(t, pipeline.NewPush)
	first := open(t, pipeline.NewPull)
	endpoint := bind(t, first, freshTCP(t))
	join(t, first, push, named(endpoint, "feed.test."))
	send(t, push, "here")
	require.Equal(t, []string{"here"}, recv(t, first))
	shut(t, first)

	names.Set("feed.test.", "::1")
	second := open(t, pipeline.NewPull)
	bind(t, second, named(endpoint, "[::1]"))
	awaitPeers(t, second, 1)
	send(t, push, "there")
	require.Equal(t, []string{"there"}, recv(t, second))
}

// TestNameWithManyAddresses: one that answers is enough, whichever it is.
func TestNameWithManyAddresses(t *testing.T) {
	nettest.IPv6(t)
	names := dnstest.Start(t)
	resolveWith(t, names.Resolver())
	names.Set("feed.test.", "127.0.0.1", "::1")
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		endpoint := bind(t, pull, "tcp://"+host+":*")
		join(t, pull, push, named(endpoint, "feed.test."))
		send(t, push, host)
		require.Equal(t, []string{host}, recv(t, pull))
	}
}

// TestNameServerIsSilent: neither Connect nor the ends of a connector wait for it, and the connect timeout holds.
func TestNameServerIsSilent(t *testing.T) {
	resolveWith(t, dnstest.Silent())
	push := open(t, pipeline.NewPush)
	require.NoError(t, within(t, "Connect", func() error { return push.Connect("tcp://feed.test.:5555") }))
	send(t, push, "queued")
	require.NoError(t, within(t, "Disconnect", func() error { return push.Disconnect("tcp://feed.test.:5555") }))
	eventually(t, "the pipe is gone", func() bool { return len(push.Peers()) == 0 })
	require.NoError(t, push.Connect("tcp://feed.test.:5556"))
	require.NoError(t, within(t, "Close", push.Close))

	push = open(t, pipeline.NewPush, socket.WithConnectTimeout(10*time.Millisecond))
	events := push.Monitor(deadline(t))
	require.NoError(t, push.Connect("tcp://feed.test.:5555"))
	for range 2 {
		require.ErrorIs(t, failedAttempt(t, events).Err, context.DeadlineExceeded)
		next(t, events, socket.ConnectRetried)
	}
}

// TestBindToNames: an interface, a host; one that is not known is an error at once.
func TestBindToNames(t *testing.T) {
	names := dnstest.Start(t)
	resolveWith(t, names.Resolver())
	names.Set("feed.test.", "127.0.0.1")
	pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
	for _, host := range []string{nettest.Loopback(t).Name, "feed.test."} {
		for _, port := range []string{":0", ":*"} {
			bound := bind(t, pull, "tcp://"+host+port)
			require.Regexp(t, `^tcp://127\.0\.0\.1:[1-9]\d*$`, bound)
			join(t, pull, push, bound)
			require.NoError(t, push.Disconnect(bound))
			awaitPeers(t, pull, 0)
		}
	}
	_, err := pull.Bind("tcp://nowhere.test.:*")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	require.ErrorContains(t, err, "nowhere.test.")
}

// TestLinkLocalAddresses: they mean nothing without their zone, which the bound endpoint has as well (RFC 4007).
func TestLinkLocalAddresses(t *testing.T) {
	addr := linkLocal(t)
	pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
	bound := bind(t, pull, "tcp://["+addr+"]:*")
	require.True(t, strings.HasPrefix(bound, "tcp://["+addr+"]:"), bound)
	join(t, pull, push, bound)
	send(t, push, "by zone")
	m, err := pull.Recv(deadline(t))
	require.NoError(t, err)
	peer, _ := m.Property("Peer-Address")
	require.Contains(t, peer, addr)
	require.NoError(t, pull.Unbind(bound))
}

// linkLocal is an address of this machine, with its zone.
func linkLocal(t *testing.T) string {
	t.Helper()
	nics, err := net.Interfaces()
	require.NoError(t, err)
	for _, nic := range nics {
		addrs, err := nic.Addrs()
		if err != nil || nic.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() == nil && n.IP.IsLinkLocalUnicast() {
				return n.IP.String() + "%" + nic.Name
			}
		}
	}
	t.Skip("no interface has a link-local address")
	return ""
}
