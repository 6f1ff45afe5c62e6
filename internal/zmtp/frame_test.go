package zmtp_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestFrameBytes(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags byte
		size  int
		want  string
	}{
		{"empty", 0, 0, "\x00\x00"},
		{"one byte", 0, 1, "\x00\x01"},
		{"more", zmtp.FlagMore, 3, "\x01\x03"},
		{"command", zmtp.FlagCommand, 41, "\x04\x29"},
		{"255 is short", 0, 255, "\x00\xff"},
		{"256 is long", 0, 256, "\x02\x00\x00\x00\x00\x00\x00\x01\x00"},
		{"long and more", zmtp.FlagMore, 65536, "\x03\x00\x00\x00\x00\x00\x01\x00\x00"},
		{"long command", zmtp.FlagCommand, 300, "\x06\x00\x00\x00\x00\x00\x00\x01\x2c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := bytes.Repeat([]byte{0xAB}, c.size)
			require.Equal(t, c.want, string(zmtp.AppendHeader(nil, c.flags, c.size)))
			frame := zmtp.AppendFrame([]byte("dst"), c.flags, body)
			require.Equal(t, "dst"+c.want+string(body), string(frame))
			requireHeader(t, frame[3:], c.flags, uint64(c.size), len(c.want))
		})
	}
}

// requireHeader parses b, and every prefix of its header, which must ask for more.
func requireHeader(t *testing.T, b []byte, flags byte, size uint64, n int) {
	t.Helper()
	gotFlags, gotSize, gotN, err := zmtp.ParseHeader(b)
	require.NoError(t, err)
	require.Equal(t, flags, gotFlags)
	require.Equal(t, size, gotSize)
	require.Equal(t, n, gotN)
	for i := range n {
		_, _, gotN, err = zmtp.ParseHeader(b[:i])
		require.NoError(t, err)
		require.Zero(t, gotN, "prefix of %d bytes", i)
	}
}

func TestParseHeaderTakesLongFormOfSmallSize(t *testing.T) {
	requireHeader(t, []byte{2, 0, 0, 0, 0, 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o'}, 0, 5, zmtp.MaxHeader)
	requireHeader(t, []byte{6, 0, 0, 0, 0, 0, 0, 0, 0}, zmtp.FlagCommand, 0, zmtp.MaxHeader)
}

func TestParseHeaderTakesLargestSize(t *testing.T) {
	b := binary.BigEndian.AppendUint64([]byte{zmtp.FlagLong}, math.MaxInt64)
	requireHeader(t, b, 0, math.MaxInt64, zmtp.MaxHeader)
}

func TestParseHeaderRejects(t *testing.T) {
	for flags := range 256 {
		var want error
		switch f := byte(flags); {
		case f > 7:
			want = zmtp.ErrReservedFlags
		case f&zmtp.FlagCommand != 0 && f&zmtp.FlagMore != 0:
			want = zmtp.ErrCommandMore
		}
		for _, b := range [][]byte{{byte(flags)}, {byte(flags), 1}, {byte(flags), 0, 0, 0, 0, 0, 0, 0, 1}} {
			_, _, n, err := zmtp.ParseHeader(b)
			if want == nil {
				require.NoError(t, err, "% x", b)
				continue
			}
			require.ErrorIs(t, err, want, "% x", b)
			require.ErrorIs(t, err, ringmq.ErrProtocol)
			require.Zero(t, n)
		}
	}
	for _, b := range [][]byte{{2, 0x80}, {2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}} {
		_, _, _, err := zmtp.ParseHeader(b)
		require.ErrorIs(t, err, zmtp.ErrFrameSize)
	}
}

func TestParseShort(t *testing.T) {
	for _, c := range []struct {
		in    string
		flags byte
		size  int
		ok    bool
	}{
		{"\x00\x05hello", 0, 5, true},
		{"\x01\xff", zmtp.FlagMore, 255, true},
		{"", 0, 0, false},
		{"\x00", 0, 0, false},
		{"\x02\x00\x00\x00\x00\x00\x00\x00\x05", 0, 0, false},
		{"\x04\x05", 0, 0, false},
		{"\x08\x05", 0, 0, false},
	} {
		flags, size, ok := zmtp.ParseShort([]byte(c.in))
		require.Equal(t, c.ok, ok, "%q", c.in)
		require.Equal(t, c.flags, flags, "%q", c.in)
		require.Equal(t, c.size, size, "%q", c.in)
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x00\x05hello", "\x01\xff", "\x02\x00\x00\x00\x00\x00\x00\x01\x00", "\x05\x01", "\x02\x80"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		flags, size, n, err := zmtp.ParseHeader(b)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrProtocol)
			require.Zero(t, n)
			return
		}
		if n == 0 {
			require.Less(t, len(b), zmtp.MaxHeader)
			return
		}
		require.LessOrEqual(t, n, len(b))
		require.LessOrEqual(t, size, uint64(math.MaxInt64))
		if size <= math.MaxInt {
			again := zmtp.AppendHeader(nil, flags, int(size))
			long := n == zmtp.MaxHeader && size <= 255
			require.True(t, long || bytes.Equal(b[:n], again), "% x became % x", b[:n], again)
		}
		requireHeader(t, b, flags, size, n)
	})
}

func BenchmarkParseHeader(b *testing.B) {
	for _, size := range []int{64, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			buf := bytes.Repeat(zmtp.AppendFrame(nil, 0, make([]byte, size)), 64)
			for b.Loop() {
				for in := buf; len(in) > 0; {
					_, size, n, _ := zmtp.ParseHeader(in)
					in = in[n+int(size):]
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64), "ns/frame")
		})
	}
}

func BenchmarkParseShort(b *testing.B) {
	buf := bytes.Repeat(zmtp.AppendFrame(nil, 0, make([]byte, 64)), 64)
	for b.Loop() {
		for in := buf; len(in) > 0; {
			_, size, ok := zmtp.ParseShort(in)
			if !ok {
				b.Fatal("not short")
			}
			in = in[zmtp.ShortHeader+size:]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64), "ns/frame")
}
