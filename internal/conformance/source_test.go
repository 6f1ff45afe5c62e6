package conformance_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// TestSourceAddress: the endpoint may say where a connection comes from, and what is said holds for each one anew.
func TestSourceAddress(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the port is not free again at once there")
	}
	source := freshTCP(t)[len("tcp://"):]
	pull, push := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
	target := freshTCP(t)
	events := pull.Monitor(deadline(t))
	require.NoError(t, push.Connect("tcp://"+source+";"+target[len("tcp://"):]))
	for range 3 {
		bind(t, pull, target)
		require.Equal(t, source, await(t, events, socket.Accepted).Peer)
		awaitPeers(t, pull, 1)
		send(t, push, "x")
		require.Equal(t, []string{"x"}, recv(t, pull))
		require.NoError(t, pull.Unbind(target))
		awaitPeers(t, pull, 0)
	}
}

// TestBadSources: what no connection can come from is refused at once.
func TestBadSources(t *testing.T) {
	push := open(t, pipeline.NewPush)
	for _, bad := range []string{"tcp://;127.0.0.1:1", "tcp://127.0.0.1:x;127.0.0.1:1", "tcp://127.0.0.1:1;", "tcp://a:1;b:2;c:3"} {
		require.ErrorIs(t, push.Connect(bad), ringmq.ErrInvalidEndpoint)
	}
}

// TestSourceThatIsNotThere: an interface may come up later, so that Connect does not fail, and goes on.
func TestSourceThatIsNotThere(t *testing.T) {
	push := open(t, pipeline.NewPush)
	events := push.Monitor(deadline(t))
	require.NoError(t, push.Connect("tcp://192.0.2.1:*;127.0.0.1:5555")) // TEST-NET-1, RFC 5737
	for range 2 {
		require.ErrorContains(t, failedAttempt(t, events).Err, "192.0.2.1")
		next(t, events, socket.ConnectRetried)
	}
}

// TestConnectionToItself: a connector that knocks at a port of the system can be given that very port to come from, and
// meets itself. That is a failure like any other, after which it tries again.
func TestConnectionToItself(t *testing.T) {
	itself := freshTCP(t)[len("tcp://"):]
	push := open(t, pipeline.NewPush)
	events := push.Monitor(deadline(t))
	endpoint := "tcp://" + itself + ";" + itself
	require.NoError(t, push.Connect(endpoint))
	send(t, push, "to nobody")
	for range 3 {
		require.Equal(t, endpoint, failedAttempt(t, events).Endpoint)
		next(t, events, socket.ConnectRetried)
	}
	require.Zero(t, connected(push))
	require.EqualValues(t, 1, push.Stats().Queued)
}
