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

// FuzzParseDatagram: what is none is too short for the group that it announces; what is one lies in the input alone, is
// of the lengths that its first byte says, and is the same when it is put together again.
func FuzzParseDatagram(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x01", "\x03abcbody", "\x00body", "\x04abc", "\xffabc"} {
		f.Add([]byte(s))
	}
	f.Add(append([]byte{255}, bytes.Repeat([]byte("g"), zmtp.MaxGroup+1)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		beyond := append(bytes.Clone(b), "beyond"...)
		group, body, ok := zmtp.ParseDatagram(beyond[:len(b)])
		if !ok {
			require.Nil(t, group)
			require.Nil(t, body)
			require.True(t, len(b) == 0 || len(b)-1 < int(b[0]))
			return
		}
		require.Len(t, group, int(b[0]))
		require.Len(t, body, len(b)-1-len(group))
		require.Equal(t, b, zmtp.AppendDatagram(nil, group, body))
		_ = append(group, '!') // the group's owner cannot write over the body
		require.Equal(t, b[1+len(group):], body)
		require.Equal(t, "beyond", string(beyond[len(b):]))
	})
}
