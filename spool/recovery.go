package spool

import "github.com/ringmq/ringmq/spool/internal/seglog"

// Range is a range of sequences, both ends included.
type Range struct{ First, Last uint64 }

// Recovery says what Open found, and what it did about it. After a spool was closed in order there is nothing but the
// counts.
type Recovery struct {
	// Segments and Messages are what the spool holds.
	Segments int
	Messages uint64
	// Torn lists writes that a crash had interrupted, at the end of a log. They were cut off: nobody had been told that
	// they were safe. One in the log is of messages, one in the state of acknowledgements.
	Torn []Torn
	// Reindexed lists the segments whose index was damaged and was made again; their records are intact.
	Reindexed []string
	// Unfinished lists segments that were removed because a crash had interrupted their creation. They were empty.
	Unfinished []string
	// Missing, if not nil, are messages that consumers have come to and that are not there: a crash has taken them that
	// the policy did not protect from. Their sequences are not given out again.
	Missing *Range
}

// Torn is the end of a log that was cut off.
type Torn struct {
	Segment string // path
	Offset  int64  // where it was cut
	Bytes   int64  // that were cut off
	After   uint64 // the last sequence that is there
	Reason  string // what was wrong behind it
}

// add takes the report on one of the logs in.
func (r *Recovery) add(report *seglog.Recovery) {
	if r.Segments == 0 && r.Messages == 0 { // the log of the messages comes first
		r.Segments, r.Messages = report.Segments, report.Records
	}
	if t := report.Torn; t != nil {
		r.Torn = append(r.Torn, Torn(*t))
	}
	r.Reindexed = append(r.Reindexed, report.Reindexed...)
	if report.Unfinished != "" {
		r.Unfinished = append(r.Unfinished, report.Unfinished)
	}
}
