package feed

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
)

func sampleTick() Tick {
	return Tick{
		Symbol: "AAPL", Seq: 300, SymbolSeq: 7, Time: 34200*time.Second + 4241176, Sent: 1340285400_000000001,
		Type: NewOrder, OrderID: 16113575, Size: 18, Price: 5853300, Side: Sell,
	}
}

func TestTickRoundTrip(t *testing.T) {
	extremes := Tick{
		Symbol: "ABCDEFGHIJKLMNOP", Seq: math.MaxUint64, SymbolSeq: math.MaxUint64, Time: day - 1,
		Sent: math.MinInt64, Type: Halt, OrderID: math.MaxUint64, Size: math.MaxUint32, Price: math.MinInt64, Side: Buy,
	}
	for _, want := range []Tick{sampleTick(), extremes, {Symbol: "A", Type: Delete, Side: Buy}} {
		m, err := codec.Marshal(want.Symbol, &want)
		require.NoError(t, err)
		var got Tick
		topic, err := codec.Unmarshal(m, &got)
		require.NoError(t, err)
		require.Equal(t, want.Symbol, topic)
		require.Equal(t, want, got)
	}
}

// Other languages read the body by this layout.
func TestTickLayout(t *testing.T) {
	tick := Tick{
		Symbol: "AB", Seq: 1, SymbolSeq: 2, OrderID: 3, Size: 200, Type: Execution,
		Time: 5, Sent: -6, Price: 70000, Side: Sell,
	}
	b, err := msgpack.Marshal(&tick)
	require.NoError(t, err)
	require.Equal(t, []byte{
		0x9a, 0xa2, 'A', 'B', 1, 2, 3, 0xcc, 200, 4, 5, 0xfa, 0xce, 0x00, 0x01, 0x11, 0x70, 0xff,
	}, b)
}

func TestTickRejects(t *testing.T) {
	good := func() []any {
		return []any{
			"AAPL", uint64(1), uint64(2), uint64(3), uint64(4), uint64(1), int64(5), int64(6), int64(7), int64(1),
		}
	}
	with := func(i int, v any) []any {
		f := good()
		f[i] = v
		return f
	}
	cases := map[string]any{
		"no array":          "AAPL",
		"nil":               nil,
		"too few fields":    good()[:9],
		"too many fields":   append(good(), 1),
		"symbol a number":   with(0, 1),
		"symbol nil":        with(0, nil),
		"symbol empty":      with(0, ""),
		"symbol too long":   with(0, "ABCDEFGHIJKLMNOPQ"),
		"sequence nil":      with(1, nil),
		"sequence negative": with(1, -1),
		"sequence a string": with(2, "2"),
		"order id a float":  with(3, 1.5),
		"size too large":    with(4, uint64(1)<<32),
		"type 0":            with(5, uint64(0)),
		"type 8":            with(5, uint64(8)),
		"type wraps to 1":   with(5, uint64(257)),
		"time negative":     with(6, int64(-1)),
		"time after day":    with(6, int64(day)),
		"sent nil":          with(7, nil),
		"price negative":    with(8, int64(-1)),
		"side 0":            with(9, int64(0)),
		"side wraps to 1":   with(9, int64(257)),
	}
	for name, v := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := codec.Marshal("AAPL", v)
			require.NoError(t, err)
			got := sampleTick()
			_, err = codec.Unmarshal(m, &got)
			require.ErrorIs(t, err, codec.ErrMalformed)
			if v != nil { // a body that is a nil never reaches the tick's own decoder
				require.ErrorIs(t, err, ErrBadTick)
			}
			require.Equal(t, sampleTick(), got)
		})
	}
	m, err := codec.Marshal("AAPL", good())
	require.NoError(t, err)
	_, err = codec.Unmarshal(m, new(Tick))
	require.NoError(t, err, "what the cases vary is itself good")
}

func FuzzTick(f *testing.F) {
	want := sampleTick()
	b, err := msgpack.Marshal(&want)
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte{0x9a, 0xc0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var tick, again Tick
		if _, err := codec.Unmarshal(ringmq.NewMessage(nil, b), &tick); err != nil {
			require.ErrorIs(t, err, codec.ErrMalformed)
			return
		}
		require.NoError(t, tick.check())
		m, err := codec.Marshal("", &tick)
		require.NoError(t, err)
		_, err = codec.Unmarshal(m, &again)
		require.NoError(t, err)
		require.Equal(t, tick, again)
	})
}

func BenchmarkTickEncode(b *testing.B) {
	tick := sampleTick()
	enc := msgpack.NewEncoder(discard{})
	b.ReportAllocs()
	for b.Loop() {
		if err := enc.Encode(&tick); err != nil {
			b.Fatal(err)
		}
	}
}

// The baseline: the same struct as msgpack encodes it by itself, a map with names.
func BenchmarkTickEncodeAsMap(b *testing.B) {
	type plain Tick
	tick := plain(sampleTick())
	enc := msgpack.NewEncoder(discard{})
	b.ReportAllocs()
	for b.Loop() {
		if err := enc.Encode(&tick); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTickDecode(b *testing.B) {
	tick := sampleTick()
	m, err := codec.Marshal("AAPL", &tick)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Unmarshal(m, &tick); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteByte(byte) error        { return nil }
