package codec_test

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
)

// numbers has integers wherever a type can have them.
type numbers struct {
	I    int
	I8   int8
	I16  int16
	I32  int32
	I64  int64
	U    uint
	U8   uint8
	U16  uint16
	U32  uint32
	U64  uint64
	F32  float32
	F64  float64
	Wait time.Duration
	Kind kind
	Own  own

	List  []int16
	Array [2]uint32
	Hash  [4]byte
	Map   map[int8]uint16
	Ptr   *uint8
	Next  *numbers
	Nexts []*numbers
	Pair  couple
	Any   any
	embedded
	*Pointed
	Kept kept `msgpack:"kept,alias:old"`
	Skip int8 `msgpack:"-"`
}

type (
	kind     uint8
	embedded struct{ E8 int8 }
	Pointed  struct{ P8 uint8 }
	kept     struct{ N int8 }
	couple   struct {
		//lint:ignore U1000 msgpack reads its tag
		_msgpack struct{} `msgpack:",as_array"`
		A        int8
		B        uint16
	}
)

// own decodes itself, and takes what its kind would not hold.
type own uint8

func (o *own) DecodeMsgpack(d *msgpack.Decoder) error {
	n, err := d.DecodeInt64()
	*o = own(n >> 8)
	return err
}

func marshalled(t testing.TB, v any) ringmq.Message {
	m, err := codec.Marshal("t", v)
	require.NoError(t, err)
	return m
}

type object = map[string]any

func TestValuesThatDoNotFit(t *testing.T) {
	const over = uint64(1<<63 + 5)
	list := func(v ...any) []any { return v }
	for name, tt := range map[string]struct {
		body any
		says string
	}{
		"int8":             {object{"I8": 128}, `field "I8": the integer does not fit: 128 is more than int8 holds`},
		"int8, below":      {object{"I8": -129}, `field "I8": the integer does not fit: -129 is less than int8 holds`},
		"int16":            {object{"I16": math.MaxInt16 + 1}, `field "I16"`},
		"int32, below":     {object{"I32": int64(math.MinInt32 - 1)}, `field "I32"`},
		"int64":            {object{"I64": over}, `field "I64": the integer does not fit: 9223372036854775813 is more`},
		"int":              {object{"I": over}, `field "I"`},
		"uint8":            {object{"U8": 300}, `field "U8": the integer does not fit: 300 is more than uint8 holds`},
		"uint8, below":     {object{"U8": -1}, `field "U8": the integer does not fit: -1 is less than uint8 holds`},
		"uint8, far below": {object{"U8": int64(math.MinInt64)}, `field "U8"`},
		"uint16":           {object{"U16": 1 << 16}, `field "U16"`},
		"uint32":           {object{"U32": int64(1 << 32)}, `field "U32"`},
		"uint64, below":    {object{"U64": -1}, `field "U64"`},
		"uint, below":      {object{"U": int64(-1 << 40)}, `field "U"`},
		"float32":          {object{"F32": over}, `field "F32"`},
		"float64":          {object{"F64": over}, `field "F64"`},
		"duration":         {object{"Wait": over}, `field "Wait": the integer does not fit: 9223372036854775813 is more than time.Duration holds`},
		"named":            {object{"Kind": 256}, `field "Kind": the integer does not fit: 256 is more than codec_test.kind holds`},
		"in a slice":       {object{"List": list(1, 40000)}, `field "List": element 1: the integer`},
		"in an array":      {object{"Array": list(1, -1)}, `field "Array": element 1: the integer`},
		"a map's key":      {object{"Map": map[int]int{200: 1}}, `field "Map": key 0: the integer`},
		"a map's value":    {object{"Map": map[int]int{2: -1}}, `field "Map": value 0: the integer`},
		"behind a pointer": {object{"Ptr": 256}, `field "Ptr": the integer`},
		"nested": {
			object{"Nexts": list(object{}, object{"Next": object{"I8": 200}})},
			`field "Nexts": element 1: field "Next": field "I8": the integer`,
		},
		"embedded":             {object{"E8": 128}, `field "E8"`},
		"embedded, by pointer": {object{"P8": 256}, `field "P8"`},
		"embedded, whole":      {object{"Pointed": object{"P8": 256}}, `field "Pointed": field "P8"`},
		"by its tag":           {object{"kept": object{"N": 128}}, `field "kept": field "N"`},
		"by its alias":         {object{"old": object{"N": 128}}, `field "old": field "N"`},
		"in a struct's array":  {object{"Pair": list(1, -1)}, `field "Pair": field "B": the integer`},
		"an empty struct":      {object{"Pair": []any{}}, `field "Pair": the length is another: an empty array for the 2 fields`},
		"an empty body":        {[]any{}, `the length is another: an empty array for the`},
		"a short array":        {object{"Array": list(1)}, `field "Array": the length is another: 1 elements for [2]uint32`},
		"short bytes":          {object{"Hash": []byte("123")}, `field "Hash": the length is another: 3 bytes for [4]uint8`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := codec.Unmarshal(marshalled(t, tt.body), new(numbers))
			var e *codec.Error
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, codec.ErrMalformed)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestScalarsThatDoNotFit(t *testing.T) {
	for _, tt := range []struct{ sent, into any }{
		{300, new(uint8)},
		{-1, new(uint8)},
		{-1, new(uint64)},
		{uint64(math.MaxInt64 + 1), new(int)},
		{uint64(math.MaxInt64 + 1), new(time.Duration)},
		{[]int{1, 128}, new([]int8)},
		{[]int{1}, new([2]int)},
		{map[string]int{"k": 128}, new(map[string]int8)},
	} {
		_, err := codec.Unmarshal(marshalled(t, tt.sent), tt.into)
		require.ErrorIs(t, err, codec.ErrMalformed, "%v into %T", tt.sent, tt.into)
	}
}

// What a Go program sends of a type fits the type, at both ends of every range.
func TestValuesThatFit(t *testing.T) {
	top, bottom := uint8(math.MaxUint8), uint8(0)
	for _, want := range []numbers{
		{Pointed: new(Pointed)},
		{
			I: math.MaxInt, I8: math.MaxInt8, I16: math.MaxInt16, I32: math.MaxInt32, I64: math.MaxInt64,
			U: math.MaxUint, U8: math.MaxUint8, U16: math.MaxUint16, U32: math.MaxUint32, U64: math.MaxUint64,
			F32: math.MaxFloat32, F64: math.MaxFloat64, Wait: math.MaxInt64, Kind: 255,
			List: []int16{math.MaxInt16}, Array: [2]uint32{math.MaxUint32, 1}, Map: map[int8]uint16{127: 65535}, Ptr: &top,
			Next: &numbers{Pair: couple{A: 127, B: 65535}, Pointed: new(Pointed)}, Nexts: []*numbers{nil}, Any: uint64(math.MaxUint64),
			embedded: embedded{127}, Pointed: &Pointed{255}, Kept: kept{127},
		},
		{
			I: math.MinInt, I8: math.MinInt8, I16: math.MinInt16, I32: math.MinInt32, I64: math.MinInt64,
			F32: -1, F64: -1, Wait: math.MinInt64,
			List: []int16{math.MinInt16}, Map: map[int8]uint16{-128: 0}, Ptr: &bottom,
			Pair: couple{A: -128}, Any: int64(math.MinInt64), embedded: embedded{-128}, Pointed: new(Pointed), Kept: kept{-128},
		},
	} {
		var got numbers
		_, err := codec.Unmarshal(marshalled(t, &want), &got)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// The width of an integer on the wire is the sender's business.
func TestWideIntegersThatFit(t *testing.T) {
	for _, body := range [][]byte{
		cat(key("U8"), 0xcf, 0, 0, 0, 0, 0, 0, 0, 200),
		cat(key("U8"), 0xd3, 0, 0, 0, 0, 0, 0, 0, 200),
		cat(key("U8"), 0xd1, 0, 200),
		cat(key("U8"), 0xc0),
		cat(key("I8"), 0xd2, 0xff, 0xff, 0xff, 0x80),
		cat(key("I8"), 0xcd, 0, 127),
		cat(0x81, 0xd9, 2, "I8", 1),
		cat(key("Own"), 0xcd, 0xff, 0xff),
		cat(key("nosuch"), 0x92, 0x81, 0xa2, "I8", 0xcd, 0xff, 0xff, 0),
		cat(key("Any"), 0x81, 0xa2, "I8", 0xcd, 0xff, 0xff),
	} {
		_, err := codec.Unmarshal(ringmq.NewMessage(nil, body), new(numbers))
		require.NoError(t, err, "% x", body)
	}
}

func TestReceiverRefusesWhatDoesNotFit(t *testing.T) {
	l := newLoop()
	r := codec.NewReceiver[level](l)
	require.NoError(t, codec.NewSender[object](l).Send(t.Context(), "t", object{"s": int64(1) << 40}))
	require.NoError(t, codec.NewSender[level](l).Send(t.Context(), "t", level{1, 2}))
	_, v, err := r.Recv(t.Context())
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, `field "s"`)
	require.Zero(t, v)
	_, v, err = r.Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, level{1, 2}, v)
}

// The model: decode without a type, in the slow and obvious way, and compare what came out of each integer.
func FuzzIntegers(f *testing.F) {
	top := uint8(255)
	for _, v := range []any{
		&numbers{I8: -128, Map: map[int8]uint16{1: 2}, Ptr: &top, Next: &numbers{List: []int16{1}}},
		object{"I8": 200, "Nexts": []any{object{"U8": -1}}},
		object{"Pair": []any{}, "F64": uint64(math.MaxUint64)},
		object{"Array": []int64{1, 1 << 40}, "Any": object{"I8": int64(1 << 40)}, "Pointed": object{"P8": 256}},
	} {
		f.Add(marshalled(f, v).Frame(1))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v numbers
		if _, err := codec.Unmarshal(ringmq.NewMessage(nil, body), &v); err != nil {
			require.ErrorIs(t, err, codec.ErrMalformed)
			return
		}
		var tree any
		if msgpack.NewDecoder(bytes.NewReader(body)).Decode(&tree) != nil {
			return // keys that are no strings, which a map of the model does not have
		}
		requireSame(t, reflect.ValueOf(v), tree)
	})
}

// requireSame holds a decoded value against a tree of maps and slices. Where a key comes twice the tree has the last,
// and the value may have more than that.
func requireSame(t *testing.T, v reflect.Value, tree any) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch tree := tree.(type) {
	case object:
		if v.Kind() != reflect.Struct {
			return
		}
		for name, sub := range tree {
			if notByName[name] {
				continue
			}
			if f := v.FieldByName(name); f.IsValid() {
				requireSame(t, f, sub)
			}
		}
	case []any:
		switch v.Kind() {
		case reflect.Slice, reflect.Array:
			for i, sub := range tree {
				requireSame(t, v.Index(i), sub)
			}
		case reflect.Struct:
			require.NotEmpty(t, tree)
		}
	default:
		n, ok := integerOf(reflect.ValueOf(tree))
		if !ok {
			return
		}
		got, ok := integerOf(v)
		require.True(t, !ok || got.Cmp(n) == 0, "%v became %v", n, got)
	}
}

// notByName are fields that decode themselves, have another name to msgpack, or have two.
var notByName = map[string]bool{
	"Own": true, "Skip": true, "Kept": true, "embedded": true, "E8": true, "Pointed": true, "P8": true,
}

func integerOf(v reflect.Value) (*big.Int, bool) {
	switch {
	case v.CanInt():
		return big.NewInt(v.Int()), true
	case v.CanUint():
		return new(big.Int).SetUint64(v.Uint()), true
	}
	return nil, false
}
