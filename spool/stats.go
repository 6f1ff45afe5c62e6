package spool

import (
	"time"

	"github.com/ringmq/ringmq/spool/internal/seglog"
)

// Stats is a snapshot of a spool.
type Stats struct {
	First    uint64    // the oldest sequence; Last+1 if there is no message
	Last     uint64    // the newest sequence, 0 before the first
	Oldest   time.Time // when the oldest message was appended; zero if there is none
	Bytes    int64     // on disk, without what is preallocated
	Segments int
	Unsynced uint64 // messages that are not known to be on disk
	Dropped  uint64 // messages removed before all consumers were done with them, since Open
	Err      error  // why the spool has failed, or what the work in the background stumbles over; nil if all is well
}

// Stats returns a snapshot.
func (s *Spool) Stats() Stats {
	state := s.log.State()
	s.mu.Lock()
	err := s.troubled
	s.mu.Unlock()
	if state.Err != nil {
		err = state.Err
	}
	return Stats{
		First: state.First, Last: state.Next - 1, Oldest: timeOf(state.OldestAt), Bytes: state.Size,
		Segments: state.Segments, Unsynced: state.Next - 1 - min(state.Disk, state.Next-1), Dropped: s.dropped.Load(),
		Err: err,
	}
}

// Segment describes a segment file.
type Segment struct {
	Path        string
	First, Last uint64    // sequences; Last is below First if there is no message
	From, To    time.Time // when the first and the last were appended
	Messages    uint64
	Bytes       int64
	Sealed      bool // it has its index, and takes no more messages
}

// Segments describes the segments of the spool, oldest first.
func (s *Spool) Segments() []Segment {
	var all []Segment
	for _, seg := range s.log.Segments() {
		all = append(all, describe(seg))
	}
	return all
}

func describe(s seglog.Segment) Segment {
	return Segment{
		Path: s.Path, First: s.First, Last: s.Last, From: s.From, To: s.To, Messages: s.Records, Bytes: s.Bytes, Sealed: s.Sealed,
	}
}
