package tcp

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/internal/sockstest"
	"github.com/ringmq/ringmq/transport"
)

// through dials with the proxy, as a user if there is one.
func through(ctx context.Context, s *sockstest.Server, addr, user, password string) (net.Conn, error) {
	p := &transport.Proxy{Address: s.Addr, Username: user, Password: password}
	return Transport{}.Dial(ctx, addr, transport.Options{Proxy: p})
}

func TestProxy(t *testing.T) {
	hosts := map[string]string{"feed.invalid": "127.0.0.1"}
	for name, host := range map[string]string{"address": "127.0.0.1", "name": "feed.invalid", "IPv6": "[::1]"} {
		for _, user := range []string{"", "me"} {
			t.Run(name+" "+user, func(t *testing.T) {
				bind := "127.0.0.1:*"
				if name == "IPv6" {
					requireIPv6(t)
					bind = "[::1]:*"
				}
				l := listenAt(t, bind)
				s := sockstest.Start(t, sockstest.Config{Username: user, Password: strings.Repeat("p", len(user)*127), Hosts: hosts})
				target := host + ":" + portOf(l)
				c, err := through(t.Context(), s, target, user, strings.Repeat("p", len(user)*127))
				require.NoError(t, err)
				defer c.Close()
				require.IsType(t, (*net.TCPConn)(nil), c)
				require.Equal(t, s.Addr, transport.PeerAddr(c).String())
				require.Equal(t, []string{target}, s.Requests(), "names are for the proxy to look up")

				accepted, err := l.Accept()
				require.NoError(t, err)
				defer accepted.Close()
				_, err = io.WriteString(accepted, "first bytes")
				require.NoError(t, err)
				got := make([]byte, len("first bytes"))
				require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
				_, err = io.ReadFull(c, got)
				require.NoError(t, err)
				require.Equal(t, "first bytes", string(got))
			})
		}
	}
}

func TestProxyRefuses(t *testing.T) {
	l := listenAt(t, "127.0.0.1:*")
	target := "127.0.0.1:" + portOf(l)
	for name, tc := range map[string]struct {
		cfg            sockstest.Config
		user, password string
		says           string
	}{
		"by its rules":   {cfg: sockstest.Config{Refuse: 2}, says: "not allowed"},
		"no user":        {cfg: sockstest.Config{Username: "me", Password: "x"}, says: "authentication"},
		"wrong user":     {cfg: sockstest.Config{Username: "me", Password: "x"}, user: "you", password: "x", says: "failed"},
		"wrong password": {cfg: sockstest.Config{Username: "me", Password: "x"}, user: "me", says: "failed"},
		"no such name":   {says: "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sockstest.Start(t, tc.cfg)
			addr := target
			if name == "no such name" {
				addr = "nowhere.invalid:1"
			}
			_, err := through(t.Context(), s, addr, tc.user, tc.password)
			require.ErrorContains(t, err, tc.says)
			require.ErrorContains(t, err, "SOCKS5 proxy "+s.Addr)
			require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "a connector would not try again")
			e, ok := errors.AsType[*ringmq.Error](err)
			require.True(t, ok)
			require.Equal(t, "tcp://"+addr, e.Endpoint)
		})
	}
}

func TestProxyIsNotThere(t *testing.T) {
	nobody := nettest.TCP(t)
	_, err := Transport{}.Dial(t.Context(), "127.0.0.1:1", transport.Options{Proxy: &transport.Proxy{Address: nobody}})
	require.ErrorContains(t, err, nobody)
	require.True(t, transport.IsRefused(err))
}

// A proxy that does not answer holds an attempt up for no longer than its context.
func TestProxyIsSilent(t *testing.T) {
	s := sockstest.Start(t, sockstest.Config{Hold: make(chan struct{})})
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := through(late, s, "127.0.0.1:1", "", "")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	cancelled, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
	_, err = through(cancelled, s, "127.0.0.1:1", "", "")
	require.ErrorIs(t, err, context.Canceled)
}
