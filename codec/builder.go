package codec

import (
	"encoding"
	"math"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

var fits sync.Map // of reflect.Type to fit, nil ones too

// fitOf returns the fit of a Go type. It panics where msgpack would, for a struct with impossible tags.
func fitOf(t reflect.Type) fit {
	known, ok := fits.Load(t)
	if !ok {
		known, _ = fits.LoadOrStore(t, make(builder).build(t))
	}
	f, _ := known.(fit)
	return f
}

// builder has the fits made so far, also those that are in the making, for types that contain themselves.
type builder map[reflect.Type]fit

func (b builder) build(t reflect.Type) fit {
	f, ok := b[t]
	if !ok && !decodesItself(t) {
		f = b.byKind(t)
		b[t] = f
	}
	return f
}

// byKind follows msgpack in what it makes of a kind.
func (b builder) byKind(t reflect.Type) fit {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &integer{min: math.MinInt64 >> (64 - t.Bits()), max: math.MaxInt64 >> (64 - t.Bits()), typ: t.String()}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &integer{max: math.MaxUint64 >> (64 - t.Bits()), typ: t.String()}
	case reflect.Float32, reflect.Float64:
		return &integer{min: math.MinInt64, max: math.MaxInt64, typ: t.String()}
	case reflect.Pointer:
		return b.build(t.Elem())
	case reflect.Array:
		return b.array(t)
	case reflect.Slice:
		return b.slice(t)
	case reflect.Map:
		return b.pairs(t)
	case reflect.Struct:
		return b.record(t)
	}
	return nil
}

func (b builder) array(t reflect.Type) fit {
	if t.Elem().Kind() == reflect.Uint8 {
		return &byteArray{length: t.Len(), typ: t.String()}
	}
	l := &list{length: t.Len(), typ: t.String()}
	b[t] = l
	l.elem = b.build(t.Elem())
	return l
}

func (b builder) slice(t reflect.Type) fit {
	if t.Elem().Kind() == reflect.Uint8 {
		return nil
	}
	l := &list{length: anyLength, typ: t.String()}
	b[t] = l
	if l.elem = b.build(t.Elem()); l.elem == nil {
		return nil
	}
	return l
}

func (b builder) pairs(t reflect.Type) fit {
	p := new(pairs)
	b[t] = p
	p.key, p.value = b.build(t.Key()), b.build(t.Elem())
	if p.key == nil && p.value == nil {
		return nil
	}
	return p
}

func (b builder) record(t reflect.Type) fit {
	r := &record{typ: t.String(), byName: make(map[string]fit)}
	b[t] = r
	fs := fieldsOf(t)
	for _, f := range fs.list {
		r.fields = append(r.fields, named{f.name, b.field(f)})
	}
	for name, f := range fs.byName {
		r.byName[name] = b.field(f)
	}
	return r
}

func (b builder) field(f field) fit {
	if f.interned {
		return nil
	}
	return b.build(f.typ)
}

var (
	decoderTypes = []reflect.Type{
		reflect.TypeFor[msgpack.CustomDecoder](), reflect.TypeFor[msgpack.Unmarshaler](),
		reflect.TypeFor[encoding.BinaryUnmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	}
	encoderTypes = []reflect.Type{
		reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.Marshaler](),
		reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.TextMarshaler](),
	}
)

// decodesItself says whether msgpack leaves the decoding of a type to the type's own method.
func decodesItself(t reflect.Type) bool { return hasMethodsOf(decoderTypes, t) }

func encodesItself(t reflect.Type) bool { return hasMethodsOf(encoderTypes, t) }

func hasMethodsOf(interfaces []reflect.Type, t reflect.Type) bool {
	for _, i := range interfaces {
		if t.Implements(i) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}
