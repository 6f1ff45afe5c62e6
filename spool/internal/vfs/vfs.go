package vfs

import (
	"fmt"
	"io"
)

// FS is a file system. Its methods may be called by any goroutine. Names are paths of the operating system.
type FS interface {
	// MkdirAll makes a directory and those above it, if they are not there.
	MkdirAll(dir string) error
	// ReadDir lists the names of the plain files in a directory, in order.
	ReadDir(dir string) ([]string, error)
	// Create makes a file that must not be there yet, and opens it for reading and writing.
	Create(name string) (File, error)
	// Open opens a file for reading and writing.
	Open(name string) (File, error)
	// OpenRead opens a file for reading. A file that is open may be removed, and is still readable then.
	OpenRead(name string) (File, error)
	// Remove removes a file. The removal is durable after SyncDir.
	Remove(name string) error
	// SyncDir makes what was created in the directory and removed from it durable.
	SyncDir(dir string) error
	// Lock takes the lock that the file is, making the file if need be, and holds it until Close or the end of the
	// process. If another owner has it the error is a [*LockedError].
	Lock(name string) (io.Closer, error)
}

// File is an open file. Any goroutine may call its methods; two that write must not overlap. Close must not run beside
// WriteAt, and may run beside anything else, which then fails.
type File interface {
	io.ReaderAt
	// WriteAt writes all of b at off, or returns an error and how many bytes it wrote, which may be none.
	io.WriterAt
	io.Closer
	// Size is the length of the file in bytes, with what was preallocated.
	Size() (int64, error)
	// Truncate sets the length. Bytes beyond the old length read as zeros.
	Truncate(size int64) error
	// Preallocate lengthens the file to size with zeros, and has the disk space ready where the system can.
	Preallocate(size int64) error
	// MapWrites has WriteAt copy into a shared mapping of the first size bytes of the file, which must be that long. The
	// error wraps errors.ErrUnsupported where that cannot be had; WriteAt then works as before.
	MapWrites(size int64) error
	// Sync makes everything written to the file durable.
	Sync() error
}

// LockedError is the error of [FS.Lock] when somebody else has the lock.
type LockedError struct {
	Name string // of the lock file
	PID  int    // of the owner, 0 if it is not known
}

// Error names the file and, if it is known, the process that holds the lock.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is locked by another process", e.Name)
	}
	return fmt.Sprintf("%s is locked by process %d", e.Name, e.PID)
}

// WriteFull writes all of b at off, and makes a write that was short without saying why into io.ErrShortWrite.
func WriteFull(f io.WriterAt, b []byte, off int64) error {
	n, err := f.WriteAt(b, off)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}
