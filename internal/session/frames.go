package session

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

type (
	// parseFunc reads a frame header: zmtp.ParseHeader or zmtp.ParseHeaderV1.
	parseFunc func(b []byte) (flags byte, size uint64, n int, err error)

	// takeFunc deals with a whole frame; body is valid during the call only.
	takeFunc func(h *Handshake, dst []byte, flags byte, body []byte) ([]byte, error)
)

// frames is how the frames of a handshake are read: the framing of the peer's version, and who gets a whole frame.
type frames struct {
	parse  parseFunc
	take   takeFunc
	flags  byte // of the frame whose body is awaited
	bodyAt int  // where in Handshake.buf the body begins
}

// nextFrame drops the unit that was dealt with and awaits a frame.
func (h *Handshake) nextFrame(parse parseFunc, take takeFunc) {
	h.buf = h.buf[:0]
	h.thisFrame(parse, take)
}

// thisFrame awaits the rest of the frame that buf has the beginning of: less than a header, or just that.
func (h *Handshake) thisFrame(parse parseFunc, take takeFunc) {
	h.frames.parse, h.frames.take = parse, take
	h.want, h.step = len(h.buf), (*Handshake).header
}

// header awaits the header byte by byte, so as to fault a frame at the first byte that does, and bounds the size before
// a byte of the body is kept.
func (h *Handshake) header(dst []byte) ([]byte, error) {
	flags, size, n, err := h.frames.parse(h.buf)
	switch {
	case err != nil:
		return dst, wrap(h.headerCode(), "frame header", err)
	case n == 0:
		h.want = len(h.buf) + 1
		return dst, nil
	case size > h.cfg.frameLimit():
		e := protocolError(CodeTooLarge, "frame of %d bytes, limit %d", size, h.cfg.frameLimit())
		e.Err = ringmq.ErrTooLarge
		return dst, e
	}
	h.frames.flags, h.frames.bodyAt = flags, n
	h.want, h.step = n+int(size), (*Handshake).body
	return dst, nil
}

// headerCode is the fault of a bad header: the first frame of an unversioned peer stands where others have a greeting.
func (h *Handshake) headerCode() string {
	if h.protocol == zmtp.ProtocolUnversioned {
		return CodeMalformedGreeting
	}
	return CodeMalformedFrame
}

func (h *Handshake) body(dst []byte) ([]byte, error) {
	return h.frames.take(h, dst, h.frames.flags, h.buf[h.frames.bodyAt:])
}
