package interop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// TestSecondPairWaitsItsTurn: of two libzmq PAIRs that connect to ours the second is turned away, and has its turn when
// the first has gone: what it has sent meanwhile arrives.
func TestSecondPairWaitsItsTurn(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			o := newOurs(t, "PAIR").bind(endpoint(t, transport))
			first := libzmq(t, "PAIR", "connect", o.Endpoint())
			o.await(socket.HandshakeSucceeded)
			second := libzmq(t, "PAIR", "connect", o.Endpoint(), "reconnect_ivl=10")
			require.Equal(t, "sent", do(second, "send %s %s", text("from the"), text("second")))
			o.await(socket.AcceptFailed)
			require.Equal(t, "sent", do(first, "send %s", text("from the first")))
			require.Equal(t, expect(text("from the first")), do(o, "recv"))
			require.Equal(t, "sent", do(o, "send %s", text("to the first")))
			require.Equal(t, expect(text("to the first")), do(first, "recv"))
			require.Equal(t, "no", do(o, "poll 20"))

			first.kill()
			require.Equal(t, expect(text("from the")+" "+text("second")), do(o, "recv"))
			require.Equal(t, "sent", do(o, "send %s", text("to the second")))
			require.Equal(t, expect(text("to the second")), do(second, "recv"))
		})
	}
}
