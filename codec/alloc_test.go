//go:build !race

package codec_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
)

// packed encodes itself, so that what is left is the cost of this package.
type packed struct{ A int64 }

func (p *packed) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeInt(p.A) }

func (p *packed) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	p.A, err = d.DecodeInt64()
	return err
}

type discard struct{}

func (discard) SendBytes(context.Context, ...[]byte) error { return nil }

type repeat struct{ m ringmq.Message }

func (r repeat) Recv(context.Context) (ringmq.Message, error) { return r.m, nil }

// A pool may be emptied by a collection in between, hence less than one rather than none.
func TestSendDoesNotAllocate(t *testing.T) {
	ctx := t.Context()
	plain, custom := codec.NewSender[level](discard{}), codec.NewSender[packed](discard{})
	require.Less(t, testing.AllocsPerRun(1000, func() { _ = plain.Send(ctx, "AAPL", level{1, 2}) }), 1.0)
	require.Less(t, testing.AllocsPerRun(1000, func() { _ = custom.Send(ctx, "AAPL", packed{A: 1 << 40}) }), 1.0)
	to := codec.Envelope{[]byte("id")}
	require.Less(t, testing.AllocsPerRun(1000, func() { _ = plain.SendTo(ctx, to, "AAPL", level{1, 2}) }), 1.0)
}

func TestRecvDoesNotAllocate(t *testing.T) {
	m, err := codec.Marshal("AAPL", &packed{A: 1 << 40})
	require.NoError(t, err)
	r := codec.NewReceiver[packed](repeat{m})
	ctx := t.Context()
	require.Less(t, testing.AllocsPerRun(1000, func() { _, _, _ = r.Recv(ctx) }), 1.0)
	v := new(packed)
	require.Less(t, testing.AllocsPerRun(1000, func() { _, _ = r.RecvInto(ctx, v) }), 1.0)

	m, err = codec.Marshal("AAPL", level{1, 2}) // whose integers are looked at
	require.NoError(t, err)
	checked := codec.NewReceiver[level](repeat{m})
	require.Less(t, testing.AllocsPerRun(1000, func() { _, _, _ = checked.Recv(ctx) }), 1.0)
}

func BenchmarkSend(b *testing.B) {
	b.Run("struct", func(b *testing.B) { benchmarkSend(b, level{585330, 100}) })
	b.Run("custom", func(b *testing.B) { benchmarkSend(b, packed{A: 585330}) })
}

func benchmarkSend[T any](b *testing.B, v T) {
	s := codec.NewSender[T](discard{})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Send(ctx, "AAPL", v); err != nil {
			b.Fatal(err)
		}
	}
}

// The baseline: what msgpack costs without this package.
func BenchmarkMsgpackMarshal(b *testing.B) {
	v := level{585330, 100}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := msgpack.Marshal(&v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecv(b *testing.B) {
	b.Run("struct", func(b *testing.B) { benchmarkRecv(b, &level{585330, 100}) })
	b.Run("custom", func(b *testing.B) { benchmarkRecv(b, &packed{A: 585330}) })
}

func benchmarkRecv[T any](b *testing.B, v *T) {
	m, err := codec.Marshal("AAPL", v)
	require.NoError(b, err)
	r := codec.NewReceiver[T](repeat{m})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Recv(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMsgpackUnmarshal(b *testing.B) {
	body, err := msgpack.Marshal(&level{585330, 100})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		var v level
		if err := msgpack.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	}
}
