package codec

import (
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// encoder turns one value at a time into the frames of a message, in a buffer that it keeps. One goroutine at a time
// owns it, between a Get from a pool and putBack; it must not be copied.
//
//	buf  | topic | body           |
//	      frames[0] frames[1]
type encoder struct {
	buf       []byte
	frames    [2][]byte // of the last value; valid until the next encode
	enveloped [][]byte  // an envelope, which is the caller's, and the frames after it
	enc       *msgpack.Encoder
}

func newEncoder() *encoder {
	e := new(encoder)
	e.init()
	return e
}

func (e *encoder) init() { e.enc = msgpack.NewEncoder(e) }

// encode fills frames. Reset before each value drops what the last one may have left in the msgpack encoder.
func (e *encoder) encode(topic string, v any) error {
	e.buf = append(e.buf[:0], topic...)
	e.enc.Reset(e)
	if err := e.enc.Encode(v); err != nil {
		return err
	}
	n := len(topic)
	e.frames = [2][]byte{e.buf[:n:n], e.buf[n:]}
	return nil
}

// message is the frames of the last value, as the layout has them, after an envelope.
func (e *encoder) message(to Envelope, l layout) [][]byte {
	own := e.frames[len(e.frames)-int(l):]
	if len(to) == 0 {
		return own
	}
	e.enveloped = append(append(e.enveloped[:0], to...), own...)
	return e.enveloped
}

// Write is how the msgpack encoder appends to buf.
func (e *encoder) Write(p []byte) (int, error) {
	e.buf = append(e.buf, p...)
	return len(p), nil
}

// WriteByte is Write for one byte; without it msgpack allocates for each.
func (e *encoder) WriteByte(c byte) error {
	e.buf = append(e.buf, c)
	return nil
}

func (e *encoder) putBack(pool *sync.Pool) {
	if e.poolable() {
		pool.Put(e)
	}
}

func (e *encoder) poolable() bool {
	return cap(e.buf) <= maxPooled && cap(e.enveloped) <= maxPooledFrames
}
