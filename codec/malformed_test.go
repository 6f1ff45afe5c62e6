package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
)

func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// key is a fixmap of one entry, up to its value.
func key(name string) []byte { return cat(0x81, 0xa0+len(name), name) }

func TestMalformedBodies(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff}
	cases := map[string][]byte{
		"empty":                       {},
		"a string for a struct":       cat(0xa1, "x"),
		"a string for a number":       cat(key("count"), 0xa1, "x"),
		"a number for a string":       cat(key("name"), 1),
		"a number for bytes":          cat(key("blob"), 1),
		"a map for an array":          cat(key("levels"), 0x80),
		"too long for the Go array":   cat(key("hash"), 0xc4, 5, "12345"),
		"an array of another arity":   {0x91, 1},
		"time of odd length":          cat(key("at"), 0xc7, 3, 0xff, "abc"),
		"unknown extension":           cat(key("any"), 0xd4, 0x55, 0),
		"unused code":                 cat(key("any"), 0xc1),
		"unused code, skipped":        cat(key("nosuch"), 0xc1),
		"trailing byte":               {0x80, 0x00},
		"trailing value":              {0x80, 0x80},
		"missing value":               key("name"),
		"cut in a length":             cat(key("blob"), 0xc6, 0, 0),
		"cut in an extension header":  cat(key("at"), 0xd6),
		"string beyond the body":      cat(key("name"), 0xdb, huge),
		"bytes beyond the body":       cat(key("blob"), 0xc6, huge),
		"extension beyond the body":   cat(key("at"), 0xc9, huge, 0xff),
		"map beyond the body":         cat(key("attrs"), 0xdf, huge),
		"untyped map beyond the body": cat(key("extra"), 0xdf, huge),
		"array beyond the body":       cat(key("levels"), 0xdd, huge),
		"strings beyond the body":     cat(key("tags"), 0xdd, huge),
		"untyped array beyond":        cat(key("any"), 0xdd, huge),
		"skipped array beyond":        cat(key("nosuch"), 0xdd, huge),
		"raw array beyond":            cat(key("raw"), 0xdd, huge),
		"top level map beyond":        cat(0xdf, huge),
		"deep nesting":                cat(key("any"), bytes.Repeat([]byte{0x91}, 1<<20), 0),
		"deep nesting, skipped":       cat(key("nosuch"), bytes.Repeat([]byte{0x91}, 1<<20), 0),
		"deep recursion":              cat(bytes.Repeat(key("next"), 1<<16), 0x80),
		"unhashable key":              cat(key("keyed"), 0x81, 0x90, 0),
		"map hidden in an extension":  cat(key("extra"), 0xc7, 5, 0x07, 0xdf, huge),
		"map hidden in a time":        cat(key("attrs"), 0xd7, 0xff, 0xdf, 0x0f, 0xff, 0xff, 0xff, 0, 0, 0),
		"array hidden behind a nil":   cat(0x82, 0xa5, "attrs", 0xd7, 0xff, 0xc0, 0xa6, "levels", 0xdd, huge, 0),
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			var v everything
			_, err := codec.Unmarshal(ringmq.NewMessage([]byte("AAPL"), body), &v)
			var e *codec.Error
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, codec.ErrMalformed)
			require.Equal(t, codec.Error{
				Op: "decode", Topic: "AAPL", Type: "codec_test.everything", Frames: 2, Bytes: 4 + len(body), Err: e.Err,
			}, *e)
		})
	}
}

// What hides in an extension must be stopped there, not by chance further on.
func TestHiddenLengths(t *testing.T) {
	for _, body := range [][]byte{
		cat(key("extra"), 0xc7, 5, 0x07, 0xdf, 0, 0, 0, 0),
		cat(key("attrs"), 0xd7, 0xff, 0xdf, 0, 0, 0, 0, 0, 0, 0),
		cat(key("by_price"), 0xd4, 0xff, 0x80),
		cat(key("extra"), 0xd4, 0x80, 0x80),
	} {
		_, err := codec.Unmarshal(ringmq.NewMessage([]byte("t"), body), new(everything))
		require.ErrorContains(t, err, "out of an extension's contents")
	}
}

func TestEveryTruncation(t *testing.T) {
	v := full()
	m, err := codec.Marshal("t", &v)
	require.NoError(t, err)
	body := m.Frame(1)
	for n := range body {
		_, err := codec.Unmarshal(ringmq.NewMessage([]byte("t"), body[:n]), new(everything))
		require.ErrorIs(t, err, codec.ErrMalformed, "%d of %d bytes", n, len(body))
	}
}

func TestWrongNumberOfFrames(t *testing.T) {
	for frames := range 5 {
		if frames == 2 {
			continue
		}
		m := ringmq.NewMessage(make([][]byte, frames)...)
		_, err := codec.Unmarshal(m, new(level))
		var e *codec.Error
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, codec.ErrMalformed)
		require.Equal(t, frames, e.Frames)
	}
}

func TestDeepestAllowed(t *testing.T) {
	for depth, ok := range map[int]bool{64: true, 65: false} {
		body := append(bytes.Repeat([]byte{0x91}, depth), 0x07)
		var v any
		_, err := codec.Unmarshal(ringmq.NewMessage(nil, body), &v)
		require.Equal(t, ok, err == nil, "depth %d: %v", depth, err)
	}
}

// A declared length must not cost memory; the bound leaves room for what else the process does meanwhile.
func TestDeclaredLengthsCostNothing(t *testing.T) {
	const most = 1 << 20
	bodies := [][]byte{
		cat(key("levels"), 0xdd, 0x10, 0, 0, 0),
		cat(key("any"), 0xdd, 0x10, 0, 0, 0),
		cat(key("extra"), 0xdf, 0x10, 0, 0, 0),
		cat(key("attrs"), 0xdf, 0x10, 0, 0, 0),
		cat(key("blob"), 0xc6, 0x10, 0, 0, 0),
		cat(key("extra"), 0xd7, 0xff, 0xdf, 0x10, 0, 0, 0, 0, 0, 0),
	}
	for _, body := range bodies {
		m := ringmq.NewMessage([]byte("t"), body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := codec.Unmarshal(m, new(everything))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, codec.ErrMalformed)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most), "% x", body)
	}
}

func TestDecoderRecoversAfterErrors(t *testing.T) {
	l := newLoop()
	r := codec.NewReceiver[everything](l)
	good := full()
	for _, bad := range [][]byte{
		cat(key("keyed"), 0x81, 0x90, 0),
		cat(key("raw"), 0xdd, 0, 0, 0, 9),
		cat(key("name"), 1),
	} {
		require.NoError(t, l.SendBytes(t.Context(), []byte("t"), bad))
		require.NoError(t, codec.NewSender[everything](l).Send(t.Context(), "t", good))
		_, _, err := r.Recv(t.Context())
		require.ErrorIs(t, err, codec.ErrMalformed)
		_, v, err := r.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, good.Raw, v.Raw)
		require.Equal(t, good.Extra, v.Extra)
	}
}

type faulty struct{}

func (*faulty) DecodeMsgpack(*msgpack.Decoder) error { panic("boom") }

type idle struct{}

func (*idle) DecodeMsgpack(*msgpack.Decoder) error { return nil }

var errCustom = errors.New("no such instrument")

type picky struct{}

func (*picky) DecodeMsgpack(*msgpack.Decoder) error { return errCustom }

func TestCustomDecoders(t *testing.T) {
	m, err := codec.Marshal("t", 1)
	require.NoError(t, err)
	_, err = codec.Unmarshal(m, new(faulty))
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, "boom")
	_, err = codec.Unmarshal(m, new(idle))
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, "1 bytes of the value unread")
	_, err = codec.Unmarshal(m, new(picky))
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorIs(t, err, errCustom)
}

func TestTimesOfEveryLength(t *testing.T) {
	for _, at := range []time.Time{time.Unix(1, 0), time.Unix(1, 1), time.Unix(1<<35, 1), time.Unix(-1, 0)} {
		type stamped struct {
			Attrs map[string]string
			At    time.Time
			After []level
		}
		want := stamped{Attrs: map[string]string{"k": "v"}, At: at, After: []level{{1, 2}}}
		m, err := codec.Marshal("t", &want)
		require.NoError(t, err)
		var got stamped
		_, err = codec.Unmarshal(m, &got)
		require.NoError(t, err)
		require.True(t, at.Equal(got.At))
		require.Equal(t, want.After, got.After)
	}
}

func TestErrorShortensTopic(t *testing.T) {
	topic := bytes.Repeat([]byte("x"), 1<<16)
	_, err := codec.Unmarshal(ringmq.NewMessage(topic), new(level))
	require.Less(t, len(err.Error()), 300)
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Topic, len(topic))
}

func FuzzUnmarshal(f *testing.F) {
	v := full()
	m, err := codec.Marshal("t", &v)
	require.NoError(f, err)
	f.Add(m.Frame(1))
	f.Add([]byte{0x80})
	f.Add(cat(key("extra"), 0xd7, 0xff, 0xdf, 0, 0, 0, 1, 0, 0, 0))
	f.Add(cat(key("keyed"), 0x81, 0x90, 0))
	f.Add(binary.BigEndian.AppendUint32(cat(key("levels"), 0xdd), 1<<31))
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		var v everything
		_, err := codec.Unmarshal(ringmq.NewMessage([]byte("t"), body), &v)
		require.Equal(t, kept, body)
		if err != nil {
			require.ErrorIs(t, err, codec.ErrMalformed)
			return
		}
		again, err := codec.Marshal("t", &v)
		require.NoError(t, err)
		require.Equal(t, 2, again.Len())
	})
}
