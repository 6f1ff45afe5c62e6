package codec

import (
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// fit finds what msgpack would take silently although it does not fit the Go type: an integer out of range, an array of
// another length. It walks a value that the scanner has passed, so it trusts all lengths, and it neither copies nor
// allocates. What it does not know (a string for a number, an array for a map) it steps over: the decoder refuses it.
//
// A nil fit is for types of which any value fits, or which see to it themselves. Built once a type by [fitOf] and read
// only from then on, by any number of goroutines.
type fit interface {
	// check checks the value at the start of b and returns what comes after it.
	check(b []byte) (rest []byte, err error)
}

var (
	_ fit = (*integer)(nil)
	_ fit = (*byteArray)(nil)
	_ fit = (*list)(nil)
	_ fit = (*pairs)(nil)
	_ fit = (*record)(nil)
)

var (
	errRange  = errors.New("the integer does not fit")
	errLength = errors.New("the length is another")
)

func checkFit(f fit, b []byte) (rest []byte, err error) {
	if f == nil {
		return skip(b), nil
	}
	return f.check(b)
}

// integer is a Go integer of min to max, or a float, to which msgpack converts an integer by way of an int64.
type integer struct {
	min int64
	max uint64
	typ string
}

func (n *integer) check(b []byte) ([]byte, error) {
	c := b[0]
	if c <= msgpcode.PosFixedNumHigh || c >= msgpcode.NegFixedNumLow {
		return b[1:], n.signed(int64(int8(c)))
	}
	if c < msgpcode.Uint8 || c > msgpcode.Int64 {
		return skip(b), nil
	}
	// Both families are four codes in a row from a multiple of four: 1, 2, 4 and 8 bytes.
	width := 1 << (c & 3)
	var u uint64
	for _, x := range b[1 : 1+width] {
		u = u<<8 | uint64(x)
	}
	b = b[1+width:]
	if c < msgpcode.Int8 {
		return b, n.unsigned(u)
	}
	unused := 64 - 8*width
	return b, n.signed(int64(u<<unused) >> unused)
}

func (n *integer) signed(v int64) error {
	if v >= 0 {
		return n.unsigned(uint64(v))
	}
	if v < n.min {
		return n.outside(v, "less")
	}
	return nil
}

func (n *integer) unsigned(v uint64) error {
	if v > n.max {
		return n.outside(v, "more")
	}
	return nil
}

func (n *integer) outside(v any, how string) error {
	return fmt.Errorf("%w: %d is %s than %s holds", errRange, v, how, n.typ)
}

// byteArray is a Go array of bytes. Msgpack would leave the rest of it as it was.
type byteArray struct {
	length int
	typ    string
}

func (a *byteArray) check(b []byte) ([]byte, error) {
	rest := skip(b)
	if n := len(text(b, rest)); (msgpcode.IsString(b[0]) || msgpcode.IsBin(b[0])) && n != a.length {
		return nil, fmt.Errorf("%w: %d bytes for %s", errLength, n, a.typ)
	}
	return rest, nil
}

// list is a Go slice or array. Msgpack would leave the rest of an array as it was.
type list struct {
	elem   fit
	length int // of an array, else anyLength
	typ    string
}

const anyLength = -1

func (l *list) check(b []byte) ([]byte, error) {
	if !isArray(b[0]) {
		return skip(b), nil
	}
	b, n := header(b)
	if l.length != anyLength && n != uint64(l.length) {
		return nil, fmt.Errorf("%w: %d elements for %s", errLength, n, l.typ)
	}
	for i := range n {
		var err error
		if b, err = checkFit(l.elem, b); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return b, nil
}

// pairs is a Go map.
type pairs struct{ key, value fit }

func (p *pairs) check(b []byte) ([]byte, error) {
	if !isMap(b[0]) {
		return skip(b), nil
	}
	b, n := header(b)
	for i := range n / 2 {
		var err error
		if b, err = checkFit(p.key, b); err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		if b, err = checkFit(p.value, b); err != nil {
			return nil, fmt.Errorf("value %d: %w", i, err)
		}
	}
	return b, nil
}

// record is a Go struct, which travels as a map or as an array.
type record struct {
	fields []named        // in the order of an array
	byName map[string]fit // aliases included
	typ    string
}

type named struct {
	name string
	fit  fit
}

func (r *record) check(b []byte) ([]byte, error) {
	if isArray(b[0]) {
		return r.checkArray(b)
	}
	if !isMap(b[0]) {
		return skip(b), nil
	}
	b, n := header(b)
	for i := range int(n / 2) {
		name, value := key(b)
		var err error
		if b, err = checkFit(r.field(i, name), value); err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
	}
	return b, nil
}

// field finds the field of a name; it tries the i-th first, which it is when the sender has the same struct.
func (r *record) field(i int, name []byte) fit {
	if i < len(r.fields) && r.fields[i].name == string(name) {
		return r.fields[i].fit
	}
	return r.byName[string(name)]
}

// checkArray refuses the empty array, which to msgpack is the zero value. It refuses the others of a wrong length
// itself.
func (r *record) checkArray(b []byte) ([]byte, error) {
	rest, n := header(b)
	if n == 0 && len(r.fields) > 0 {
		return nil, fmt.Errorf("%w: an empty array for the %d fields of %s", errLength, len(r.fields), r.typ)
	}
	if n != uint64(len(r.fields)) {
		return skip(b), nil
	}
	for _, f := range r.fields {
		var err error
		if rest, err = checkFit(f.fit, rest); err != nil {
			return nil, fmt.Errorf("field %q: %w", f.name, err)
		}
	}
	return rest, nil
}

// header steps over the value at the start of b, but not over the items nested in it.
func header(b []byte) (rest []byte, items uint64) {
	f := &forms[b[0]]
	payload, items := f.sizes(b[1:])
	return b[f.head()+int(payload):], items
}

// skip steps over the value at the start of b and all that is nested in it.
func skip(b []byte) (rest []byte) {
	for left := uint64(1); left > 0; left-- {
		var items uint64
		b, items = header(b)
		left += items
	}
	return b
}

// key is the text of the string at the start of b, and what comes after it.
func key(b []byte) (name, rest []byte) {
	if c := b[0]; msgpcode.IsFixedString(c) {
		n := 1 + int(c&msgpcode.FixedStrMask)
		return b[1:n], b[n:]
	}
	rest = skip(b)
	return text(b, rest), rest
}

// text is the payload of the string at the start of b, given what comes after it; it is empty for a nil.
func text(b, rest []byte) []byte {
	return b[forms[b[0]].head() : len(b)-len(rest)]
}

func isArray(c byte) bool {
	return msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32
}

func isMap(c byte) bool { return msgpcode.IsFixedMap(c) || c == msgpcode.Map16 || c == msgpcode.Map32 }
