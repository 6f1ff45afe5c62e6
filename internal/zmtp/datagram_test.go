package zmtp_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestDatagrams(t *testing.T) {
	long := bytes.Repeat([]byte("g"), zmtp.MaxGroup)
	for name, c := range map[string]struct{ wire, group, body []byte }{
		"both":          {[]byte("\x03abcbody"), []byte("abc"), []byte("body")},
		"no group":      {[]byte("\x00body"), []byte{}, []byte("body")},
		"no body":       {[]byte("\x01a"), []byte("a"), []byte{}},
		"nothing":       {[]byte{0}, []byte{}, []byte{}},
		"longest group": {append([]byte{255}, long...), long, []byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, append([]byte("x"), c.wire...), zmtp.AppendDatagram([]byte("x"), c.group, c.body))
			group, body, ok := zmtp.ParseDatagram(c.wire)
			require.True(t, ok)
			require.Equal(t, c.group, group)
			require.Equal(t, c.body, body)
		})
	}
	for _, wire := range []string{"", "\x01", "\x04abc", "\xffabc"} {
		_, _, ok := zmtp.ParseDatagram([]byte(wire))
		require.False(t, ok, "%q", wire)
	}
}
