//go:build unix

package interop_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// TestStoppedPeer: a libzmq process that is stopped keeps its connection open and says nothing; our heartbeat finds
// out. Once it is continued there is a new connection.
func TestStoppedPeer(t *testing.T) {
	for _, w := range wirings("libzmq") {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			o := newOurs(t, "PULL", ourHeartbeat())
			p := w.rewire(t, o, "PUSH").process()
			o.await(socket.HandshakeSucceeded)
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
			lost := o.await(socket.Disconnected)
			require.ErrorContains(t, lost.Err, "silent")
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGCONT))
			o.await(socket.HandshakeSucceeded)
			sent := start(p, "send x61")
			require.Equal(t, "got x61", do(o, "recv"))
			require.Equal(t, "sent", sent())
		})
	}
}
