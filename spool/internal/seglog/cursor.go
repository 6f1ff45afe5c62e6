package seglog

import (
	"errors"
	"io"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
)

// cursor reads the records of one segment in order. One goroutine at a time may use it.
type cursor struct {
	f     io.ReaderAt
	seed  uint32
	off   int64 // of the next record
	limit int64 // nothing is read from here on
	ahead int   // how much is read at once

	blk    *block
	buf    []byte // what was read from off on; in blk
	handed int64  // messages in blk that somebody else holds
}

// open has the cursor read from offset off of a segment on.
func (c *cursor) open(f io.ReaderAt, seed uint32, off int64) {
	c.f, c.seed, c.off, c.limit = f, seed, off, off
	c.buf = c.buf[len(c.buf):] // what is left of the block is still of use
}

// next returns the header and the bytes of the next record, which stay where they are until the next call. The error is
// io.EOF at the limit, a *format.Damage if what is there is no valid record, or what reading the file gave.
func (c *cursor) next() (format.Header, []byte, error) {
	if c.off >= c.limit {
		return format.Header{}, nil, io.EOF
	}
	b, err := c.fill(format.RecordHeaderSize)
	if err != nil {
		return format.Header{}, nil, err
	}
	h, err := format.ParseHeader(b, c.seed)
	if err != nil {
		return h, nil, err
	}
	if b, err = c.fill(int(h.Size)); err != nil {
		return h, nil, err
	}
	if err := h.Check(b, c.seed); err != nil {
		return h, nil, err
	}
	span := h.Span()
	c.buf = c.buf[min(int64(len(c.buf)), span):]
	c.off += span
	return h, b, nil
}

// record decodes what next returned. The record is the caller's; its message, unless it has no frames, has a reference
// on the block.
func (c *cursor) record(h format.Header, b []byte) (format.Record, error) {
	r, err := h.Decode(b, c.blk.list(h.Frames()))
	if err != nil {
		return r, err
	}
	if first, rest := r.Message.Parts(); first != nil {
		r.Message = ringmq.Assemble(c.blk.chunk, first, rest)
		c.handed++
	}
	return r, nil
}

var errCut = &format.Damage{Reason: "record is cut short"}

// fill returns the next n bytes, or more, having read them if need be.
func (c *cursor) fill(n int) ([]byte, error) {
	if len(c.buf) >= n {
		return c.buf, nil
	}
	have := len(c.buf)
	left := c.limit - c.off
	if int64(n) > left {
		return nil, errCut
	}
	c.reserve(n, int(min(left, int64(max(n, c.ahead)))))
	want := int(min(left, int64(cap(c.buf)), int64(max(n, c.ahead))))
	got, err := c.f.ReadAt(c.buf[have:want], c.off+int64(have))
	c.buf = c.buf[:have+got]
	if len(c.buf) >= n {
		return c.buf, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = errCut
	}
	return nil, err
}

// reserve moves what was read to another block if this one has no space for n bytes; the new one has space for want.
func (c *cursor) reserve(n, want int) {
	if cap(c.buf) >= n {
		return
	}
	b := newBlock(want)
	buf := b.chunk.Buf[:copy(b.chunk.Buf, c.buf)]
	c.release()
	c.blk, c.buf = b, buf
}

// release lets go of the block; it lives on for as long as messages in it do.
func (c *cursor) release() {
	if c.blk != nil {
		c.blk.chunk.Seal(c.handed)
	}
	c.blk, c.handed = nil, 0
}

// close lets go of everything.
func (c *cursor) close() {
	c.release()
	c.buf, c.off, c.limit = nil, 0, 0
}
