package socket

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// decoder makes messages of the bytes that were read, in place.
//
//	chunk  | handed out | message so far | read, not looked at | room |
//	                    ^start           ^pos                  ^end
//
// A message always lies in one chunk: where it would not, what there is of it moves to a chunk that has room. A chunk
// grows only with what has really arrived, whatever a header announces.
type decoder struct {
	chunk           *ringmq.Chunk
	handed          int64 // messages of chunk handed out
	start, pos, end int
	need            int // bytes from start that the message is known to take
	size            int // of the next chunk
	filled          bool
	frames          []extent // finished frames of a message of many, relative to start
	payload         int      // their bytes
	slab            [][]byte
	err             error          // what ended it: nothing is decoded after that
	lone            ringmq.Message // one that the mailbox has no slot for yet: a peer that sends none costs no block

	props *ringmq.Properties
	max   int
	other bool // headers are not those of ZMTP 2.0 and later
	parse func([]byte) (flags byte, size uint64, n int, err error)
}

// extent is where a frame's body lies.
type extent struct{ from, to int }

// Sizes of chunks in bytes; between them chunks double. A connection starts with small ones, so that a thousand quiet
// peers cost little.
const (
	smallChunk = 4 << 10
	// growAtOnce is how far a chunk grows on the word of a header alone.
	growAtOnce = 256 << 10
)

var chunks [bits.UintSize]sync.Pool

func getChunk(size int, props *ringmq.Properties) *ringmq.Chunk {
	class := bits.Len(uint(size - 1))
	if c, _ := chunks[class].Get().(*ringmq.Chunk); c != nil {
		c.Reset(props)
		return c
	}
	return ringmq.NewChunk(make([]byte, 1<<class), props, func(c *ringmq.Chunk) { chunks[class].Put(c) })
}

// startTraffic begins with traffic; bytes that followed the handshake are kept.
func (d *decoder) startTraffic(peer *session.Peer, limit int64) {
	d.props, d.max, d.parse = peer.Properties, int(limit), zmtp.ParseHeader
	if d.other = peer.Version.Major == 1; d.other {
		d.parse = zmtp.ParseHeaderV1
	}
	rest := d.pending()
	old, n := d.chunk, len(rest)
	d.chunk = getChunk(max(smallChunk, n), d.props)
	copy(d.chunk.Buf, rest)
	old.Seal(0)
	d.start, d.pos, d.end = 0, 0, n
}

// pending is what was read and not looked at.
func (d *decoder) pending() []byte { return d.chunk.Buf[d.pos:d.end] }

func (d *decoder) skip(n int) {
	d.pos += n
	d.start = d.pos
}

// held reports whether bytes wait that were left for want of room in the mailbox.
func (d *decoder) held() bool { return d.chunk != nil && d.pos < d.end && d.need == 0 }

// took takes note of n bytes that were read into the room.
func (d *decoder) took(n int) {
	d.end += n
	d.filled = d.filled || d.end == len(d.chunk.Buf)
}

// room returns where to read to.
func (d *decoder) room() []byte {
	if d.chunk == nil {
		d.size = smallChunk
		d.chunk = getChunk(d.size, d.props)
	}
	free := len(d.chunk.Buf) - d.end
	if free < min(minRead, len(d.chunk.Buf)/4) || d.start+min(d.need, growAtOnce) > len(d.chunk.Buf) {
		d.move()
	}
	return d.chunk.Buf[d.end:]
}

// move goes on in a new chunk.
func (d *decoder) move() {
	have := d.chunk.Buf[d.start:d.end]
	if d.filled {
		d.size = min(4*d.size, chunkSize)
	} else {
		d.size = smallChunk
	}
	want := max(d.size, len(have)+minRead)
	if d.need > want {
		want = min(d.need, max(2*len(have), growAtOnce))
	}
	c := getChunk(want, d.props)
	d.end = copy(c.Buf, have)
	d.pos -= d.start
	d.start = 0
	d.chunk.Seal(d.handed)
	d.chunk, d.handed, d.filled = c, 0, false
}

func (d *decoder) close() {
	if d.chunk != nil {
		d.chunk.Seal(d.handed)
		d.chunk = nil
	}
}

// run decodes until it needs more input, which it reports with more, or until the mailbox is full.
func (d *decoder) run(cn *conn) (more bool, err error) {
	box := cn.pipe.in
	for room := 0; ; room-- {
		if room == 0 {
			if room = box.room(); room == 0 {
				return false, nil
			}
		}
		m := box.q.Spare()
		if m == nil {
			m = &d.lone
		}
		if ok, err := d.nextFor(cn, m); !ok {
			return true, err
		}
		if m == &d.lone {
			*box.q.Slot() = d.lone
			d.lone = ringmq.Message{}
		}
		box.q.Commit()
	}
}

// next sets m to the next whole message, and leaves it alone if the message's end has not arrived or there is an error.
// Commands on the way are dealt with; they may stand between the frames of a message (RFC 37).
func (d *decoder) next(cn *conn, m *ringmq.Message) (ok bool, err error) {
	buf := d.chunk.Buf
	for {
		flags, size, n, err := d.parse(buf[d.pos:d.end])
		if err != nil {
			return false, fmt.Errorf("%w: %w", ringmq.ErrProtocol, err)
		}
		if n == 0 {
			d.need = 0
			if size > 0 {
				d.nextRaw(m, size)
				return true, nil
			}
			return false, nil
		}
		if d.exceeds(flags, size) {
			return false, fmt.Errorf("%w: a message of more than %d bytes", ringmq.ErrTooLarge, d.max)
		}
		from := d.pos + n
		if size > uint64(d.end-from) {
			d.need = int(min(uint64(from-d.start)+size, math.MaxInt32))
			return false, nil
		}
		to := from + int(size)
		d.pos = to
		d.need = 0
		if flags == 0 && len(d.frames) == 0 {
			d.start = to
			*m = ringmq.Assemble(d.chunk, buf[from:to:to], nil)
			return true, nil
		}
		if flags&zmtp.FlagCommand != 0 {
			if err := cn.command(buf[from:to:to]); err != nil {
				return false, err
			}
			if len(d.frames) == 0 {
				d.start = to
			}
			continue
		}
		if len(d.frames) >= maxFrames {
			return false, fmt.Errorf("%w: a message of more than %d frames", ringmq.ErrTooLarge, maxFrames)
		}
		d.frames = append(d.frames, extent{from - d.start, to - d.start})
		d.payload += to - from
		if flags&zmtp.FlagMore == 0 {
			d.assemble(m)
			return true, nil
		}
	}
}

// short is next for the most frequent message: one short frame, which is wholly there.
func (d *decoder) short(m *ringmq.Message) bool {
	if len(d.frames) > 0 || d.other || d.end-d.pos < 2 {
		return false
	}
	head := d.chunk.Buf[d.pos : d.pos+2]
	from := d.pos + 2
	to := from + int(head[1])
	if head[0] != 0 || to > d.end || int(head[1]) > d.max {
		return false
	}
	d.start, d.pos, d.need = to, to, 0
	*m = ringmq.Assemble(d.chunk, d.chunk.Buf[from:to:to], nil)
	return true
}

// exceeds reports whether a frame is too large by itself, as libzmq judges commands too, or makes its message too large.
// Commands between the frames of a message lie in the chunk until it is whole, and are bounded with it.
func (d *decoder) exceeds(flags byte, size uint64) bool {
	if size > uint64(d.max) {
		return true
	}
	if flags&zmtp.FlagCommand == 0 {
		return int64(d.payload)+int64(size) > int64(d.max)
	}
	between := int64(d.pos-d.start) - int64(d.payload)
	return len(d.frames) > 0 && between+int64(size) > maxBetween+int64(zmtp.MaxHeader*len(d.frames))
}

// assemble sets m to the message that the frames make up.
func (d *decoder) assemble(m *ringmq.Message) {
	n := len(d.frames) - 1
	if len(d.slab) < n {
		d.slab = make([][]byte, max(frameSlab, n))
	}
	rest := d.slab[:n:n]
	d.slab = d.slab[n:]
	at := func(e extent) []byte { return d.chunk.Buf[d.start+e.from : d.start+e.to : d.start+e.to] }
	for i := range rest {
		rest[i] = at(d.frames[i+1])
	}
	*m = ringmq.Assemble(d.chunk, at(d.frames[0]), rest)
	d.start, d.payload = d.pos, 0
	if cap(d.frames) > frameSlab {
		d.frames = nil
	}
	d.frames = d.frames[:0]
}
