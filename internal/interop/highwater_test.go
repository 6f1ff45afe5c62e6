package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// bulk is the head of messages of which a few hundred are more than the kernel takes.
const bulk = "65536@1"

// TestHeartbeatsAndTheirHighWaterMark: a libzmq socket at its mark reads nothing, so no PINGs either. Heartbeats that
// want an answer end the connection, lenient ones keep it, and nothing is lost. That is why those that are on by default
// are lenient.
func TestHeartbeatsAndTheirHighWaterMark(t *testing.T) {
	requireLibzmq(t)
	strict := socket.Heartbeat{Interval: beat, Timeout: 4 * beat}
	lenient := strict
	lenient.Lenient = true
	t.Run("strict", func(t *testing.T) {
		t.Parallel()
		o, _, _ := fillTheirs(t, strict)
		o.await(socket.Disconnected)
	})
	t.Run("lenient", func(t *testing.T) {
		t.Parallel()
		o, p, sent := fillTheirs(t, lenient)
		<-time.After(20 * beat) // five timeouts
		require.Len(t, o.events, 0)
		require.Equal(t, expectStream(sent, bulk), do(p, "drain %d", sent))
		require.Zero(t, o.ringSocket.(interface{ Stats() socket.Stats }).Stats().Dropped)
	})
}

// fillTheirs sends numbered messages to a PULL of libzmq that does not receive them, until none goes any more.
func fillTheirs(t *testing.T, beats socket.Heartbeat) (o *ours, p *process, sent int) {
	t.Helper()
	o = newOurs(t, "PUSH", socket.WithHeartbeat(beats), socket.WithSendHWM(1))
	p = libzmq(t, "PULL", "connect", o.bind(endpoint(t, "tcp")).Endpoint(), "rcvhwm=1")
	o.await(socket.HandshakeSucceeded)
	head, err := parse(bulk)
	require.NoError(t, err)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), beat)
		err := o.conn.Send(ctx, ringmq.NewMessage(numbered(head, sent)...))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return o, p, sent
		}
		require.NoError(t, err)
		sent++
	}
}
