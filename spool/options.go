package spool

import (
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/seglog"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Sync is a durability policy: how safe a message is when Append returns.
type Sync uint8

// The policies, from the fastest to the safest.
const (
	// Memory: it is in the memory of this process, and will be written within 100 ms. The end of the process loses it.
	Memory Sync = iota
	// Written: the operating system has it. It survives the process, kill -9 included, and is lost with the machine.
	Written
	// GroupCommit: it is on disk; one sync serves all who wait for one. It survives the machine. The default.
	GroupCommit
	// SyncEach: as GroupCommit, with a sync for each Append.
	SyncEach
)

// Full is what an Append does when the spool has its greatest size.
type Full uint8

// The policies of a full spool.
const (
	// Block: it waits until there is space, or its context ends.
	Block Full = iota
	// Reject: it returns ErrFull.
	Reject
	// DropOldest: it removes the oldest segment, acknowledged or not; Stats.Dropped counts what is lost.
	DropOldest
)

// Retention says when old messages are removed, a segment at a time. The zero Retention removes what every consumer has
// acknowledged. As long as there is no consumer, nothing counts as acknowledged.
type Retention struct {
	// Age keeps what is acknowledged for replay until it is older than this; 0 for no limit.
	Age time.Duration
	// Bytes keeps what is acknowledged for replay until the spool is larger than this; 0 for no limit.
	Bytes int64
	// Unacknowledged has Age and Bytes apply to all messages: what is too old, or too much, is lost to consumers that
	// are not done with it. Stats.Dropped counts that.
	Unacknowledged bool
}

// Option sets one option of a spool. A bad value is an error of [Open] that wraps [ringmq.ErrInvalidOption].
type Option struct {
	name  string
	apply func(*config) error
}

type config struct {
	fs          vfs.FS
	sync        Sync
	segmentSize int64 // 0 to be chosen
	maxBytes    int64
	full        Full
	retention   Retention
	check       bool
	readOnly    bool
}

func configure(opts []Option) (config, error) {
	c := config{fs: vfs.OS{}, sync: GroupCommit}
	for _, o := range opts {
		if o.apply == nil {
			return c, invalid("Option", "zero Option", "one of the With functions")
		}
		if err := o.apply(&c); err != nil {
			return c, err
		}
	}
	if c.segmentSize == 0 {
		c.segmentSize = DefaultSegmentSize
		if c.maxBytes > 0 {
			c.segmentSize = max(min(c.segmentSize, c.maxBytes/(2*segmentsInMax)), MinSegmentSize)
		}
	}
	if c.maxBytes > 0 && c.maxBytes < segmentsInMax*c.segmentSize {
		return c, invalid("MaxBytes", c.maxBytes, fmt.Sprintf("at least %d segments of %d bytes", segmentsInMax, c.segmentSize))
	}
	return c, nil
}

// invalid names the option, the value and what is allowed.
func invalid(option string, value any, allowed string) error {
	return &ringmq.Error{
		Op: "spool option " + option, Value: fmt.Sprint(value),
		Err: fmt.Errorf("%w: must be %s", ringmq.ErrInvalidOption, allowed),
	}
}

func option[T any](name string, v T, ok bool, allowed string, set func(*config, T)) Option {
	return Option{name, func(c *config) error {
		if !ok {
			return invalid(name, v, allowed)
		}
		set(c, v)
		return nil
	}}
}

// WithSync sets how safe a message is when Append returns. Default [GroupCommit].
func WithSync(s Sync) Option {
	return option("Sync", s, s <= SyncEach, "Memory, Written, GroupCommit or SyncEach", func(c *config, s Sync) { c.sync = s })
}

// WithSegmentSize sets the length that segments are preallocated to: the portion in which disk space is taken and given
// back. A message that is larger has a segment of its own.
func WithSegmentSize(bytes int64) Option {
	return option("SegmentSize", bytes, bytes >= MinSegmentSize && bytes <= MaxSegmentSize,
		fmt.Sprintf("%d to %d bytes", MinSegmentSize, MaxSegmentSize), func(c *config, n int64) { c.segmentSize = n })
}

// WithMaxBytes bounds the size of the messages on disk, and says what happens when it is reached; default no bound. What
// is preallocated, less than a segment, comes on top, as does the state of the consumers.
func WithMaxBytes(bytes int64, full Full) Option {
	ok := bytes >= segmentsInMax*MinSegmentSize && full <= DropOldest
	return option("MaxBytes", bytes, ok, fmt.Sprintf("at least %d bytes, with Block, Reject or DropOldest", segmentsInMax*MinSegmentSize),
		func(c *config, n int64) { c.maxBytes, c.full = n, full })
}

// WithRetention sets when old messages are removed. Default as soon as all consumers have acknowledged them.
func WithRetention(r Retention) Option {
	ok := r.Age >= 0 && r.Bytes >= 0 && (!r.Unacknowledged || r.Age > 0 || r.Bytes > 0)
	return option("Retention", r, ok, "limits of 0 or more, and for what is unacknowledged at least one",
		func(c *config, r Retention) { c.retention = r })
}

// WithCheck has Open read and check every record, and not only those that a crash can have harmed.
func WithCheck() Option {
	return option("Check", true, true, "", func(c *config, on bool) { c.check = on })
}

// WithReadOnly opens a spool to look at, also while another process owns it. Nothing is changed or repaired, and what the
// owner appends later is not seen.
func WithReadOnly() Option {
	return option("ReadOnly", true, true, "", func(c *config, on bool) { c.readOnly = on })
}

func (c *config) log(dir string, dropped func(seglog.Segment)) seglog.Options {
	level := [...]seglog.Level{Memory: seglog.Memory, Written: seglog.Kernel, GroupCommit: seglog.Disk, SyncEach: seglog.Disk}
	full := [...]seglog.Full{Block: seglog.Block, Reject: seglog.Reject, DropOldest: seglog.Drop}
	return seglog.Options{
		FS: c.fs, Dir: dir, Level: level[c.sync], Each: c.sync == SyncEach, SegmentSize: c.segmentSize,
		MaxBytes: c.maxBytes, Full: full[c.full], Dropped: dropped, Check: c.check, ReadOnly: c.readOnly,
	}
}
