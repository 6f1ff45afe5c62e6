package outq

import "github.com/ringmq/ringmq"

// copyBelow is the size in bytes below which a message that does not follow its neighbour is copied into the queue's
// own block: a span and a piece of a writev(2) cost more than the copy.
const copyBelow = 1 << 10

// Broadcast encodes a message once for many queues. One goroutine at a time uses it.
type Broadcast struct {
	blk   *Block
	used  int
	parts []part
	size  int // bytes of the message encoded last
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
	b.size = total
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

// AppendEncoded appends the message that b has encoded last and returns the number of its bytes.
func (q *Queue) AppendEncoded(b *Broadcast) int {
	q.appended++
	if len(b.parts) > 1 {
		q.appendParts(b)
		return b.size
	}
	p := b.parts[0]
	follows := q.lastBlk == b.blk && q.lastEnd == p.from
	q.lastBlk, q.lastEnd = b.blk, p.to
	w := q.tail.word.Load()
	switch {
	case q.tail.blk == b.blk && wordEnd(w) == p.from:
		q.tail.word.Store(pack(p.to, wordMsgs(w)+1, false))
	case follows || p.to-p.from >= copyBelow:
		q.push(newSpan(b.blk, b.blk.buf, p.from), p.to)
	default:
		q.reserve(p.to - p.from)
		n := copy(q.blk.buf[q.used:], b.blk.buf[p.from:p.to])
		q.extendOwn(q.used + n)
	}
	return b.size
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
		c.add(s, p.to, i == len(b.parts)-1)
	}
	q.link(c)
}
