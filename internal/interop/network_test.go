package interop_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/sockstest"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
)

// TestMetadata: either side sees on messages what the other said of itself.
func TestMetadata(t *testing.T) {
	for _, w := range wirings("libzmq") {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			const colour = "X-Colour"
			identity, metadata := "routing_id="+text("them"), "metadata="+text(colour+":red")
			o := newOurs(t, "DEALER", socket.WithIdentity("us"), socket.WithMetadata(colour, "blue"))
			var p peer
			if w.weBind {
				p = libzmq(t, "DEALER", "connect", o.bind(endpoint(t, w.transport)).Endpoint(), identity, metadata)
			} else {
				p = libzmq(t, "DEALER", "bind", endpoint(t, w.transport), identity, metadata)
				o.connect(p.Endpoint())
			}
			require.Equal(t, "sent", do(p, "send x61 x62"))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			m, err := o.conn.Recv(ctx)
			require.NoError(t, err)
			for name, want := range map[string]string{colour: "red", "Identity": "them", "Socket-Type": "DEALER"} {
				got, ok := m.Property(name)
				require.True(t, ok, name)
				require.Equal(t, want, got)
			}
			for name, want := range map[string]string{colour: "blue", "Identity": "us", "Socket-Type": "DEALER"} {
				require.Equal(t, "sent", do(o, "send x61 x62"))
				require.Equal(t, "got "+text(want), do(p, "property %s", name))
			}
		})
	}
}

// TestSOCKSProxy: one proxy serves both libraries, which ask it for names that they cannot look up.
func TestSOCKSProxy(t *testing.T) {
	requireLibzmq(t)
	for _, user := range []string{"", "me"} {
		t.Run("user "+user, func(t *testing.T) {
			proxy := sockstest.Start(t, sockstest.Config{
				Username: user, Password: user, Hosts: map[string]string{"feed.invalid": "127.0.0.1"},
				Whole: true, // in one of ten runs, libzmq 4.3.4 waits for ever if an answer comes byte by byte
			})
			byName := func(p peer) string { return strings.Replace(p.Endpoint(), "127.0.0.1", "feed.invalid", 1) }
			ourPull := newOurs(t, "PULL").bind(endpoint(t, "tcp"))
			options := []string{"socks_proxy=" + text(proxy.Addr)}
			if user != "" {
				options = append(options, "socks_username="+text(user), "socks_password="+text(user))
			}
			theirPush := libzmq(t, "PUSH", "connect", byName(ourPull), options...)
			require.Equal(t, "sent", do(theirPush, "send x61"))
			require.Equal(t, "got x61", do(ourPull, "recv"))

			theirPull := libzmq(t, "PULL", "bind", endpoint(t, "tcp"))
			ourPush := newOurs(t, "PUSH", socket.WithSOCKSProxy(proxy.Addr, user, user)).connect(byName(theirPull))
			require.Equal(t, "sent", do(ourPush, "send x62"))
			require.Equal(t, "got x62", do(theirPull, "recv"))
			for _, p := range []peer{ourPull, theirPull} {
				require.Contains(t, proxy.Requests(), strings.TrimPrefix(byName(p), "tcp://"))
			}
		})
	}
}

// TestAcceptFilters: who is turned away tries again, on either side.
func TestAcceptFilters(t *testing.T) {
	requireLibzmq(t)
	t.Run("ours", func(t *testing.T) {
		o := newOurs(t, "PULL", socket.WithTCPAcceptFilter("10.0.0.0/8")).bind(endpoint(t, "tcp"))
		p := libzmq(t, "PUSH", "connect", o.Endpoint(), "monitor=1")
		for range 2 {
			require.ErrorIs(t, o.await(socket.AcceptFailed).Err, transport.ErrFiltered)
			require.Equal(t, "event CONNECT_RETRIED", do(p, "await CONNECT_RETRIED"))
		}
	})
	t.Run("theirs", func(t *testing.T) {
		p := libzmq(t, "PULL", "bind", endpoint(t, "tcp"), "tcp_accept_filter="+text("10.0.0.0/8"))
		o := newOurs(t, "PUSH").connect(p.Endpoint())
		for range 2 {
			o.await(socket.HandshakeFailed)
			o.await(socket.ConnectRetried)
		}
	})
}
