package seglog

import (
	"path/filepath"
	"sort"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// segment is one file of a log. A sealed one does not change; of the active one, the log's lock guards everything but
// the first group of fields.
type segment struct {
	path            string
	first, previous uint64 // as in the header
	seed            uint32

	records             uint64
	last                uint64 // sequence; previous if there are no records
	firstTime, lastTime int64
	entries             []format.Entry
	end                 int64 // offset behind the last record
	size                int64 // what the segment counts for: end, and when sealed the index too

	file       vfs.File // of the active segment
	mapped     bool     // a write to file is a copy: it can be done under the lock
	written    int64    // offset behind what the kernel has
	synced     int64    // offset behind what the disk has
	sealing    bool     // no more records: it is about to be sealed
	finished   bool     // the index was made
	damage     error    // what recovery met where the records end, if that was not the index
	removed    bool     // the file is being removed: readers pass it by
	indexAfter int64    // offset from which on the next record gets an entry in the index
}

func newSegment(dir string, h format.SegmentHeader) *segment {
	return &segment{
		path:  filepath.Join(dir, format.SegmentName(h.First)),
		first: h.First, previous: h.Previous, last: h.Previous, seed: format.Seed(h.First),
		end: format.HeaderSize, size: format.HeaderSize,
		written: format.HeaderSize, synced: format.HeaderSize,
	}
}

// expected is the sequence of the next record.
func (s *segment) expected() uint64 {
	if s.records == 0 {
		return s.first
	}
	return s.last + 1
}

// add takes a record of the given span at the end into account.
func (s *segment) add(sequence uint64, time, span int64) {
	if s.records == 0 {
		s.firstTime = time
	}
	if s.end >= s.indexAfter {
		s.entries = append(s.entries, format.Entry{Sequence: sequence, Time: time, Offset: s.end})
		s.indexAfter = s.end + format.IndexInterval
	}
	s.records++
	s.last, s.lastTime = sequence, time
	s.end += span
	s.size = s.end
}

// mark remembers how far a segment has come, for rewind. The zero mark is that of an empty segment.
type mark struct {
	records  uint64
	last     uint64
	lastTime int64
	end      int64
}

func (s *segment) mark() mark { return mark{s.records, s.last, s.lastTime, s.end} }

// rewind takes back what was added since the mark.
func (s *segment) rewind(m mark) {
	s.records, s.last, s.lastTime, s.end, s.size = m.records, m.last, m.lastTime, m.end, m.end
	n := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].Offset >= m.end })
	s.entries, s.indexAfter = s.entries[:n], 0
	if n > 0 {
		s.indexAfter = s.entries[n-1].Offset + format.IndexInterval
	}
}

func (s *segment) summary() *format.Summary {
	return &format.Summary{
		Records: s.records, Last: s.last, FirstTime: s.firstTime, LastTime: s.lastTime, Entries: s.entries,
	}
}

// setSummary takes over what the index of a sealed segment says; the index begins where the records end.
func (s *segment) setSummary(m *format.Summary, end, size int64) {
	s.records, s.last, s.firstTime, s.lastTime, s.entries = m.Records, m.Last, m.FirstTime, m.LastTime, m.Entries
	s.end, s.size, s.finished = end, size, true
}

// offsetOf returns where to begin looking for the first record that is not before, in the sense of the function.
func (s *segment) offsetOf(before func(format.Entry) bool) int64 {
	n := sort.Search(len(s.entries), func(i int) bool { return !before(s.entries[i]) })
	if n == 0 {
		return format.HeaderSize
	}
	return s.entries[n-1].Offset
}
