package conformance_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// TestIPv6: with the option * takes connections of both kinds, and without it those of IPv4.
func TestIPv6(t *testing.T) {
	nettest.IPv6(t)
	pull := open(t, pipeline.NewPull, socket.WithIPv6())
	bound := bind(t, pull, "tcp://*:*")
	port, ok := strings.CutPrefix(bound, "tcp://[::]:")
	require.True(t, ok, bound)
	for _, host := range []string{"tcp://127.0.0.1:", "tcp://[::1]:"} {
		push := open(t, pipeline.NewPush)
		join(t, pull, push, host+port)
		send(t, push, host)
		require.Equal(t, []string{host}, recv(t, pull))
	}
	require.NoError(t, pull.Unbind(bound))

	without := bind(t, open(t, pipeline.NewPull), "tcp://*:*")
	require.Contains(t, without, "tcp://0.0.0.0:")
	push := open(t, pipeline.NewPush)
	events := push.Monitor(deadline(t))
	require.NoError(t, push.Connect(strings.Replace(without, "0.0.0.0", "[::1]", 1)))
	failedAttempt(t, events)
}
