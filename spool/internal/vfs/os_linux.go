package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// platform is what Linux adds to a file: fdatasync, and writing through a mapping.
type platform struct {
	raw syscall.RawConn

	mapped []byte // set by MapWrites, before any WriteAt that may use it; unmapped by Close

	sync    sync.Mutex // held over one fdatasync
	fsync   func(fd uintptr)
	syncErr error // what fsync returned, under sync
}

func openFile(name string, flag int) (*os.File, error) { return os.OpenFile(name, flag, fileMode) }

// init makes the function that Sync calls, once, so that a Sync does not allocate.
func (p *platform) init(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	p.raw = raw
	p.fsync = func(fd uintptr) {
		p.syncErr = retry(func() error { return unix.Fdatasync(int(fd)) })
	}
	return nil
}

// retry calls again what a signal has interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Sync is fdatasync(2): the times in the inode are of no use to a log, and writing them would cost a journal commit.
func (f *osFile) Sync() error {
	f.sync.Lock()
	defer f.sync.Unlock()
	if err := f.raw.Control(f.fsync); err != nil {
		return err
	}
	return f.pathError("fdatasync", f.syncErr)
}

// Preallocate reserves the blocks, on file systems that can; on others the file is sparse.
func (f *osFile) Preallocate(size int64) error {
	var failed error
	err := f.raw.Control(func(fd uintptr) {
		failed = retry(func() error { return unix.Fallocate(int(fd), 0, 0, size) })
	})
	if err != nil {
		return err
	}
	if errors.Is(failed, unix.EOPNOTSUPP) {
		return f.Truncate(size)
	}
	return f.pathError("fallocate", failed)
}

// MapWrites maps the file, so that WriteAt is a copy into the page cache.
func (f *osFile) MapWrites(size int64) error {
	if int64(int(size)) != size || size <= 0 {
		return fmt.Errorf("mapping of %d bytes: %w", size, errors.ErrUnsupported)
	}
	var mapped []byte
	var failed error
	err := f.raw.Control(func(fd uintptr) {
		mapped, failed = unix.Mmap(int(fd), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	})
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, f.pathError("mmap", err))
	}
	f.mapped = mapped
	return nil
}

// WriteAt copies into the mapping if there is one that is long enough, and calls pwrite(2) otherwise.
func (f *osFile) WriteAt(b []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(f.mapped)) || int64(len(b)) > int64(len(f.mapped))-off {
		return f.File.WriteAt(b, off)
	}
	if err := copyMapped(f.mapped[off:], b); err != nil {
		return 0, f.pathError("write to mapping", err)
	}
	return len(b), nil
}

// word is the length of the piece that copyMapped stores last.
const word = 8

// copyMapped copies src to the start of dst, which is a mapped file, its first word last: a process that is killed half
// way leaves a log that ends with zeros, as it was, and not one that ends with part of a record. A page that the kernel
// cannot provide, on a full disk or beyond the end of a file that was cut, is an error here and not the end of the
// program.
func copyMapped(dst, src []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if _, fault := r.(interface{ Addr() uintptr }); !fault {
				panic(r)
			}
			err = unix.EIO
		}
	}()
	n := min(word, len(src))
	copy(dst[n:], src[n:])
	copy(dst[:n], src[:n])
	return nil
}

// Close unmaps what MapWrites has mapped.
func (f *osFile) Close() error {
	var err error
	if f.mapped != nil {
		err = f.pathError("munmap", unix.Munmap(f.mapped))
		f.mapped = nil
	}
	return errors.Join(err, f.File.Close())
}

func (f *osFile) pathError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: f.Name(), Err: err}
}
