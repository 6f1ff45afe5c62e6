package codec

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// form is how a value that begins with a given code goes on, by the msgpack specification:
//
//	| code | length: 0, 1, 2 or 4 bytes | type: 1 byte, of an extension only | payload or nested values |
type form struct {
	length  int    // bytes of the length field
	payload uint64 // bytes after the header, when there is no length field
	items   uint64 // nested values, when there is no length field
	unit    unit   // what the length field counts
	ext     bool
	invalid bool
}

type unit uint8

const (
	countsBytes unit = iota
	countsItems
	countsPairs // a key and a value each
)

// forms has the form of each code.
var forms = makeForms()

func makeForms() (f [256]form) {
	for n := range byte(16) {
		f[msgpcode.FixedMapLow|n] = form{items: 2 * uint64(n)}
		f[msgpcode.FixedArrayLow|n] = form{items: uint64(n)}
	}
	for n := range byte(32) {
		f[msgpcode.FixedStrLow|n] = form{payload: uint64(n)}
	}
	// Four families of three codes in a row, with a length field of 1, 2 and 4 bytes; two of two codes, of 2 and 4.
	for i, width := range []int{1, 2, 4} {
		f[int(msgpcode.Str8)+i] = form{length: width}
		f[int(msgpcode.Bin8)+i] = form{length: width}
		f[int(msgpcode.Ext8)+i] = form{length: width, ext: true}
	}
	for i, width := range []int{2, 4} {
		f[int(msgpcode.Array16)+i] = form{length: width, unit: countsItems}
		f[int(msgpcode.Map16)+i] = form{length: width, unit: countsPairs}
	}
	for i, width := range []uint64{1, 2, 4, 8} {
		f[int(msgpcode.Uint8)+i] = form{payload: width}
		f[int(msgpcode.Int8)+i] = form{payload: width}
	}
	for i, width := range []uint64{1, 2, 4, 8, 16} {
		f[int(msgpcode.FixExt1)+i] = form{payload: width, ext: true}
	}
	f[msgpcode.Float] = form{payload: 4}
	f[msgpcode.Double] = form{payload: 8}
	f[0xc1] = form{invalid: true} // never used, says the specification
	return f
}

// scanner checks that a body is one well-formed msgpack value and nothing else, without recursion and without
// allocating by what the body declares. The zero value is ready; one goroutine at a time.
type scanner struct {
	open [maxDepth + 1]uint64 // values still to come, by depth; open[0] is for the body itself
	exts []span               // the contents of the extensions, in order
}

// span is a range of bytes of a body.
type span struct{ start, end int }

var (
	errTruncated = errors.New("the body ends inside a value")
	errCode      = errors.New("0xc1 is not a msgpack code")
	errDepth     = fmt.Errorf("arrays and maps nest deeper than %d", maxDepth)
)

// check returns what is wrong with b, and at which byte, or nil; then exts is set.
func (s *scanner) check(b []byte) error {
	s.exts = s.exts[:0]
	s.open[0] = 1
	pos, depth := 0, 0
	for depth >= 0 {
		if s.open[depth] == 0 {
			depth--
			continue
		}
		s.open[depth]--
		n, items, err := s.value(b, pos)
		if items > 0 && depth == maxDepth {
			err = errDepth
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w", pos, err)
		}
		if items > 0 {
			depth++
			s.open[depth] = items
		}
		pos += n
	}
	if pos < len(b) {
		return fmt.Errorf("%d bytes after the value", len(b)-pos)
	}
	return nil
}

// value measures the value at pos without its nested values: n bytes, after which come items nested values. Each of
// those takes at least a byte, so an array or map that declares more than there are bytes left is refused here,
// before anybody makes room for it.
func (s *scanner) value(b []byte, pos int) (n int, items uint64, err error) {
	b = b[pos:]
	if len(b) == 0 {
		return 0, 0, errTruncated
	}
	f := &forms[b[0]]
	if f.invalid {
		return 0, 0, errCode
	}
	head := f.head()
	if len(b) < head {
		return 0, 0, errTruncated
	}
	payload, items := f.sizes(b[1:])
	if payload+items > uint64(len(b)-head) {
		return 0, 0, errTruncated
	}
	n = head + int(payload)
	if f.ext {
		s.exts = append(s.exts, span{pos + head, pos + n})
	}
	return n, items, nil
}

// head is the number of bytes before the payload or the nested values.
func (f *form) head() int {
	if f.ext {
		return 2 + f.length
	}
	return 1 + f.length
}

// sizes reads the length field, if the form has one, from the bytes after the code. At most one of the two results
// is not zero, and both are below 2^33.
func (f *form) sizes(b []byte) (payload, items uint64) {
	var n uint64
	switch f.length {
	case 0:
		return f.payload, f.items
	case 1:
		n = uint64(b[0])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b))
	case 4:
		n = uint64(binary.BigEndian.Uint32(b))
	}
	switch f.unit {
	case countsItems:
		return 0, n
	case countsPairs:
		return 0, 2 * n
	}
	return n, 0
}
