package seglog

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed: the log is closed.
	ErrClosed = errors.New("log is closed")
	// ErrEnd: a reader has come to the end of what it can see.
	ErrEnd = errors.New("end of log")
	// ErrFull: the log has its greatest size, and its policy is to reject.
	ErrFull = errors.New("log is full")
	// ErrReadOnly: the log was opened for reading.
	ErrReadOnly = errors.New("log is open for reading only")
)

// errGone: the segment is no longer there.
var errGone = errors.New("segment is gone")

// CorruptError is damage that is not the torn end of a log: something that was there is not what it was.
type CorruptError struct {
	Segment string // path of the file
	Offset  int64  // of the record that is damaged, 0 for the segment's header
	After   uint64 // the last sequence that is intact before it
	Err     error
}

// Error names the segment and the offset.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at offset %d, after sequence %d: %v", e.Segment, e.Offset, e.After, e.Err)
}

// Unwrap returns the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

// FailedError is what a log returns after a sync has failed. What was promised before holds; what came after must be
// taken for lost until the log has been opened again.
type FailedError struct{ Err error }

// Error says that the log must be opened again, and why.
func (e *FailedError) Error() string {
	return fmt.Sprintf("log failed, and must be closed and opened again: %v", e.Err)
}

// Unwrap returns what failed.
func (e *FailedError) Unwrap() error { return e.Err }
