package codec

import (
	"errors"
	"io"
)

// body is what the msgpack decoder reads from: the bytes of frame 1, copied out as they are asked for, so that no
// decoded value points into the message.
//
// It also keeps the decoder in step with the scanner. To the scanner the contents of an extension are opaque. The
// decoder, asked for a map, passes over an extension's header and takes the contents for the map, so that a peer
// could hide lengths there that nobody has checked. Every value begins with a code, which the decoder reads with
// ReadByte, and extension contents are read with Read; so a ReadByte inside an extension is refused.
type body struct {
	b    []byte
	pos  int
	exts []span // those that end after pos, at the latest ReadByte
}

var (
	_ io.Reader      = (*body)(nil)
	_ io.ByteScanner = (*body)(nil)
)

var (
	errInExtension = errors.New("a value is read out of an extension's contents")
	errUnread      = errors.New("UnreadByte at the start of the body")
)

func (r *body) reset(b []byte, exts []span) { *r = body{b: b, exts: exts} }

// left is the number of bytes not read.
func (r *body) left() int { return len(r.b) - r.pos }

// Read implements [io.Reader].
func (r *body) Read(p []byte) (int, error) {
	if r.left() == 0 && len(p) > 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, r.b[r.pos:])
	r.pos += n
	return n, nil
}

// ReadByte implements [io.ByteReader].
func (r *body) ReadByte() (byte, error) {
	if r.left() == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	for len(r.exts) > 0 && r.exts[0].end <= r.pos {
		r.exts = r.exts[1:]
	}
	if len(r.exts) > 0 && r.exts[0].start <= r.pos {
		return 0, errInExtension
	}
	c := r.b[r.pos]
	r.pos++
	return c, nil
}

// UnreadByte implements [io.ByteScanner]. The decoder calls it only right after a ReadByte, to look ahead.
func (r *body) UnreadByte() error {
	if r.pos == 0 {
		return errUnread
	}
	r.pos--
	return nil
}
