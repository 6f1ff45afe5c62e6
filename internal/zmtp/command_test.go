package zmtp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestCommandBytes(t *testing.T) {
	sixteen := "0123456789abcdef"
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{
			"READY of a DEALER", zmtp.AppendReady(nil,
				zmtp.AppendProperty(zmtp.AppendProperty(nil, "Socket-Type", []byte("DEALER")), "Identity", nil)),
			"\x04\x29\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00",
		},
		{"SUBSCRIBE", zmtp.AppendSubscribe(nil, []byte("A")), "\x04\x0b\x09SUBSCRIBEA"},
		{"SUBSCRIBE to all", zmtp.AppendSubscribe(nil, nil), "\x04\x0a\x09SUBSCRIBE"},
		{
			"SUBSCRIBE, last short", zmtp.AppendSubscribe(nil, []byte(strings.Repeat("t", 245))),
			"\x04\xff\x09SUBSCRIBE" + strings.Repeat("t", 245),
		},
		{
			"SUBSCRIBE, first long", zmtp.AppendSubscribe(nil, []byte(strings.Repeat("t", 246))),
			"\x06\x00\x00\x00\x00\x00\x00\x01\x00\x09SUBSCRIBE" + strings.Repeat("t", 246),
		},
		{"CANCEL", zmtp.AppendCancel(nil, []byte("A")), "\x04\x08\x06CANCELA"},
		{"JOIN", zmtp.AppendJoin(nil, []byte("A")), "\x04\x06\x04JOINA"},
		{"JOIN of the empty group", zmtp.AppendJoin(nil, nil), "\x04\x05\x04JOIN"},
		{
			"JOIN, first long", zmtp.AppendJoin(nil, []byte(strings.Repeat("g", 251))),
			"\x06\x00\x00\x00\x00\x00\x00\x01\x00\x04JOIN" + strings.Repeat("g", 251),
		},
		{"LEAVE", zmtp.AppendLeave(nil, []byte("A")), "\x04\x07\x05LEAVEA"},
		{"PING", zmtp.AppendPing(nil, 655, []byte("ctx")), "\x04\x0a\x04PING\x02\x8fctx"},
		{"PING, no context", zmtp.AppendPing(nil, 0, nil), "\x04\x07\x04PING\x00\x00"},
		{"PING, context cut", zmtp.AppendPing(nil, 1, []byte(sixteen+"X")), "\x04\x17\x04PING\x00\x01" + sixteen},
		{"PONG", zmtp.AppendPong(nil, []byte("ctx")), "\x04\x08\x04PONGctx"},
		{"PONG, context cut", zmtp.AppendPong(nil, []byte(sixteen+"X")), "\x04\x15\x04PONG" + sixteen},
		{"ERROR", zmtp.AppendError(nil, "400"), "\x04\x0a\x05ERROR\x03400"},
		{
			"ERROR, reason cut", zmtp.AppendError(nil, strings.Repeat("r", 300)),
			"\x06\x00\x00\x00\x00\x00\x00\x01\x06\x05ERROR\xff" + strings.Repeat("r", 255),
		},
		{"any, after what is there", zmtp.AppendCommand([]byte("dst"), "X", []byte("yz")), "dst\x04\x04\x01Xyz"},
		{"subscribe message", zmtp.AppendSubscribeMessage(nil, []byte("A")), "\x00\x02\x01A"},
		{"cancel message", zmtp.AppendCancelMessage(nil, []byte("A")), "\x00\x02\x00A"},
		{
			"subscribe message, long", zmtp.AppendSubscribeMessage(nil, []byte(strings.Repeat("t", 255))),
			"\x02\x00\x00\x00\x00\x00\x00\x01\x00\x01" + strings.Repeat("t", 255),
		},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, string(c.got)) })
	}
}

func TestParseCommand(t *testing.T) {
	for _, c := range []struct{ in, name, data string }{
		{"\x05READY", "READY", ""},
		{"\x09SUBSCRIBEA", "SUBSCRIBE", "A"},
		{"\x01X\x00", "X", "\x00"},
		{"\xff" + strings.Repeat("n", 255) + "data", strings.Repeat("n", 255), "data"},
	} {
		name, data, err := zmtp.ParseCommand([]byte(c.in))
		require.NoError(t, err)
		require.Equal(t, c.name, string(name))
		require.Equal(t, c.data, string(data))
		for i := range 1 + len(c.name) {
			_, _, err := zmtp.ParseCommand([]byte(c.in[:i]))
			require.ErrorIs(t, err, zmtp.ErrCommand, "prefix of %d bytes", i)
		}
	}
	_, _, err := zmtp.ParseCommand([]byte("\x00READY"))
	require.ErrorIs(t, err, zmtp.ErrCommand)
	require.ErrorIs(t, err, ringmq.ErrProtocol)
}

func TestParsePing(t *testing.T) {
	ttl, context, err := zmtp.ParsePing([]byte("\x01\x02hello"))
	require.NoError(t, err)
	require.EqualValues(t, 258, ttl)
	require.Equal(t, "hello", string(context))

	_, context, err = zmtp.ParsePing([]byte("\x00\x000123456789abcdefX"))
	require.NoError(t, err)
	require.Equal(t, "0123456789abcdef", string(context))

	for _, in := range []string{"", "\x00"} {
		_, _, err = zmtp.ParsePing([]byte(in))
		require.ErrorIs(t, err, zmtp.ErrCommand)
	}
}

func TestParseError(t *testing.T) {
	for in, want := range map[string]string{"\x00": "", "\x03400": "400"} {
		reason, err := zmtp.ParseError([]byte(in))
		require.NoError(t, err)
		require.Equal(t, want, string(reason))
	}
	for _, in := range []string{"", "\x01", "\x0340", "\x034000"} {
		_, err := zmtp.ParseError([]byte(in))
		require.ErrorIs(t, err, zmtp.ErrCommand, "%q", in)
	}
}

func TestParseSubscription(t *testing.T) {
	for _, c := range []struct {
		in    string
		add   bool
		topic string
		ok    bool
	}{
		{"\x01A", true, "A", true},
		{"\x00A", false, "A", true},
		{"\x01", true, "", true},
		{"\x02A", false, "", false},
		{"A", false, "", false},
		{"", false, "", false},
	} {
		add, topic, ok := zmtp.ParseSubscription([]byte(c.in))
		require.Equal(t, c.ok, ok, "%q", c.in)
		require.Equal(t, c.add, add, "%q", c.in)
		require.Equal(t, c.topic, string(topic), "%q", c.in)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	dst, topic := make([]byte, 0, 1024), []byte("topic")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b := zmtp.AppendFrame(dst, 0, topic)
		b = zmtp.AppendSubscribe(b, topic)
		b = zmtp.AppendPing(b, 10, topic)
		b = zmtp.AppendError(b, "no")
		_, _, n, _ := zmtp.ParseHeader(b)
		_, _, _ = zmtp.ParseCommand(b[n:])
	}))
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x05READY", "\x09SUBSCRIBEtopic", "\x04PING\x00\x00ctx", "\x05ERROR\x03400"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		name, data, err := zmtp.ParseCommand(body)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrProtocol)
			return
		}
		require.NotEmpty(t, name)
		require.Equal(t, body, zmtp.AppendCommandBody(nil, string(name), data))
		frame := zmtp.AppendCommand(nil, string(name), data)
		flags, size, n, err := zmtp.ParseHeader(frame)
		require.NoError(t, err)
		require.Equal(t, zmtp.FlagCommand, flags)
		require.EqualValues(t, len(body), size)
		require.True(t, bytes.Equal(body, frame[n:]))
	})
}
