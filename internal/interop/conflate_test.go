package interop_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// TestConflate: whichever side is ours, a receiver that conflates gets the last message of a stream, and a sender that
// conflates keeps the last for a peer that comes later.
func TestConflate(t *testing.T) {
	const n = 1000
	conflate := append(unlimited(), socket.WithConflate())
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport+"/our-PULL", func(t *testing.T) {
			t.Parallel()
			pull := newOurs(t, "PULL", conflate...).bind(endpoint(t, transport))
			push := libzmq(t, "PUSH", "connect", pull.Endpoint(), "sndhwm=0")
			require.Equal(t, "sent", do(push, "stream %d", n/2))
			for i := range n {
				require.Equal(t, "sent", do(push, "send %s", text(strconv.Itoa(i))))
			}
			last(t, pull, n-1)
		})
		t.Run(transport+"/our-PUSH", func(t *testing.T) {
			t.Parallel()
			push := newOurs(t, "PUSH", conflate...)
			at := fixedEndpoint(t, transport)
			push.connect(at)
			for i := range n {
				require.Equal(t, "sent", do(push, "send %s", text(strconv.Itoa(i))))
			}
			pull := libzmq(t, "PULL", "bind", at)
			require.Equal(t, expect(text(strconv.Itoa(n-1))), do(pull, "recv"))
			require.Equal(t, "sent", do(push, "send %s", text("next")))
			require.Equal(t, expect(text("next")), do(pull, "recv"))
		})
		t.Run(transport+"/both", func(t *testing.T) {
			t.Parallel()
			push := newOurs(t, "PUSH", conflate...).bind(endpoint(t, transport))
			pull := libzmq(t, "PULL", "connect", push.Endpoint(), "conflate=1")
			for i := range n {
				require.Equal(t, "sent", do(push, "send %s", text(strconv.Itoa(i))))
			}
			last(t, pull, n-1)
		})
	}
}

// last receives until the message with the number has come: those before it come in order, and few of them.
func last(t *testing.T, pull peer, n int) {
	t.Helper()
	received := 0
	for want := expect(text(strconv.Itoa(n))); do(pull, "recv") != want; received++ {
		require.Less(t, received, n)
	}
}
