package vfs

import (
	"errors"
	"io"
	"os"
	"strconv"
)

// Modes of what is made. A spool holds messages: they are the owner's alone.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// OS is the file system of the operating system.
type OS struct{}

var (
	_ FS   = OS{}
	_ File = (*osFile)(nil)
)

// MkdirAll makes the directory for its owner alone.
func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, dirMode) }

// ReadDir lists the plain files.
func (OS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Create makes the file for its owner alone.
func (OS) Create(name string) (File, error) { return open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL) }

// Open opens the file for reading and writing.
func (OS) Open(name string) (File, error) { return open(name, os.O_RDWR) }

// OpenRead opens the file for reading.
func (OS) OpenRead(name string) (File, error) { return open(name, os.O_RDONLY) }

// Remove removes the file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs the directory.
func (OS) SyncDir(dir string) error { return syncDir(dir) }

// Lock takes the lock and writes the number of this process into the file, for whoever is refused to read.
func (OS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		if errors.Is(err, errLocked) {
			err = &LockedError{Name: name, PID: owner(f)}
		}
		return nil, errors.Join(err, f.Close())
	}
	if err := writeOwner(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// errLocked is what lockFile wraps when another open file has the lock.
var errLocked = errors.New("locked")

func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0)
	return err
}

// owner reads the number that the owner wrote, 0 if it has not yet.
func owner(f *os.File) int {
	b := make([]byte, len("-9223372036854775808"))
	n, _ := f.ReadAt(b, 0) // short by nature
	pid, err := strconv.Atoi(string(b[:n]))
	if err != nil {
		return 0
	}
	return pid
}

// osFile is a file of the operating system; platform has what only some systems can do.
type osFile struct {
	*os.File
	platform
}

func open(name string, flag int) (File, error) {
	f, err := openFile(name, flag)
	if err != nil {
		return nil, err
	}
	of := &osFile{File: f}
	if err := of.init(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return of, nil
}

// Size asks the system.
func (f *osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
