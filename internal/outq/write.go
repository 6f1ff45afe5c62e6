package outq

import (
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Empty reports whether everything appended so far was written. Writer only.
func (q *Queue) Empty() bool {
	return q.pos == wordEnd(q.cur.word.Load()) && q.cur.next.Load() == nil
}

// MidMessage reports whether a part of a message, but not all of it, was written. Writer only.
func (q *Queue) MidMessage() bool { return q.cur != q.base || q.pos != q.basePos }

// Gather appends to bufs what is to be written next: at most cap(bufs) pieces and no further piece after limit bytes.
// The bytes stay in the queue until Advance. Writer only.
func (q *Queue) Gather(bufs [][]byte, limit int) [][]byte {
	s, pos := q.cur, q.pos
	for n := 0; len(bufs) < cap(bufs) && n < limit; {
		w := s.word.Load()
		end := wordEnd(w)
		if pos < end {
			piece := s.buf[pos:min(end, pos+limit-n)]
			q.mark, q.markWord = s, w
			bufs = append(bufs, piece)
			n += len(piece)
			pos += len(piece)
			continue
		}
		next := s.next.Load()
		if next == nil {
			break
		}
		if pos == wordEnd(s.word.Load()) { // it cannot grow any more
			s, pos = next, next.from
		}
	}
	return bufs
}

// Advance takes n bytes as written. It returns the number of messages that became complete. Writer only.
func (q *Queue) Advance(n int) int {
	for {
		k := min(n, wordEnd(q.cur.word.Load())-q.pos)
		q.pos += k
		if n -= k; n == 0 {
			break
		}
		q.cur = q.cur.next.Load()
		q.pos = q.cur.from
	}
	return q.settle()
}

// settle moves base up to the last message boundary that the cursor has passed and frees what lies before.
func (q *Queue) settle() int {
	w := q.markWord // as it was when the bytes were taken: the sender may have gone on since
	var msgs int
	if q.cur == q.mark && q.pos == wordEnd(w) && !wordPartial(w) {
		msgs = q.freeUpTo(q.cur) + wordMsgs(w) - q.baseMsgs
		q.basePos, q.baseMsgs = q.pos, wordMsgs(w)
	} else {
		msgs = q.freeUpTo(q.lastBoundary())
		limit := q.pos
		if q.base != q.cur {
			limit = wordEnd(q.base.word.Load())
		}
		msgs += q.walk(limit)
	}
	q.done.Add(uint64(msgs))
	return msgs
}

// lastBoundary is the last span up to the cursor in which, or at the start of which, a message boundary was passed.
func (q *Queue) lastBoundary() *span {
	last := q.base
	for s := q.base; s != q.cur; {
		s = s.next.Load()
		if !s.cont || s.blk != nil && q.endsWithin(s) {
			last = s
		}
	}
	return last
}

// endsWithin reports whether the message that s goes on with ends in the part of s that was written.
func (q *Queue) endsWithin(s *span) bool {
	if s != q.cur {
		return wordMsgs(s.word.Load()) > 0
	}
	for pos, more := s.from, true; more; {
		var ok bool
		if pos, more, ok = frameEnd(s.buf, pos, q.pos); !ok {
			return false
		}
	}
	return true
}

// freeUpTo moves base to the start of s, freeing the spans before it, and returns how many messages they completed.
func (q *Queue) freeUpTo(s *span) (msgs int) {
	for q.base != s {
		old := q.base
		msgs += wordMsgs(old.word.Load()) - q.baseMsgs
		q.base = old.next.Load()
		q.basePos, q.baseMsgs = q.base.from, 0
		old.free()
	}
	return msgs
}

// walk moves base over the messages of its span that end at or before limit.
func (q *Queue) walk(limit int) (msgs int) {
	for pos := q.basePos; ; {
		end, more, ok := frameEnd(q.base.buf, pos, limit)
		if !ok {
			return msgs
		}
		if command := q.base.buf[pos]&zmtp.FlagCommand != 0; command {
			q.basePos = end // a unit of its own, and no message
		} else if !more {
			q.basePos = end
			q.baseMsgs++
			msgs++
		}
		pos = end
	}
}

// frameEnd returns where the frame at pos ends, if it does at or before limit.
func frameEnd(buf []byte, pos, limit int) (end int, more, ok bool) {
	flags, size, n, err := zmtp.ParseHeader(buf[pos:limit])
	if err != nil || n == 0 || uint64(limit-pos-n) < size {
		return 0, false, false
	}
	return pos + n + int(size), flags&zmtp.FlagMore != 0, true
}

// MessageRest returns the number of bytes that are still to be written of the message that the cursor is in, 0 at a
// boundary. The whole message must have been appended. Writer only.
func (q *Queue) MessageRest() int {
	if !q.MidMessage() {
		return 0
	}
	s, pos := q.base, q.basePos
	total, written, counting := 0, 0, true
	for {
		end := wordEnd(s.word.Load())
		if pos == end {
			s = s.next.Load()
			pos = s.from
			continue
		}
		flags, size, n, _ := zmtp.ParseHeader(s.buf[pos:end])
		step, frame := min(n+int(size), end-pos), n+int(size)
		for {
			if counting {
				if s == q.cur && q.pos <= pos+step {
					written, counting = total+q.pos-pos, false
				}
			}
			total += step
			pos += step
			if frame -= step; frame == 0 {
				break
			}
			s = s.next.Load() // the body is a referenced frame of its own
			pos = s.from
			step = min(frame, wordEnd(s.word.Load())-pos)
		}
		if flags&zmtp.FlagMore == 0 {
			return total - written
		}
	}
}

// Rewind puts the cursor back to the start of the first message that was not wholly written, for another connection.
// Writer only.
func (q *Queue) Rewind() { q.cur, q.pos = q.base, q.basePos }

// Drop takes everything out of the queue and returns the number of messages. The caller is sender and writer at once.
func (q *Queue) Drop() int {
	msgs := q.freeUpTo(q.tail) + wordMsgs(q.tail.word.Load()) - q.baseMsgs
	q.cur, q.pos = q.tail, wordEnd(q.tail.word.Load())
	q.basePos, q.baseMsgs = q.pos, wordMsgs(q.tail.word.Load())
	q.mark = nil
	q.done.Add(uint64(msgs))
	q.dropOwn()
	q.lastBlk = nil
	return msgs
}
