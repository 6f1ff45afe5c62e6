package interop_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

func openSpool(t *testing.T) *spool.Spool {
	t.Helper()
	sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Memory))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sp.Close()) })
	return sp
}

func awaitPending(t *testing.T, sp *spool.Spool, n uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return sp.Consumers()[0].Pending == n }, patience, time.Millisecond)
}

// TestSpoolToLibzmq: libzmq receives what we send through a spool, and sees nothing of how; what is written counts as
// acknowledged, and the monitor says so. What could not be written waits in the spool.
func TestSpoolToLibzmq(t *testing.T) {
	requireLibzmq(t)
	for _, pair := range [][2]string{{"PUSH", "PULL"}, {"DEALER", "DEALER"}, {"PAIR", "PAIR"}} {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(pair[0]+"/"+transport, func(t *testing.T) {
				sp := openSpool(t)
				push := newOurs(t, pair[0], socket.WithSpool(sp), socket.WithPlainPeers(socket.AckOnWrite), socket.WithWindow(4))
				push.bind(endpoint(t, transport))
				require.Equal(t, "sent", do(push, "send x61 x62")) // before there is anybody
				awaitPending(t, sp, 1)
				p := libzmq(t, pair[1], "connect", push.Endpoint())
				require.Equal(t, push.Endpoint(), push.await(socket.DeliveryOnWrite).Endpoint)
				require.Equal(t, expect("x61 x62"), do(p, "recv"))
				for i := range 20 {
					body := text(fmt.Sprint(i))
					require.Equal(t, "sent", do(push, "send %s", body))
					require.Equal(t, expect(body), do(p, "recv"))
				}
				awaitPending(t, sp, 0)
			})
		}
	}
}

// TestSpoolRequiresAcknowledgements: a socket that requires them turns libzmq away, and the message goes to the first peer
// that acknowledges.
func TestSpoolRequiresAcknowledgements(t *testing.T) {
	requireLibzmq(t)
	sp := openSpool(t)
	push := newOurs(t, "PUSH", socket.WithSpool(sp)).bind(endpoint(t, "tcp"))
	require.Equal(t, "sent", do(push, "send x61"))
	libzmq(t, "PULL", "connect", push.Endpoint())
	require.ErrorContains(t, push.await(socket.HandshakeFailed).Err, "does not acknowledge")
	require.Empty(t, push.Peers())
	awaitPending(t, sp, 1)
	pull := newOurs(t, "PULL", socket.WithAutoAck()).connect(push.Endpoint())
	push.await(socket.DeliveryAcknowledged)
	require.Equal(t, expect("x61"), do(pull, "recv"))
	awaitPending(t, sp, 0)
}

// TestAcknowledgingSocketsTakeLibzmq: what comes from a peer without a spool needs no acknowledgement.
func TestAcknowledgingSocketsTakeLibzmq(t *testing.T) {
	requireLibzmq(t)
	for _, pair := range [][2]string{{"PULL", "PUSH"}, {"DEALER", "DEALER"}, {"PAIR", "PAIR"}} {
		t.Run(pair[0], func(t *testing.T) {
			pull := newOurs(t, pair[0], socket.WithAutoAck()).bind(endpoint(t, "tcp"))
			p := libzmq(t, pair[1], "connect", pull.Endpoint())
			for i := range 5 {
				body := text(fmt.Sprint(i))
				require.Equal(t, "sent", do(p, "send %s", body))
				require.Equal(t, expect(body), do(pull, "recv"))
			}
		})
	}
}
