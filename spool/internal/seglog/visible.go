package seglog

import (
	"sort"

	"github.com/ringmq/ringmq/spool/internal/format"
)

// visible is the last sequence that a reader may get now. The lock is held.
func (l *Log) visible() uint64 {
	if l.o.Level == Memory {
		return l.next - 1 // it writes what is pending when it comes there
	}
	return l.mark(l.o.Level).Load()
}

// seen is the offset up to which a reader may read a segment. The lock is held.
func (l *Log) seen(s *segment) int64 {
	switch {
	case s != l.active:
		return s.end
	case l.o.Level == Disk:
		return s.synced
	}
	return s.written
}

// unwritten reports whether a reader would see more after a Flush.
func (l *Log) unwritten() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.o.Level == Memory && l.kernel.Load() < l.next-1 && !l.closed
}

// isRemoved reports whether a segment whose file is not there has been removed by this log, or by the one that owns it.
func (l *Log) isRemoved(s *segment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.removed = s.removed || l.o.ReadOnly
	return s.removed
}

// following returns the segment that the reader is to read next, from which offset on and up to which; nil if it has
// seen everything that is written.
func (l *Log) following(r *Reader) (s *segment, off, limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s = r.seg; s != nil && !r.lost {
		if limit = l.seen(s); r.cur.off < limit {
			return s, r.cur.off, limit
		}
	}
	for _, s = range l.segments[l.search(r):] {
		if limit = l.seen(s); limit > format.HeaderSize && !s.removed {
			return s, s.offsetOf(func(e format.Entry) bool { return e.Offset < limit && r.isPast(e) }), limit
		}
	}
	// It need not wait for what it has not found: that is not in the log, and never will be.
	r.next = max(r.next, min(l.kernel.Load(), l.visible())+1)
	return nil, 0, 0
}

// isPast reports whether reading can begin with the entry of an index, without missing what the reader is to return.
func (r *Reader) isPast(e format.Entry) bool {
	if r.from != 0 {
		return e.Time < r.from
	}
	return e.Sequence <= r.next
}

// search is the index of the first segment that the reader has not been in and that may have what it looks for.
func (l *Log) search(r *Reader) int {
	return sort.Search(len(l.segments), func(i int) bool {
		s := l.segments[i]
		if r.seg != nil && !r.lost {
			return s.first > r.seg.first
		}
		return s == l.active || s.last >= r.next && s.lastTime >= r.from
	})
}
