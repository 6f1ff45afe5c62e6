package conformance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// TestSpoolHasItsOwnLimits: options that drop what is queued do not go together with a spool.
func TestSpoolHasItsOwnLimits(t *testing.T) {
	sp := openSpool(t, t.TempDir())
	for name, opt := range map[string]socket.Option{
		"conflate": socket.WithConflate(),
		"overflow": socket.WithOverflow(socket.DropOldest()),
		"bytes":    socket.WithSendHWMBytes(1),
		"age":      socket.WithSendMaxAge(time.Second),
		"invert":   socket.WithInvertMatching(),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pubsub.NewPub(socket.WithSpool(sp), opt)
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
			require.ErrorContains(t, err, "Spool")
		})
	}
}

// TestConflatedIsNotAcknowledged: what is replaced would stay unacknowledged for ever.
func TestConflatedIsNotAcknowledged(t *testing.T) {
	for name, opt := range map[string]socket.Option{"ack": socket.WithAck(), "auto": socket.WithAutoAck()} {
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.NewPull(socket.WithConflate(), opt)
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
		})
	}
}

// TestPollerOfSpooled: a poller sees what a socket with a spool receives, and that it always takes a message.
func TestPollerOfSpooled(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithSpool(openSpool(t, t.TempDir())))
	pull := open(t, pipeline.NewPull, socket.WithAck())
	sends, receives := polling(t, socket.Writable, push), polling(t, socket.Readable, pull)
	require.Equal(t, []socket.Ready{{Socket: push, Readiness: socket.Writable}}, wait(t, sends, 1))
	requireIdle(t, receives)
	link(t, pull, push, freshTCP(t))
	send(t, push, "kept")
	require.Equal(t, readable(pull), wait(t, receives, 1))
	m, err := pull.Recv(deadline(t))
	require.NoError(t, err)
	require.NoError(t, m.Ack())
	requireIdle(t, receives)
}
