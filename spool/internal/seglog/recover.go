package seglog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Recovery says what Open found, and what it did about it.
type Recovery struct {
	Segments int
	Records  uint64
	// Torn is set if the log ended with a write that was never finished.
	Torn *Torn
	// Reindexed lists the segments whose index was damaged; it was made again from their records, which are intact.
	Reindexed []string
	// Unfinished is the path of a segment that was removed because its creation had not been finished; it had no records.
	Unfinished string
}

// Torn is the torn end of a log.
type Torn struct {
	Segment string
	Offset  int64
	Bytes   int64  // that were cut off
	After   uint64 // the last sequence that is intact
	Reason  string
}

// recover reads what is in the directory. Of the segments before the last it believes the index, since each was synced
// before there was a next; with the option Check it reads their records as well.
func (l *Log) recover() (*Recovery, error) {
	report := &Recovery{}
	names, err := l.names()
	if err != nil {
		return report, err
	}
	for i, name := range names {
		s, err := l.load(name, i == len(names)-1, report)
		if err != nil {
			return report, err
		}
		if s != nil {
			l.adopt(s, report)
		}
	}
	return report, nil
}

// names lists the segments, oldest first.
func (l *Log) names() ([]string, error) {
	if !l.o.ReadOnly {
		if err := l.o.FS.MkdirAll(l.o.Dir); err != nil {
			return nil, err
		}
		if err := l.o.FS.SyncDir(filepath.Dir(l.o.Dir)); err != nil {
			return nil, err
		}
	}
	names, err := l.o.FS.ReadDir(l.o.Dir)
	if errors.Is(err, fs.ErrNotExist) && l.o.ReadOnly {
		return nil, nil // then it is empty
	}
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { _, ok := format.ParseSegmentName(name); return !ok })
	slices.Sort(names)
	return names, nil
}

func (l *Log) adopt(s *segment, report *Recovery) {
	l.segments = append(l.segments, s)
	l.size += s.size
	l.next = s.expected()
	l.clock = max(l.clock, s.lastTime)
	report.Segments++
	report.Records += s.records
	if s.file != nil {
		l.active, l.safe = s, s.mark()
	}
}

// load recovers one segment. It returns nil for one that is not part of the log: it was never finished, or, when
// another process owns the log, has gone.
func (l *Log) load(name string, last bool, report *Recovery) (*segment, error) {
	path := filepath.Join(l.o.Dir, name)
	f, err := l.open(path, last)
	if errors.Is(err, fs.ErrNotExist) && l.o.ReadOnly && len(l.segments) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := l.inspect(path, f, last, report)
	if s == nil || s.file == nil {
		err = errors.Join(err, f.Close())
	}
	if err == nil && s == nil && !l.o.ReadOnly {
		report.Unfinished = path
		err = errors.Join(l.o.FS.Remove(path), l.o.FS.SyncDir(l.o.Dir))
	}
	return s, err
}

func (l *Log) open(path string, last bool) (vfs.File, error) {
	if last && !l.o.ReadOnly {
		return l.o.FS.Open(path)
	}
	return l.o.FS.OpenRead(path)
}

// inspect looks at a segment again if its owner has meanwhile cut off what it had preallocated.
func (l *Log) inspect(path string, f vfs.File, last bool, report *Recovery) (s *segment, err error) {
	size, err := f.Size()
	for err == nil {
		s, err = l.inspectAt(path, f, size, last, report)
		if !l.o.ReadOnly || !errors.Is(err, errCut) {
			break
		}
		before := size
		if size, _ = f.Size(); size >= before {
			break
		}
		err = nil
	}
	return s, err
}

func (l *Log) inspectAt(path string, f vfs.File, size int64, last bool, report *Recovery) (*segment, error) {
	s, err := l.readHeader(path, f, size, last)
	if s == nil || err != nil {
		return nil, err
	}
	if last {
		return s, l.recoverLast(s, f, size, report)
	}
	return s, l.recoverSealed(s, f, size, report)
}

// readHeader returns a segment without records, or nil for the last if it was never finished.
func (l *Log) readHeader(path string, f vfs.File, size int64, last bool) (*segment, error) {
	b := make([]byte, min(size, format.HeaderSize))
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	h, err := format.ParseSegmentHeader(b)
	if err != nil && last {
		end, failed := dataEnd(f, int64(len(b)), size)
		if failed != nil {
			return nil, failed
		}
		if format.TornHeader(b, end > int64(len(b))) {
			return nil, nil
		}
	}
	if _, ok := errors.AsType[*format.VersionError](err); ok {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if name := format.SegmentName(h.First); err == nil && name != filepath.Base(path) {
		err = &format.Damage{Reason: fmt.Sprintf("header is that of %s", name)}
	}
	if err != nil {
		return nil, &CorruptError{Segment: path, After: l.lastSequence(), Err: err}
	}
	return newSegment(l.o.Dir, h), l.follows(h, path)
}

// follows checks that the segment begins where the one before it has ended.
func (l *Log) follows(h format.SegmentHeader, path string) error {
	n := len(l.segments)
	if n == 0 || l.segments[n-1].last == h.Previous {
		return nil
	}
	if damage := l.segments[n-1].damage; damage != nil {
		return damage
	}
	return &CorruptError{Segment: path, After: l.lastSequence(), Err: &format.Damage{
		Reason: fmt.Sprintf("segment follows sequence %d, and the one before it ends with %d",
			h.Previous, l.segments[n-1].last),
	}}
}

// recoverSealed takes a segment's index at its word, or reads its records. Where they are damaged, or end, is the same to
// it: the next segment knows which was the last, and follows finds out whether that is there.
func (l *Log) recoverSealed(s *segment, f vfs.File, size int64, report *Recovery) error {
	summary, end, err := readSummary(s, f, size)
	if err == nil && !l.o.Check {
		s.setSummary(summary, end, size)
		return nil
	}
	if _, ok := errors.AsType[*format.Damage](err); err != nil && !ok {
		return err
	}
	broken := s.scan(f, size)
	if _, ok := errors.AsType[*format.Damage](broken); broken != nil && !ok {
		return broken
	}
	switch {
	case broken != nil:
		s.damage = s.corrupt(broken)
	case err == nil && (s.end != end || s.records != summary.Records):
		s.damage = s.corrupt(&format.Damage{Reason: "index does not fit the records"})
	}
	if s.damage != nil || err != nil {
		report.Reindexed = append(report.Reindexed, s.path)
	}
	s.size, s.finished = size, true
	return nil
}

func readSummary(s *segment, f vfs.File, size int64) (*format.Summary, int64, error) {
	if size < format.HeaderSize+format.RecordHeaderSize+format.TrailerSize {
		return nil, 0, errCut
	}
	b := make([]byte, format.TrailerSize)
	if err := readFull(f, b, size-format.TrailerSize); err != nil {
		return nil, 0, err
	}
	off, err := format.ParseTrailer(b, size)
	if err != nil {
		return nil, 0, err
	}
	b = make([]byte, size-format.TrailerSize-off)
	if err := readFull(f, b, off); err != nil {
		return nil, 0, err
	}
	summary, err := format.ParseSummary(b, s.seed, off)
	return summary, off, err
}

func readFull(f io.ReaderAt, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}
