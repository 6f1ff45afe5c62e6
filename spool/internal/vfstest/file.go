package vfstest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// node is a file. Its file system's lock guards it.
type node struct {
	data []byte // as the process sees it
	disk []byte // as it was at the last sync, with what may have got there since decided by a crash
	// unsynced has, for each sector that was changed since, what it has held: any of these may be on disk.
	unsynced map[int64][][]byte
	resized  bool // the length was changed since
}

// touch notes what the sectors of data[off:end] hold now.
func (n *node) touch(off, end int64) {
	for s := off / sector; s*sector < end; s++ {
		n.unsynced[s] = append(n.unsynced[s], n.sectorOf(n.data, s))
	}
}

// sectorOf is a copy of a sector, with zeros where there is nothing.
func (n *node) sectorOf(b []byte, s int64) []byte {
	c := make([]byte, sector)
	if s*sector < int64(len(b)) {
		copy(c, b[s*sector:])
	}
	return c
}

func (n *node) resize(size int64) {
	was := int64(len(n.data))
	if size <= was {
		n.data = slices.Clip(n.data[:size])
	} else {
		n.data = append(n.data, make([]byte, size-was)...)
	}
	n.resized = true
	n.touch(min(size, was), max(size, was))
}

// store makes the sectors that were changed durable.
func (n *node) store() {
	if n.resized {
		n.disk = fit(n.disk, len(n.data))
	}
	for s := range n.unsynced {
		if s*sector < int64(len(n.disk)) {
			copy(n.disk[s*sector:min((s+1)*sector, int64(len(n.disk)))], n.sectorOf(n.data, s))
		}
	}
	n.forget()
}

// forget is what the page cache does, whether or not a sync succeeded.
func (n *node) forget() {
	clear(n.unsynced)
	n.resized = false
}

func fit(b []byte, size int) []byte {
	if size <= len(b) {
		return slices.Clip(b[:size])
	}
	return append(b, make([]byte, size-len(b))...)
}

// file is an open file.
type file struct {
	fs       *FS
	node     *node
	path     string
	readOnly bool
	closed   bool // under fs.mu
}

// change begins an operation that changes the file; the lock is held if there is no error.
func (f *file) change(kind Kind, size int) error {
	failed := f.fs.begin(kind, f.path, size)
	f.fs.mu.Lock()
	err := failed
	switch {
	case f.closed:
		err = os.ErrClosed
	case f.readOnly:
		err = errReadOnly
	}
	if err != nil {
		f.fs.mu.Unlock()
	}
	return err
}

func (f *file) ReadAt(b []byte, off int64) (int, error) {
	if err := f.fs.begin(Read, f.path, len(b)); err != nil {
		return 0, err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.closed {
		return 0, os.ErrClosed
	}
	return bytes.NewReader(f.node.data).ReadAt(b, off)
}

func (f *file) WriteAt(b []byte, off int64) (int, error) {
	err := f.change(Write, len(b))
	if short, ok := errors.AsType[*Short](err); ok {
		n := min(short.N, len(b))
		f.fs.mu.Lock()
		f.write(b[:n], off)
		f.fs.mu.Unlock()
		return n, short.Err
	}
	if err != nil {
		return 0, err
	}
	defer f.fs.mu.Unlock()
	f.write(b, off)
	return len(b), nil
}

func (f *file) write(b []byte, off int64) {
	end := off + int64(len(b))
	if end > int64(len(f.node.data)) {
		f.node.resize(end)
	}
	copy(f.node.data[off:], b)
	f.node.touch(off, end)
}

func (f *file) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.node.data)), nil
}

func (f *file) Truncate(size int64) error {
	if err := f.change(Truncate, 0); err != nil {
		return err
	}
	defer f.fs.mu.Unlock()
	f.node.resize(size)
	return nil
}

func (f *file) Preallocate(size int64) error {
	if err := f.change(Preallocate, 0); err != nil {
		return err
	}
	defer f.fs.mu.Unlock()
	if size > int64(len(f.node.data)) {
		f.node.resize(size)
	}
	return nil
}

// MapWrites says yes, unless it is to say no: a write never blocks here, so it may as well be done under a lock.
func (f *file) MapWrites(int64) error {
	if f.fs.NoMapping {
		return errors.ErrUnsupported
	}
	return nil
}

// Sync makes the file's contents durable, or, if it fails, forgets that they are not.
func (f *file) Sync() error {
	err := f.change(Sync, 0)
	if err != nil {
		if !errors.Is(err, ErrCrashed) {
			f.fs.mu.Lock()
			f.node.forget()
			f.fs.mu.Unlock()
		}
		return err
	}
	defer f.fs.mu.Unlock()
	f.node.store()
	return nil
}

func (f *file) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.closed {
		return &fs.PathError{Op: "close", Path: f.path, Err: os.ErrClosed}
	}
	f.closed = true
	return nil
}

var _ io.ReaderAt = (*file)(nil)
