package conformance_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
)

func init() { transport.Register("test-held", heldTransport{}) }

// heldTransport has attempts that end when they are given up, and not before: at the address "late" with a connection
// that was made all the same, else with an error.
type heldTransport struct{ wrapTransport }

func (heldTransport) Dial(ctx context.Context, addr string, _ transport.Options) (net.Conn, error) {
	<-ctx.Done()
	if addr != "late" {
		return nil, ctx.Err()
	}
	conn, _ := net.Pipe() // nobody reads at the other end, or closes it
	return conn, nil
}

// TestMonitorOfAnAttemptThatWeEnd: nothing has failed, so nothing is told of a failure, whether there was to be another
// attempt or not; a connection that comes too late has an end.
func TestMonitorOfAnAttemptThatWeEnd(t *testing.T) {
	for name, opt := range map[string]socket.Option{
		"reconnect":    socket.WithReconnect(time.Millisecond, time.Millisecond),
		"no reconnect": socket.WithNoReconnect(),
	} {
		for _, disconnect := range []bool{false, true} {
			for _, addr := range []string{"never", "late"} {
				t.Run(map[bool]string{false: "close", true: "disconnect"}[disconnect]+", "+addr+", "+name, func(t *testing.T) {
					push := open(t, pipeline.NewPush, opt)
					events := push.Monitor(deadline(t))
					endpoint := "test-held://" + addr
					require.NoError(t, push.Connect(endpoint))
					next(t, events, socket.ConnectDelayed)
					if disconnect {
						require.NoError(t, push.Disconnect(endpoint))
					} else {
						require.NoError(t, push.Close())
					}
					if addr == "late" {
						evs := order(t, events, socket.Connected, socket.Closed)
						require.NoError(t, evs[1].Err)
						require.Equal(t, []string{endpoint, evs[0].Peer}, []string{evs[1].Endpoint, evs[1].Peer})
						require.Equal(t, evs[0].PeerID, evs[1].PeerID)
					}
					shut(t, push)
					ended(t, events, ringmq.ErrClosed)
				})
			}
		}
	}
}

// TestUnsentNamesNoAttemptThatWeEnd: that Close gave up an attempt is no reason for the peer not to be there.
func TestUnsentNamesNoAttemptThatWeEnd(t *testing.T) {
	push := open(t, pipeline.NewPush)
	require.NoError(t, push.Connect("test-held://never"))
	send(t, push, "x")
	var unsent *ringmq.UnsentError
	require.ErrorAs(t, push.Close(), &unsent)
	require.Empty(t, unsent.Reasons)
}
