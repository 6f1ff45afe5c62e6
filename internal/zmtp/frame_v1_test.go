package zmtp_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestFrameBytesV1(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags byte
		size  int
		want  string
	}{
		{"empty", 0, 0, "\x01\x00"},
		{"more", zmtp.FlagMore, 5, "\x06\x01"},
		{"only MORE is sent", zmtp.FlagMore | zmtp.FlagCommand, 5, "\x06\x01"},
		{"253 is short", 0, 253, "\xfe\x00"},
		{"254 is long", 0, 254, "\xff\x00\x00\x00\x00\x00\x00\x00\xff\x00"},
		{"long and more", zmtp.FlagMore, 65536, "\xff\x00\x00\x00\x00\x00\x01\x00\x01\x01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := bytes.Repeat([]byte{0xAB}, c.size)
			require.Equal(t, c.want, string(zmtp.AppendHeaderV1(nil, c.flags, c.size)))
			frame := zmtp.AppendFrameV1([]byte("dst"), c.flags, body)
			require.Equal(t, "dst"+c.want+string(body), string(frame))
			requireHeaderV1(t, frame[3:], c.flags&zmtp.FlagMore, uint64(c.size), len(c.want))
		})
	}
}

func requireHeaderV1(t *testing.T, b []byte, flags byte, size uint64, n int) {
	t.Helper()
	gotFlags, gotSize, gotN, err := zmtp.ParseHeaderV1(b)
	require.NoError(t, err)
	require.Equal(t, flags, gotFlags)
	require.Equal(t, size, gotSize)
	require.Equal(t, n, gotN)
	for i := range n {
		_, _, gotN, err = zmtp.ParseHeaderV1(b[:i])
		require.NoError(t, err)
		require.Zero(t, gotN, "prefix of %d bytes", i)
	}
}

func TestParseHeaderV1Accepts(t *testing.T) {
	requireHeaderV1(t, []byte("\x06\x7fhello"), zmtp.FlagMore, 5, 2)
	requireHeaderV1(t, []byte("\x06\xfehello"), 0, 5, 2)
	requireHeaderV1(t, []byte("\xff\x00\x00\x00\x00\x00\x00\x00\x06\x00hello"), 0, 5, 10)
	requireHeaderV1(t, []byte("\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00"), 0, math.MaxInt64-1, 10)
}

func TestParseHeaderV1Rejects(t *testing.T) {
	for _, in := range []string{
		"\x00", "\x00\x00",
		"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\xff\x80\x00\x00\x00\x00\x00\x00\x01\x00",
	} {
		_, _, n, err := zmtp.ParseHeaderV1([]byte(in))
		require.ErrorIs(t, err, zmtp.ErrFrameSize, "%q", in)
		require.ErrorIs(t, err, ringmq.ErrProtocol)
		require.Zero(t, n)
	}
}

func TestSignatureIsIdentityHeaderForV1(t *testing.T) {
	for _, identity := range []string{"", "worker-7"} {
		b := append(zmtp.AppendSignature(nil, len(identity)), identity...)
		_, size, n, err := zmtp.ParseHeaderV1(b)
		require.NoError(t, err)
		require.Equal(t, identity, string(b[n:]))
		require.EqualValues(t, len(identity), size)
	}
}

func FuzzParseHeaderV1(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x01\x00", "\x06\x01hello", "\xff\x00\x00\x00\x00\x00\x00\x00\xff\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		flags, size, n, err := zmtp.ParseHeaderV1(b)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrProtocol)
			require.Zero(t, n)
			return
		}
		if n == 0 {
			require.Less(t, len(b), zmtp.MaxHeaderV1)
			return
		}
		require.Zero(t, flags&^zmtp.FlagMore)
		require.Less(t, size, uint64(math.MaxInt64))
		requireHeaderV1(t, b, flags, size, n)
		if size < math.MaxInt {
			requireHeaderV1(t, zmtp.AppendHeaderV1(nil, flags, int(size)), flags, size,
				len(zmtp.AppendHeaderV1(nil, flags, int(size))))
		}
	})
}
