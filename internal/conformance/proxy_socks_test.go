package conformance_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/sockstest"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// TestSOCKSProxy: connections over tcp go through it, by a name that it alone knows; the others do not.
func TestSOCKSProxy(t *testing.T) {
	s := sockstest.Start(t, sockstest.Config{
		Username: "me", Password: "secret", Hosts: map[string]string{"feed.invalid": "127.0.0.1"},
	})
	push, pull := open(t, pipeline.NewPush, socket.WithSOCKSProxy(s.Addr, "me", "secret")), open(t, pipeline.NewPull)
	endpoint := bind(t, pull, freshTCP(t))
	byName := "tcp://feed.invalid" + endpoint[len("tcp://127.0.0.1"):]
	join(t, pull, push, byName)
	send(t, push, "by way of the proxy")
	require.Equal(t, []string{"by way of the proxy"}, recv(t, pull))
	require.Equal(t, s.Addr, push.Peers()[0].Address)
	require.Equal(t, []string{byName[len("tcp://"):]}, s.Requests())
	require.NoError(t, push.Disconnect(byName))
	awaitPeers(t, pull, 0)

	for _, endpoint := range []string{freshIPC(t), freshInproc(t)} {
		join(t, pull, push, bind(t, pull, endpoint))
		require.NoError(t, push.Disconnect(endpoint))
		awaitPeers(t, pull, 0)
	}
	require.Len(t, s.Requests(), 1)
}

// TestSOCKSProxyRefuses: each attempt fails with what the proxy said, and the next follows.
func TestSOCKSProxyRefuses(t *testing.T) {
	for says, test := range map[string]struct {
		cfg      sockstest.Config
		password string
	}{
		"not allowed":           {sockstest.Config{Refuse: 2}, "secret"},
		"authentication failed": {sockstest.Config{Username: "me", Password: "another"}, "secret"},
	} {
		t.Run(says, func(t *testing.T) {
			s := sockstest.Start(t, test.cfg)
			push := open(t, pipeline.NewPush, socket.WithSOCKSProxy(s.Addr, "me", test.password))
			events := push.Monitor(deadline(t))
			require.NoError(t, push.Connect("tcp://feed.invalid:5555"))
			for range 3 {
				err := failedAttempt(t, events).Err
				require.ErrorContains(t, err, says)
				require.ErrorContains(t, err, s.Addr)
				require.NotContains(t, err.Error(), test.password)
				next(t, events, socket.ConnectRetried)
			}
			require.Len(t, push.Peers(), 1, "the connector goes on")
		})
	}
}

// TestSOCKSProxyIsSlow: an attempt is given up on the connect timeout; one of those to come is answered.
func TestSOCKSProxyIsSlow(t *testing.T) {
	hold := make(chan struct{})
	s := sockstest.Start(t, sockstest.Config{Hold: hold})
	pull := open(t, pipeline.NewPull)
	push := open(t, pipeline.NewPush, socket.WithSOCKSProxy(s.Addr, "", ""), socket.WithConnectTimeout(100*time.Millisecond))
	events := push.Monitor(deadline(t))
	require.NoError(t, push.Connect(bind(t, pull, freshTCP(t))))
	for range 2 {
		require.ErrorIs(t, failedAttempt(t, events).Err, context.DeadlineExceeded)
		next(t, events, socket.ConnectRetried)
	}
	close(hold)
	awaitPeers(t, pull, 1)
	send(t, push, "at last")
	require.Equal(t, []string{"at last"}, recv(t, pull))
}

// TestSOCKSProxyIsSilent: Close does not wait for it.
func TestSOCKSProxyIsSilent(t *testing.T) {
	s := sockstest.Start(t, sockstest.Config{Hold: make(chan struct{})})
	push := open(t, pipeline.NewPush, socket.WithSOCKSProxy(s.Addr, "", ""))
	require.NoError(t, push.Connect("tcp://feed.invalid:5555"))
	require.NoError(t, within(t, "Close", push.Close))
}
