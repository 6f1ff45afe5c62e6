package session_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// mostSent bounds what a handshake of fuzzConfig can answer: greeting, READY of some 60 bytes, ERROR of 33.
const mostSent = 256

func fuzzConfig(which byte) *session.Config {
	cfg := config(socketTypes[int(which)%len(socketTypes)])
	cfg.Identity = []byte("fuzz")
	if which >= 128 {
		cfg.MaxFrame = int64(which) - 100
	}
	return cfg
}

// FuzzHandshake: no input panics, the pieces in which it comes make no difference, what follows the handshake is never
// consumed or looked at, and the answer stays small.
func FuzzHandshake(f *testing.F) {
	pushIndex := byte(8)
	for _, s := range []string{
		greeting("\x01") + pull, greeting("\x00") + pull + "\x00\x01x", greeting("\x01") + ready("Socket-Type", "PUB"),
		signature + "\x01\x07\x00\x05hello", signature + "\x00\x07\x06\x00hello", "\x06\x00hello", "\x01\x00",
		greeting("\x01") + "\x04\x0a\x05ERROR\x03400", "\xff\x00\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		f.Add(pushIndex, []byte(s), byte(3))
	}
	f.Add(byte(6), []byte(greeting("\x01")+ready("Socket-Type", "DEALER", "Identity", "id")), byte(0))
	f.Fuzz(func(t *testing.T, which byte, in []byte, piece byte) {
		whole := feed(fuzzConfig(which), string(in), len(in)+1)
		require.Equal(t, whole, feed(fuzzConfig(which), string(in), 1+int(piece)))
		require.LessOrEqual(t, len(whole.sent), mostSent)
		require.LessOrEqual(t, whole.consumed, len(in))
		switch {
		case whole.err != nil:
			requireTyped(t, whole.err)
		case !whole.done:
			require.Equal(t, len(in), whole.consumed)
		default:
			require.True(t, zmtp.ValidIdentity(whole.peer.Identity))
		}
		if len(in) > 0 { // no byte beyond the consumed ones mattered
			require.Equal(t, whole, feed(fuzzConfig(which), string(in[:whole.consumed]), len(in)))
		}
	})
}

func requireTyped(t *testing.T, err error) {
	t.Helper()
	var e *session.HandshakeError
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Code)
	require.True(t, errors.Is(err, ringmq.ErrProtocol) || errors.Is(err, ringmq.ErrTooLarge), "%v", err)
}

func FuzzParseTraffic(f *testing.F) {
	for _, s := range []string{"", "\x09SUBSCRIBEA", "\x04PING\x00\x0actx", "\x05ERROR\x03400", "\x04PONG"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kind, arg, err := session.ParseTraffic(body)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrProtocol)
			return
		}
		require.LessOrEqual(t, kind, session.CommandError)
		require.Less(t, len(arg), len(body))
		if kind == session.CommandPing {
			_, context, err := zmtp.ParsePing(arg)
			require.NoError(t, err)
			require.LessOrEqual(t, len(context), zmtp.MaxPingContext)
		}
	})
}
