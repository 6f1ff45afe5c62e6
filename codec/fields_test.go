package codec

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"
)

type (
	Plain   struct{ A, B int8 }
	Shadows struct {
		A     int8
		Plain `msgpack:"p"`
	}
	Asked struct {
		A     int8
		Plain `msgpack:",inline"`
		C     int8
	}
	Refused struct {
		Plain `msgpack:"whole,noinline"`
		C     int8
	}
	Tagged struct {
		//lint:ignore U1000 msgpack reads its tag
		_msgpack struct{} `msgpack:",omitempty"`
		A        int8     `msgpack:"a,alias:old"`
		B        int8     `msgpack:"'b'"`
		C        int8     `msgpack:"-"`
		D        string   `msgpack:"d,intern"`
		e        int8
	}
	Deep    struct{ *Deeper }
	Deeper  struct{ Plain }
	Clock   struct{ time.Time }
	Itself  int8
	Written struct{ A int8 }
	Encodes struct {
		Written
		B int8
	}
	Scalar struct{ Itself }
)

func (*Written) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString("written") }

// Msgpack writes all fields by name, in the order of its list, so that is where it is asked.
func TestFieldsAreThoseOfMsgpack(t *testing.T) {
	for _, v := range []any{
		new(Plain), new(Shadows), new(Asked), new(Refused), &Tagged{A: 1, B: 1, D: "d", e: 1},
		&Deep{&Deeper{}}, new(Scalar),
	} {
		typ := reflect.TypeOf(v).Elem()
		t.Run(typ.Name(), func(t *testing.T) {
			var listed []string
			for _, f := range fieldsOf(typ).list {
				listed = append(listed, f.name)
			}
			require.Equal(t, written(t, v), listed)
		})
	}
}

// written is the keys of a struct as msgpack encodes it.
func written(t *testing.T, v any) (names []string) {
	b, err := msgpack.Marshal(v)
	require.NoError(t, err)
	d := msgpack.NewDecoder(bytes.NewReader(b))
	n, err := d.DecodeMapLen()
	require.NoError(t, err)
	for range n {
		name, err := d.DecodeString()
		require.NoError(t, err)
		names = append(names, name)
		require.NoError(t, d.Skip())
	}
	return names
}

func TestFieldsOfOwnCodecsAreNotInlined(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Clock](), reflect.TypeFor[Encodes]()} {
		fs := fieldsOf(typ)
		require.Equal(t, typ.Field(0).Name, fs.list[0].name)
		require.Equal(t, typ.Field(0).Type, fs.list[0].typ)
	}
}

func TestEveryNameOfAField(t *testing.T) {
	names := func(fs *fields) (names []string) {
		for name := range fs.byName {
			names = append(names, name)
		}
		return names
	}
	require.ElementsMatch(t, []string{"a", "old", "b", "d"}, names(fieldsOf(reflect.TypeFor[Tagged]())))
	require.ElementsMatch(t, []string{"A", "B", "Plain", "C"}, names(fieldsOf(reflect.TypeFor[Asked]())))
	require.ElementsMatch(t, []string{"A", "B", "Deeper"}, names(fieldsOf(reflect.TypeFor[Deep]())))
}

// A type whose values always fit costs nothing to check.
func TestTypesWithoutFit(t *testing.T) {
	type words []words
	for _, typ := range []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[[]string](), reflect.TypeFor[any](),
		reflect.TypeFor[map[string]any](), reflect.TypeFor[*map[string]string](), reflect.TypeFor[[][]bool](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[msgpack.RawMessage](), reflect.TypeFor[*Clock](),
	} {
		require.Nil(t, fitOf(typ), typ)
	}
	require.NotNil(t, fitOf(reflect.TypeFor[words]()))
}
