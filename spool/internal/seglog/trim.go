package seglog

import (
	"errors"
	"io/fs"
	"time"
)

// Segment is what the rules of retention may want to know of the oldest segment.
type Segment struct {
	Path        string
	First, Last uint64 // sequences; Last is below First if there is no record
	Records     uint64
	From, To    time.Time // of the first and the last record
	Bytes       int64
	Total       int64 // bytes in the log, with this segment
	Sealed      bool
}

func (s *segment) describe() Segment {
	return Segment{
		Path: s.path, First: s.first, Last: s.last, Records: s.records, Bytes: s.size, Sealed: s.finished,
		From: time.Unix(0, s.firstTime), To: time.Unix(0, s.lastTime),
	}
}

// Segments describes all segments, oldest first.
func (l *Log) Segments() []Segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Segment, len(l.segments))
	for i, s := range l.segments {
		all[i] = s.describe()
	}
	return all
}

// Trim removes sealed segments, oldest first, for as long as the function agrees, and returns how many it removed. The
// function is called without a lock.
func (l *Log) Trim(agree func(Segment) bool) (removed int, err error) {
	l.trimming.Lock()
	defer l.trimming.Unlock()
	for {
		s, d := l.oldest()
		if s == nil || !agree(d) {
			return removed, nil
		}
		if err := l.remove(s); err != nil {
			return removed, err
		}
		removed++
	}
}

// dropOldest removes the oldest segment to make space for n bytes, unless there is space by now.
func (l *Log) dropOldest(n int64) error {
	l.trimming.Lock()
	defer l.trimming.Unlock()
	s, d := l.oldest()
	if s == nil || d.Total+n <= l.o.MaxBytes {
		return nil
	}
	if err := l.remove(s); err != nil {
		return err
	}
	if l.o.Dropped != nil {
		l.o.Dropped(d)
	}
	return nil
}

// oldest returns the oldest segment, or nil if it is still written to.
func (l *Log) oldest() (*segment, Segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.segments) == 0 || !l.segments[0].finished {
		return nil, Segment{}
	}
	s := l.segments[0]
	d := s.describe()
	d.Total = l.size
	return s, d
}

// remove removes the oldest segment. Its removal is on disk before the next one is removed: otherwise a crash could
// bring this one back and not the next, and leave a hole. trimming is held.
func (l *Log) remove(s *segment) error {
	l.mu.Lock()
	s.removed = true // for readers; it stays so, and in the list, if there is an error, and is removed again
	l.mu.Unlock()
	if err := l.o.FS.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.o.FS.SyncDir(l.o.Dir); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append([]*segment(nil), l.segments[1:]...)
	l.size -= s.size
	l.space.ring()
	return nil
}
