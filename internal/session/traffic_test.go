package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
)

func TestParseTraffic(t *testing.T) {
	for _, c := range []struct {
		in   string
		kind session.CommandKind
		arg  string
	}{
		{"\x09SUBSCRIBEA", session.CommandSubscribe, "A"},
		{"\x09SUBSCRIBE", session.CommandSubscribe, ""},
		{"\x06CANCELA", session.CommandCancel, "A"},
		{"\x04PING\x00\x0actx", session.CommandPing, "\x00\x0actx"},
		{"\x04PING\x00\x00", session.CommandPing, "\x00\x00"},
		{"\x04PONGctx", session.CommandPong, "ctx"},
		{"\x04PONG", session.CommandPong, ""},
		{"\x05ERROR\x03400", session.CommandError, "400"},
		{"\x04JOINgroup", session.CommandJoin, "group"},
		{"\x04JOIN", session.CommandJoin, ""},
		{"\x05LEAVEgroup", session.CommandLeave, "group"},
		{"\x04joingroup", session.CommandUnknown, ""},
		{"\x09subscribeA", session.CommandUnknown, ""},
		{"\x03\x00\x01\x02", session.CommandUnknown, ""},
	} {
		kind, arg, err := session.ParseTraffic([]byte(c.in))
		require.NoError(t, err, "%q", c.in)
		require.Equal(t, c.kind, kind, "%q", c.in)
		require.Equal(t, c.arg, string(arg), "%q", c.in)
	}
	for _, in := range []string{"", "\x00", "\x05READ", "\x05READY", "\x04PING", "\x04PING\x00", "\x05ERROR", "\x05ERROR\x034"} {
		_, _, err := session.ParseTraffic([]byte(in))
		require.ErrorIs(t, err, ringmq.ErrProtocol, "%q", in)
	}
}

func TestPeerErrorAfterHandshake(t *testing.T) {
	_, reason, err := session.ParseTraffic([]byte("\x05ERROR\x03400"))
	require.NoError(t, err)
	e := session.PeerError(reason)
	require.Equal(t, session.CodePeerError, e.Code)
	require.ErrorIs(t, e, ringmq.ErrProtocol)
	require.False(t, e.Reconnect())
}

func TestParseTrafficDoesNotAllocate(t *testing.T) {
	body := []byte("\x09SUBSCRIBEtopic")
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _, _ = session.ParseTraffic(body) }))
}
