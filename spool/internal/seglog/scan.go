package seglog

import (
	"errors"
	"fmt"
	"io"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// scan adds all records of the file to the segment, up to its index. It returns nil if there is an index, a
// *format.Damage for the first place where there is no valid record, which is s.end, or the error of reading.
func (s *segment) scan(f io.ReaderAt, size int64) error {
	c := cursor{ahead: blockSize}
	defer c.close()
	c.open(f, s.seed, s.end)
	c.limit = size
	for {
		h, b, err := c.next()
		switch {
		case errors.Is(err, io.EOF):
			return errCut
		case err != nil:
			return err
		case h.Kind == format.Index:
			return s.checkIndex(h)
		}
		if err := s.checkRecord(h, b, &c); err != nil {
			return err
		}
		s.add(h.Sequence, h.Time, h.Span())
	}
}

// checkRecord holds a record against the one before it.
func (s *segment) checkRecord(h format.Header, b []byte, c *cursor) error {
	if h.Sequence != s.expected() {
		return &format.Damage{Reason: fmt.Sprintf("record has sequence %d instead of %d", h.Sequence, s.expected())}
	}
	if s.records > 0 && h.Time < s.lastTime {
		return &format.Damage{Reason: "record is older than the one before it"}
	}
	_, err := h.Decode(b, c.blk.scratch(h.Frames()))
	return err
}

// checkIndex holds the index record at the end against the records.
func (s *segment) checkIndex(h format.Header) error {
	if h.Sequence != s.last {
		return &format.Damage{Reason: fmt.Sprintf("records end with %d, and the index with %d", s.last, h.Sequence)}
	}
	return nil
}

func (s *segment) corrupt(err error) error {
	if _, ok := errors.AsType[*format.Damage](err); !ok {
		return err
	}
	return &CorruptError{Segment: s.path, Offset: s.end, After: s.last, Err: err}
}

// recoverLast reads the last segment, judges how it ends, and makes it fit to go on with.
func (l *Log) recoverLast(s *segment, f vfs.File, size int64, report *Recovery) error {
	broken := s.scan(f, size)
	if _, ok := errors.AsType[*format.Damage](broken); broken != nil && !ok {
		return broken
	}
	s.written, s.synced = s.end, s.end
	if broken != nil {
		if err := l.judge(s, f, size, broken, report); err != nil {
			return err
		}
	}
	if l.o.ReadOnly {
		return nil
	}
	if err := l.goOn(s, f); err != nil {
		return err
	}
	l.use(s, f)
	return nil
}

// judge decides whether the log merely ends where there is no valid record, was torn there, or is corrupt. Beside a
// running owner everything may be under way, and nothing is judged.
func (l *Log) judge(s *segment, f vfs.File, size int64, broken error, report *Recovery) error {
	end, err := dataEnd(f, s.end, size)
	if err != nil || end == s.end {
		return err
	}
	b := make([]byte, end-s.end)
	if err := readFull(f, b, s.end); err != nil {
		return err
	}
	if !l.o.ReadOnly && (!format.Torn(b, s.end, s.seed) || s.vouched(b)) {
		return s.corrupt(broken)
	}
	report.Torn = &Torn{Segment: s.path, Offset: s.end, Bytes: end - s.end, After: s.last, Reason: broken.Error()}
	return nil
}

// vouched reports whether a record in b, which begins at the end of the segment, was written when the one that is
// missing there was known to be on disk.
func (s *segment) vouched(b []byte) bool {
	for off := 0; ; off += format.Align {
		h, n := findRecord(b[off:], s.seed)
		if n < 0 {
			return false
		}
		off += n
		if h.Vouches(s.expected()) {
			return true
		}
	}
}

// findRecord returns the header of the first valid record in b and its offset, which is negative if there is none.
func findRecord(b []byte, seed uint32) (format.Header, int) {
	for off := 0; off+format.RecordHeaderSize <= len(b); off += format.Align {
		if format.IsEnd(b[off:]) {
			continue
		}
		h, err := format.ParseHeader(b[off:], seed)
		if err == nil && h.Size <= int64(len(b)-off) && h.Check(b[off:], seed) == nil {
			return h, off
		}
	}
	return format.Header{}, -1
}

// dataEnd is the offset behind the last byte, from off on, that is not zero.
func dataEnd(f io.ReaderAt, off, size int64) (int64, error) {
	b := make([]byte, min(scanSize, max(size-off, 0)))
	end := off
	for off < size {
		b = b[:min(int64(len(b)), size-off)]
		if err := readFull(f, b, off); err != nil {
			return 0, err
		}
		if n := format.DataEnd(b); n > 0 {
			end = off + int64(n)
		}
		off += int64(len(b))
	}
	return end, nil
}

// goOn cuts off what is not valid, writes the segment anew, and syncs it. What a failed sync has left in
// the page cache reads as if it were on disk, and is not; once it is written again, a sync says the truth.
func (l *Log) goOn(s *segment, f vfs.File) error {
	if err := f.Truncate(s.end); err != nil {
		return err
	}
	b := make([]byte, min(scanSize, s.end))
	for off := int64(0); off < s.end; off += int64(len(b)) {
		b = b[:min(int64(len(b)), s.end-off)]
		if err := readFull(f, b, off); err != nil {
			return err
		}
		if err := vfs.WriteFull(f, b, off); err != nil {
			return err
		}
	}
	// Without the space a later write may fail; but what is here can be read and delivered without.
	_ = f.Preallocate(l.o.SegmentSize)
	return f.Sync()
}
