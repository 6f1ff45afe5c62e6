package outq

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// ReferenceAt is the size in bytes from which a frame is referenced instead of copied.
const ReferenceAt = 16 << 10

// frames walks an envelope and then a message as one list of frames.
type frames struct {
	env [][]byte
	m   *ringmq.Message
}

func (f *frames) len() int {
	_, rest := f.m.Parts()
	return len(f.env) + 1 + len(rest)
}

func (f *frames) at(i int) []byte {
	if i < len(f.env) {
		return f.env[i]
	}
	first, rest := f.m.Parts()
	if i -= len(f.env); i == 0 {
		return first
	}
	return rest[i-1]
}

// large reports whether frame i is referenced where that is allowed. The envelope is always copied: it belongs to the
// pattern, which uses its memory again.
func (f *frames) large(i int) bool { return i >= len(f.env) && len(f.at(i)) >= ReferenceAt }

// size is the number of bytes that the message takes in a block, headers and the frames that are copied, and in all.
func (f *frames) size(reference bool) (inline, total int) {
	for i := range f.len() {
		size := len(f.at(i))
		total += headerSize(size) + size
		if inline += headerSize(size); !reference || !f.large(i) {
			inline += size
		}
	}
	return inline, total
}

// refers reports whether some frame is large enough to be referenced.
func (f *frames) refers() bool {
	for i := range f.len() {
		if f.large(i) {
			return true
		}
	}
	return false
}

func headerSize(size int) int {
	if size > 255 {
		return 9
	}
	return 2
}

// appendFrame appends the header of frame i and, if body, the frame.
func (f *frames) appendFrame(dst []byte, i int, body bool) []byte {
	fr := f.at(i)
	var flags byte
	if i < f.len()-1 {
		flags = zmtp.FlagMore
	}
	dst = zmtp.AppendHeader(dst, flags, len(fr))
	if body {
		dst = append(dst, fr...)
	}
	return dst
}
