package null_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/security"
	"github.com/ringmq/ringmq/security/null"
)

func TestHandshake(t *testing.T) {
	m := null.New(security.Params{Metadata: []byte("ours")})
	require.Equal(t, "NULL", m.Name())

	send, done, err := m.Next(nil)
	require.NoError(t, err)
	require.False(t, done)
	require.Equal(t, [][]byte{[]byte("\x05READYours")}, send)

	command := []byte("\x05READYtheirs")
	send, done, err = m.Next(command)
	require.NoError(t, err)
	require.True(t, done)
	require.Empty(t, send)
	clear(command)
	require.Equal(t, "theirs", string(m.PeerMetadata()))
}

func TestHandshakeRejects(t *testing.T) {
	for in, code := range map[string]string{
		"":             security.MalformedCommand,
		"\x00":         security.MalformedCommand,
		"\x06READY":    security.MalformedCommand,
		"\x05HELLO":    security.UnexpectedCommand,
		"\x05ready":    security.UnexpectedCommand,
		"\x07WELCOME!": security.UnexpectedCommand,
	} {
		m := null.New(security.Params{})
		_, _, err := m.Next(nil)
		require.NoError(t, err)
		_, done, err := m.Next([]byte(in))
		require.False(t, done)
		var e *security.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, code, e.Code, "%q", in)
		require.ErrorIs(t, err, ringmq.ErrProtocol)
		require.False(t, e.Temporary)
	}
}
