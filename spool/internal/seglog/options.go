package seglog

import (
	"time"

	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Level says how far a record has come on its way to the disk.
type Level uint8

// The levels, each safer than the one before.
const (
	Memory Level = iota // in the memory of the process: lost with it
	Kernel              // written: survives the process, not the machine
	Disk                // synced: survives the machine
)

// Full says what an append does when the log has its greatest size.
type Full uint8

// The policies of a full log.
const (
	Block  Full = iota // wait until there is space
	Reject             // return ErrFull
	Drop               // remove the oldest segment, whoever still needs it
)

// Options of a log. FS and Dir are needed.
type Options struct {
	FS  vfs.FS
	Dir string
	// Level is what Append promises.
	Level Level
	// Each has every Append sync on its own, at level Disk, instead of sharing a sync with others.
	Each bool
	// SegmentSize is the length that segments are preallocated to; only a record that is larger by itself makes a
	// segment longer. Default DefaultSegmentSize.
	SegmentSize int64
	// MaxBytes bounds the size of the log, without what is preallocated; 0 for no bound.
	MaxBytes int64
	// Full is what happens at MaxBytes.
	Full Full
	// Dropped, if not nil, is called when the policy Drop has removed a segment. It must not use the log.
	Dropped func(Segment)
	// FlushEvery is how long a record may stay in memory, at level Memory. Default DefaultFlushEvery.
	FlushEvery time.Duration
	// Check has Open read every record, and not only the last segment.
	Check bool
	// ReadOnly has Open change nothing; the log is then as it was found. Another process may be writing to it.
	ReadOnly bool
}

func (o Options) withDefaults() Options {
	if o.SegmentSize == 0 {
		o.SegmentSize = DefaultSegmentSize
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = DefaultFlushEvery
	}
	return o
}
