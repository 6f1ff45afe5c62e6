package spool

import (
	"errors"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/seglog"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Sentinel errors, to be matched with [errors.Is]. Those of the operating system, such as syscall.ENOSPC, are wrapped as
// they are; a message or a name that is too long is [ringmq.ErrTooLarge].
var (
	// ErrClosed: the spool, or the consumer, is closed.
	ErrClosed = seglog.ErrClosed
	// ErrFull: the spool has its greatest size, and its policy is [Reject].
	ErrFull = seglog.ErrFull
	// ErrReadOnly: the spool was opened [WithReadOnly].
	ErrReadOnly = seglog.ErrReadOnly
	// ErrEnd: there is nothing more to read, or to deliver, at this moment.
	ErrEnd = seglog.ErrEnd
	// ErrInUse: the consumer is open already.
	ErrInUse = errors.New("consumer is in use")
	// ErrNotInFlight: the message is not with a receiver: it was never delivered, or it was acknowledged or given back.
	ErrNotInFlight = errors.New("message is not in flight")
	// ErrNoSuchMessage: the spool does not hold the message, or no longer.
	ErrNoSuchMessage = errors.New("no such message")
)

// The errors with fields, to be found with [errors.As].
type (
	// CorruptError says that something on disk is not what it was, and it is not the torn end that a crash leaves:
	// Segment (the path of the file), Offset (in bytes), After (the last intact sequence before it) and Err (what is
	// wrong). [Salvage] saves what can be saved.
	CorruptError = seglog.CorruptError
	// FailedError says that the disk did not take what was written: Err is what it said. Nobody can know what is on it
	// now. What was acknowledged before holds; the spool must be closed and opened again, which finds out the rest.
	FailedError = seglog.FailedError
	// VersionError says that a file is of a Version of the format that this program does not know.
	VersionError = format.VersionError
	// LockedError says that another process, PID, has the spool open; Name is the lock file.
	LockedError = vfs.LockedError
)
