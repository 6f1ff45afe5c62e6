package outq

import "github.com/ringmq/ringmq"

// copyBelow is the size in bytes below which a message that does not follow its neighbour is copied into the queue's
// own block: a span and a piece of a writev(2) cost more than the copy.
const copyBelow = 1 << 10

// Broadcast encodes messages once for many queues: one at a time, or a run of several that go to the same queues. One
// goroutine at a time uses it.
type Broadcast struct {
	blk   *Block
	used  int
	parts []part
	size  int // bytes of what is encoded
	msgs  int // messages of it: more than one only in a single part
}

// part is a range of the broadcast's block, or a referenced frame.
type part struct {
	ref      []byte
	from, to int
}

// Encode encodes m; the result is good for AppendEncoded until the next Encode. Large frames are referenced if
// reference is set: the caller gives them away; otherwise every byte is copied before Encode returns.
func (b *Broadcast) Encode(m *ringmq.Message, reference bool) {
	f := frames{nil, m}
	inline, total := f.size(reference)
	b.reserve(inline)
	b.size, b.msgs = total, 1
	b.parts = b.parts[:0]
	from := b.used
	dst := b.blk.buf[:b.used]
	for i := range f.len() {
		large := reference && f.large(i)
		dst = f.appendFrame(dst, i, !large)
		if large {
			b.parts = append(b.parts, part{from: from, to: len(dst)}, part{ref: f.at(i), to: len(f.at(i))})
			from = len(dst)
		}
	}
	if len(dst) > from {
		b.parts = append(b.parts, part{from: from, to: len(dst)})
	}
	b.used = len(dst)
}

// Extend encodes m behind what is encoded already, which becomes a run. It returns false, and does nothing, if m does
// not fit there or has frames to be referenced.
func (b *Broadcast) Extend(m *ringmq.Message, reference bool) bool {
	f := frames{nil, m}
	_, total := f.size(reference)
	if len(b.parts) != 1 || b.used+total > len(b.blk.buf) || reference && f.refers() {
		return false
	}
	dst := b.blk.buf[:b.used]
	for i := range f.len() {
		dst = f.appendFrame(dst, i, true)
	}
	b.used = len(dst)
	b.parts[0].to = b.used
	b.size += total
	b.msgs++
	return true
}

// Messages is the number of encoded messages, and Size that of their bytes.
func (b *Broadcast) Messages() int { return b.msgs }

// Size is the number of encoded bytes.
func (b *Broadcast) Size() int { return b.size }

func (b *Broadcast) reserve(n int) {
	if b.blk != nil && b.used+n <= len(b.blk.buf) {
		return
	}
	b.Close()
	b.blk = newBlock(max(n, denseBlock))
}

// Close gives the block up. The broadcast may be used again.
func (b *Broadcast) Close() {
	if b.blk != nil {
		b.blk.release()
		b.blk, b.used = nil, 0
	}
	clear(b.parts)
	b.parts = b.parts[:0]
}

// AppendEncoded appends what b has encoded last and returns the number of its bytes.
func (q *Queue) AppendEncoded(b *Broadcast) int {
	if len(b.parts) > 1 {
		q.appended++
		q.appendParts(b)
		return b.size
	}
	q.appendRun(b, b.parts[0].to, b.msgs)
	return b.size
}

// AppendFirst is AppendEncoded for the first n messages of a run of more.
func (q *Queue) AppendFirst(b *Broadcast, n int) int {
	from := b.parts[0].from
	to := from
	for left := n; left > 0; {
		end, more, _ := frameEnd(b.blk.buf, to, b.used)
		if to = end; !more {
			left--
		}
	}
	q.appendRun(b, to, n)
	return to - from
}

// appendRun appends the run up to the byte to, which is msgs messages.
func (q *Queue) appendRun(b *Broadcast, to, msgs int) {
	from := b.parts[0].from
	q.appended += uint64(msgs)
	follows := q.lastBlk == b.blk && q.lastEnd == from
	q.lastBlk, q.lastEnd = b.blk, to
	w := q.tail.word.Load()
	switch {
	case q.tail.blk == b.blk && wordEnd(w) == from:
		q.tail.word.Store(pack(to, wordMsgs(w)+msgs, false))
	case follows || to-from >= copyBelow:
		q.push(newSpan(b.blk, b.blk.buf, from), to, msgs)
	default:
		q.reserve(to - from)
		n := copy(q.blk.buf[q.used:], b.blk.buf[from:to])
		q.extendOwn(q.used+n, msgs)
	}
}

func (q *Queue) appendParts(b *Broadcast) {
	var c chain
	q.lastBlk = nil
	for i, p := range b.parts {
		s := newSpan(nil, p.ref, 0)
		if p.ref == nil {
			s.free()
			s = newSpan(b.blk, b.blk.buf, p.from)
		}
		c.add(s, p.to, b2i(i == len(b.parts)-1))
	}
	q.link(c)
}
