package seglog

import (
	"time"

	"github.com/ringmq/ringmq/spool/internal/format"
)

const (
	// DefaultSegmentSize is the length that a segment is preallocated to: large enough that making one, which costs
	// three syncs, does not show; small enough that retention gives back space in fair portions.
	DefaultSegmentSize = 64 << 20
	// MinSegmentSize is the least that makes sense; tests use it to have many segments.
	MinSegmentSize = 1 << 10
	// MaxSegmentSize keeps offsets within an int on 32-bit systems.
	MaxSegmentSize = 1 << 30

	// DefaultFlushEvery is how long a record may stay in memory, at level Memory, before it is written.
	DefaultFlushEvery = 100 * time.Millisecond

	// maxPending bounds what is encoded and not yet written, in bytes, beyond one record: further appends wait.
	maxPending = 8 << 20
	// flushAt is how much gathers in memory, at level Memory, before an append writes it.
	flushAt = 1 << 20
	// keepPending is the largest buffer that is kept for the next group; one that a huge message has grown is not.
	keepPending = 2 * maxPending
	// syncBehind is how many bytes may be written and not synced, at the levels that do not wait for the disk, before
	// they are synced in the background: so that sealing a segment does not stall on all of it.
	syncBehind = 16 << 20
	// gatherYields bounds how often a leader gives way to others that may join its group.
	gatherYields = 3

	// blockSize is how much a reader reads at once, and the memory that a message which is kept pins.
	blockSize = 128 << 10
	// scanSize is how much recovery reads at once.
	scanSize = 1 << 20

	maxRecord = format.MaxRecord
)
