package outq

import (
	"sync"
	"sync/atomic"

	"github.com/ringmq/ringmq"
)

// span is a range of encoded bytes. The sender owns it until it has linked the next one; only word and next are shared
// with the writer.
type span struct {
	blk  *Block // nil when buf is a referenced frame
	buf  []byte
	from int  // where the range begins in buf
	cont bool // it begins inside a message that the span before has begun

	word atomic.Uint64 // see pack
	next atomic.Pointer[span]
}

// The word of a span says how far it reaches: one store makes a message visible.
//
//	63        62 … 32                31 … 0
//	partial   messages that end here  end of the range in buf
//
// partial is set while the last byte lies inside a message that the next span goes on with.
const partialBit = uint64(1) << 63

func pack(end, msgs int, partial bool) uint64 {
	w := uint64(msgs)<<32 | uint64(uint32(end))
	if partial {
		w |= partialBit
	}
	return w
}

func wordEnd(w uint64) int      { return int(uint32(w)) }
func wordMsgs(w uint64) int     { return int(w &^ partialBit >> 32) }
func wordPartial(w uint64) bool { return w&partialBit != 0 }

var spans = sync.Pool{New: func() any { return new(span) }}

func newSpan(blk *Block, buf []byte, from int) *span {
	s := spans.Get().(*span)
	s.blk, s.buf, s.from, s.cont = blk, buf, from, false
	s.next.Store(nil)
	if blk != nil {
		blk.retain()
	}
	return s
}

func (s *span) free() {
	if s.blk != nil {
		s.blk.release()
	}
	s.blk, s.buf = nil, nil
	s.next.Store(nil)
	spans.Put(s)
}

// Queue is the outbound queue of one peer. The sending methods (Append, AppendEncoded, Queued, Trim) belong to one
// goroutine at a time, the writing methods (Gather, Advance, Rewind, …) to one other at a time. Init comes first.
type Queue struct {
	// The sender's.
	tail     *span
	blk      *Block // the queue's own block, being filled
	used     int    // bytes of blk in use
	appended uint64 // messages ever appended
	lastBlk  *Block // where the last message taken from a Broadcast ended
	lastEnd  int
	_        [64]byte

	// The writer's.
	cur      *span // cursor: the next byte to be written
	pos      int
	base     *span // start of the first message not wholly written
	basePos  int
	baseMsgs int    // messages of base that are done
	mark     *span  // the last span that Gather took to its end,
	markWord uint64 // and its word at that time
	_        [64]byte

	done atomic.Uint64 // messages wholly written or dropped; the writer's
}

// Init makes the queue ready for use.
func (q *Queue) Init() {
	s := newSpan(nil, nil, 0)
	s.word.Store(0)
	q.tail, q.cur, q.base = s, s, s
}

// Queued is the number of messages appended and not wholly written. Sender only.
func (q *Queue) Queued() int { return int(q.appended - q.done.Load()) }

// Appended is the number of messages ever appended. Sender only.
func (q *Queue) Appended() uint64 { return q.appended }

// Done is the number of messages ever written or dropped. Anyone may call it.
func (q *Queue) Done() uint64 { return q.done.Load() }

// Append encodes the frames of env and then of m as one message. With reference set, large frames are referenced:
// the caller gives them away; otherwise every byte is copied before Append returns. It returns the number of encoded
// bytes.
func (q *Queue) Append(env [][]byte, m *ringmq.Message, reference bool) int {
	if body, rest := m.Parts(); len(env) == 0 && len(body) <= 255 && rest == nil {
		return q.AppendShort(body)
	}
	f := frames{env, m}
	inline, total := f.size(reference)
	q.reserve(inline)
	if reference && f.refers() {
		q.appendReferencing(&f)
	} else {
		dst := q.blk.buf[:q.used]
		for i := range f.len() {
			dst = f.appendFrame(dst, i, true)
		}
		q.extendOwn(len(dst), 1)
	}
	q.appended++
	return total
}

// AppendCommand adds an encoded command, to be written before the message that is appended next. It returns the number
// of encoded bytes. When the queue begins anew on another connection, a command is not sent again.
func (q *Queue) AppendCommand(frame []byte) int {
	q.reserve(len(frame))
	end := q.used + copy(q.blk.buf[q.used:], frame)
	q.extendOwn(end, 0)
	return len(frame)
}

// AppendShort is Append for the most frequent message: one frame of at most 255 bytes, which is copied.
func (q *Queue) AppendShort(body []byte) int {
	n := 2 + len(body)
	if q.blk == nil || q.used+n > len(q.blk.buf) {
		q.reserve(n)
	}
	dst := q.blk.buf[q.used : q.used+n]
	dst[0], dst[1] = 0, byte(len(body))
	copy(dst[2:], body)
	q.appended++
	if w := q.tail.word.Load(); q.tail.blk == q.blk && wordEnd(w) == q.used && !wordPartial(w) {
		q.used += n
		q.tail.word.Store(w + uint64(n) + 1<<32) // one message more, n bytes further
		return n
	}
	q.extendOwn(q.used+n, 1)
	return n
}

// appendReferencing lays a message over several spans: what is copied, a large frame, what is copied, …
func (q *Queue) appendReferencing(f *frames) {
	var c chain
	last, from := f.len()-1, q.used
	dst := q.blk.buf[:q.used]
	for i := range f.len() {
		large := f.large(i)
		dst = f.appendFrame(dst, i, !large)
		switch {
		case large:
			c.add(newSpan(q.blk, q.blk.buf, from), len(dst), 0)
			c.add(newSpan(nil, f.at(i), 0), len(f.at(i)), b2i(i == last))
			from = len(dst)
		case i == last:
			c.add(newSpan(q.blk, q.blk.buf, from), len(dst), 1)
		}
	}
	q.used = len(dst)
	q.link(c)
}

// chain is the spans of one message before the writer may see them: a message becomes visible as a whole.
type chain struct{ head, tail *span }

// add appends a span that ends at end, in which msgs messages end: none but in the last.
func (c *chain) add(s *span, end, msgs int) {
	s.cont = c.head != nil
	s.word.Store(pack(end, msgs, msgs == 0))
	if c.head == nil {
		c.head = s
	} else {
		c.tail.next.Store(s)
	}
	c.tail = s
}

// link makes a chain visible.
func (q *Queue) link(c chain) {
	q.tail.next.Store(c.head)
	q.tail = c.tail
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// reserve makes room for n bytes in the queue's own block.
func (q *Queue) reserve(n int) {
	if q.blk != nil && q.used+n <= len(q.blk.buf) {
		return
	}
	size := smallBlock
	if q.blk != nil {
		size = len(q.blk.buf)
		if q.Queued() > 1 { // it fills faster than it drains
			size *= growth
		}
		size = min(size, denseBlock)
	}
	q.dropOwn()
	q.blk, q.used = newBlock(max(n, size)), 0
}

func (q *Queue) dropOwn() {
	if q.blk != nil {
		q.blk.release()
		q.blk, q.used = nil, 0
	}
}

// extendOwn makes the bytes of the own block up to end, which are msgs messages, visible: as part of the tail span where
// they follow it.
func (q *Queue) extendOwn(end, msgs int) {
	w := q.tail.word.Load()
	if q.tail.blk == q.blk && wordEnd(w) == q.used && !wordPartial(w) {
		q.tail.word.Store(pack(end, wordMsgs(w)+msgs, false))
	} else {
		s := newSpan(q.blk, q.blk.buf, q.used)
		s.word.Store(pack(end, msgs, false))
		q.link(chain{s, s})
	}
	q.used = end
}

// push adds a span of whole messages.
func (q *Queue) push(s *span, end, msgs int) {
	var c chain
	c.add(s, end, msgs)
	q.link(c)
}

// Trim gives the own block of a queue that is wholly written back to the pool. The caller is sender and writer at
// once.
func (q *Queue) Trim() {
	if q.blk == nil || q.cur != q.tail || q.pos != wordEnd(q.tail.word.Load()) || q.cur != q.base {
		return
	}
	s := newSpan(nil, nil, 0)
	s.word.Store(0)
	q.cur.free()
	q.tail, q.cur, q.base = s, s, s
	q.pos, q.basePos, q.baseMsgs, q.mark = 0, 0, 0, nil
	q.dropOwn()
}
