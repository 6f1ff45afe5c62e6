package spool

import (
	"time"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/seglog"
)

const (
	// MaxRecord bounds a message with its key and its fixed part, in bytes.
	MaxRecord = format.MaxRecord
	// MaxKey bounds a key, in bytes.
	MaxKey = format.MaxKey
	// MaxName bounds the name of a consumer, in bytes.
	MaxName = format.MaxTarget

	// DefaultSegmentSize is the length that segments are preallocated to, in bytes, unless [WithMaxBytes] asks for less
	// space than a few of them take.
	DefaultSegmentSize = seglog.DefaultSegmentSize
	// MinSegmentSize and MaxSegmentSize bound what [WithSegmentSize] takes.
	MinSegmentSize = seglog.MinSegmentSize
	MaxSegmentSize = seglog.MaxSegmentSize

	// DedupWindow is how many sequences back a receiver remembers which messages of a producer it has processed.
	DedupWindow = 1 << 20
	// MaxProducers is how many producers it remembers; the one that was silent for longest is forgotten first.
	MaxProducers = 1 << 12
)

const (
	// keepEvery is how long acknowledgements gather before they are written, and segments that nobody needs any longer
	// stay.
	keepEvery = 20 * time.Millisecond
	// segmentsInMax is the least number of segments that there is space for: with fewer a full spool would have none
	// that it can remove.
	segmentsInMax = 2
	// agesInTick divides the greatest age of messages into the times at which the spool looks for those that have it.
	agesInTick = 10
	// minTick keeps a very small age from being looked for all the time.
	minTick = 10 * time.Millisecond
)
