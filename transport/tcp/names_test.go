package tcp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/dnstest"
	"github.com/ringmq/ringmq/internal/sockstest"
	"github.com/ringmq/ringmq/transport"
)

// withNames is a transport that asks ns and nobody else.
func withNames(ns *dnstest.Server) Transport { return Transport{resolver: ns.Resolver()} }

func TestBindUnknownName(t *testing.T) {
	_, err := withNames(dnstest.Start(t)).Listen(t.Context(), "nowhere.test.:0", transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	e, _ := errors.AsType[*ringmq.Error](err)
	require.Equal(t, "tcp://nowhere.test.:0", e.Endpoint)
}

func TestBindHostName(t *testing.T) {
	ns := dnstest.Start(t)
	ns.Set("feed.test.", "127.0.0.1")
	l, err := withNames(ns).Listen(t.Context(), "feed.test.:*", transport.Options{})
	require.NoError(t, err)
	require.Equal(t, "tcp://127.0.0.1:"+portOf(l), l.Endpoint())
	require.NoError(t, l.Close())
}

func TestDialLooksUpEachTime(t *testing.T) {
	l := listenAt(t, "127.0.0.1:*")
	ns := dnstest.Start(t)
	target := "feed.test.:" + portOf(l)
	_, err := withNames(ns).Dial(t.Context(), target, transport.Options{})
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "the name may be known at the next attempt")

	ns.Set("feed.test.", "127.0.0.1")
	c, err := withNames(ns).Dial(t.Context(), target, transport.Options{})
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestLookupEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := withNames(dnstest.Start(t)).Listen(ctx, "feed.test.:0", transport.Options{})
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "nobody said that the name is unknown")
}

// A source address may come later, as a target may.
func TestSourceIsUnknown(t *testing.T) {
	_, err := withNames(dnstest.Start(t)).Dial(t.Context(), "nowhere.test.:0;127.0.0.1:1", transport.Options{})
	require.ErrorIs(t, err, errNoAddress)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "a connector would not try again")
}

// Each attempt asks anew and tries what it is told, until one address answers.
func TestDialTriesAllAddresses(t *testing.T) {
	requireIPv6(t)
	for _, bind := range []string{"127.0.0.1:*", "[::1]:*"} {
		l := listenAt(t, bind)
		ns := dnstest.Start(t)
		ns.Set("feed.test.", "127.0.0.1", "::1")
		for n := range 3 {
			require.Equal(t, n, ns.Queries("feed.test."))
			c, err := withNames(ns).Dial(t.Context(), "feed.test.:"+portOf(l), transport.Options{})
			require.NoError(t, err)
			require.Equal(t, strings.TrimPrefix(l.Endpoint(), "tcp://"), c.RemoteAddr().String())
			require.NoError(t, c.Close())
		}
		require.NoError(t, l.Close())
		_, err := withNames(ns).Dial(t.Context(), "feed.test.:"+portOf(l), transport.Options{})
		require.ErrorContains(t, err, "127.0.0.1:")
		require.ErrorContains(t, err, "[::1]:")
		require.True(t, transport.IsRefused(err))
	}
}

// The name of a proxy is looked up like any other.
func TestProxyByName(t *testing.T) {
	s := sockstest.Start(t, sockstest.Config{})
	l := listenAt(t, "127.0.0.1:*")
	ns := dnstest.Start(t)
	ns.Set("proxy.test.", "127.0.0.1")
	_, port, err := net.SplitHostPort(s.Addr)
	require.NoError(t, err)
	o := transport.Options{Proxy: &transport.Proxy{Address: "proxy.test.:" + port}}
	c, err := withNames(ns).Dial(t.Context(), "127.0.0.1:"+portOf(l), o)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestSilentNameServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
	_, err := Transport{resolver: dnstest.Silent()}.Dial(ctx, "feed.test.:1", transport.Options{})
	require.ErrorIs(t, err, context.Canceled)
}
