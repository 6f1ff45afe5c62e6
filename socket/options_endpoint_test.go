package socket

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOptionsOfEndpointsExist: the table names options that there are, as their errors name them.
func TestOptionsOfEndpointsExist(t *testing.T) {
	var names []string
	for _, o := range []Option{
		WithSendHWM(1), WithRecvHWM(1), WithMaxMessageSize(1), WithHandshakeTimeout(0), WithIdentity("x"),
		WithMetadata("X-Y", "z"), WithSharedMemory(true), WithTCPKeepAlive(KeepAlive{}), WithTCPUserTimeout(time.Second),
		WithSendBuffer(1), WithRecvBuffer(1), WithTOS(0), WithPriority(0), WithBindToDevice("x"), WithIPv6(), WithBacklog(1),
		WithTCPAcceptFilter("::1"), WithIPCFilterUID(0), WithIPCFilterGID(0), WithIPCFilterPID(1), WithReconnect(1, 1),
		WithNoReconnect(), WithReconnectStop(0), WithConnectTimeout(0), WithSOCKSProxy("localhost:1080", "", ""),
	} {
		names = append(names, o.name)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(ofEndpoints)), names)
}

// TestEndpointOptionsAreItsOwn: they are those of the socket otherwise, and leave those alone.
func TestEndpointOptionsAreItsOwn(t *testing.T) {
	cfg, err := configure([]Option{WithMetadata("X-A", "1"), WithRecvHWM(7)})
	require.NoError(t, err)
	c := &Core{cfg: cfg}
	same, err := c.endpointOptions(nil, whereBound)
	require.NoError(t, err)
	require.Same(t, &c.cfg, same)
	for _, desk := range []string{"2", "3"} {
		own, err := c.endpointOptions([]Option{WithMetadata("X-B", desk), WithSendHWM(5)}, whereConnected)
		require.NoError(t, err)
		require.Equal(t, 5, own.sendHWM)
		require.Equal(t, 7, own.recvHWM)
		require.Len(t, own.metadata, 2)
		require.Equal(t, desk, string(own.metadata[1].Value))
	}
	require.Len(t, c.cfg.metadata, 1)
	require.Equal(t, DefaultHWM, c.cfg.sendHWM)
}
