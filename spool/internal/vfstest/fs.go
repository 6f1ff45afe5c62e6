package vfstest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Kind is what an operation does.
type Kind string

// The operations that change something, and those that read.
const (
	Create      Kind = "create"
	Remove      Kind = "remove"
	Mkdir       Kind = "mkdir"
	Write       Kind = "write"
	Truncate    Kind = "truncate"
	Preallocate Kind = "preallocate"
	Sync        Kind = "sync"
	SyncDir     Kind = "syncdir"
	Read        Kind = "read"
	Open        Kind = "open"
)

// Op is one operation.
type Op struct {
	Kind Kind
	Path string
	N    int // number of the operation, from 0, among those that change something; -1 for those that do not
	Size int // bytes to write or read
}

// Changes reports whether the operation changes something.
func (o Op) Changes() bool { return o.Kind != Read && o.Kind != Open }

// FS is the file system. Its methods may be called by any goroutine; Fail is set before, or with SetFail.
type FS struct {
	// Fail, if not nil, is asked before each operation. An error fails it: a write writes nothing, unless the error is a
	// Short; a sync syncs nothing.
	Fail func(Op) error
	// NoMapping has files refuse to be mapped, as they do on most systems.
	NoMapping bool

	mu      sync.Mutex
	ops     int
	dirs    map[string]bool
	files   map[string]*node // as the process sees them
	durable map[string]*node // names that a crash leaves
	locks   map[string]bool
}

var _ vfs.FS = (*FS)(nil)

// New returns an empty file system with the directory "/".
func New() *FS {
	return &FS{
		dirs: map[string]bool{}, files: map[string]*node{}, durable: map[string]*node{}, locks: map[string]bool{},
	}
}

// SetFail sets Fail while the file system is in use.
func (f *FS) SetFail(fail func(Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Fail = fail
}

// Ops is how many operations that change something there have been.
func (f *FS) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// begin counts an operation and asks Fail. The lock is not held, so that Fail may use the file system.
func (f *FS) begin(kind Kind, path string, size int) error {
	op := Op{Kind: kind, Path: path, N: -1, Size: size}
	f.mu.Lock()
	if op.Changes() {
		op.N = f.ops
		f.ops++
	}
	fail := f.Fail
	f.mu.Unlock()
	if fail == nil {
		return nil
	}
	if err := fail(op); err != nil {
		return &fs.PathError{Op: string(kind), Path: path, Err: err}
	}
	return nil
}

// MkdirAll makes a directory; that is durable at once.
func (f *FS) MkdirAll(dir string) error {
	if err := f.begin(Mkdir, dir, 0); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dirs[dir] = true
	return nil
}

// ReadDir lists the files in a directory.
func (f *FS) ReadDir(dir string) ([]string, error) {
	if err := f.begin(Read, dir, 0); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.dirs[dir] {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: fs.ErrNotExist}
	}
	var names []string
	for path := range f.files {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Create makes a file.
func (f *FS) Create(name string) (vfs.File, error) {
	if err := f.begin(Create, name, 0); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files[name] != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	if dir := filepath.Dir(name); !f.dirs[dir] {
		return nil, &fs.PathError{Op: "create", Path: dir, Err: fs.ErrNotExist}
	}
	n := &node{unsynced: map[int64][][]byte{}}
	f.files[name] = n
	return &file{fs: f, node: n, path: name}, nil
}

// Open opens a file for reading and writing.
func (f *FS) Open(name string) (vfs.File, error) { return f.open(name, false) }

// OpenRead opens a file for reading.
func (f *FS) OpenRead(name string) (vfs.File, error) { return f.open(name, true) }

func (f *FS) open(name string, readOnly bool) (vfs.File, error) {
	if err := f.begin(Open, name, 0); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.files[name]
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{fs: f, node: n, path: name, readOnly: readOnly}, nil
}

// Remove removes a file.
func (f *FS) Remove(name string) error {
	if err := f.begin(Remove, name, 0); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(f.files, name)
	return nil
}

// SyncDir makes the names in a directory durable.
func (f *FS) SyncDir(dir string) error {
	if err := f.begin(SyncDir, dir, 0); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, n := range f.files {
		if filepath.Dir(path) == dir {
			f.durable[path] = n
		}
	}
	for path := range f.durable {
		if filepath.Dir(path) == dir && f.files[path] == nil {
			delete(f.durable, path)
		}
	}
	return nil
}

// Lock takes a lock, which a crash frees.
func (f *FS) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locks[name] {
		return nil, &vfs.LockedError{Name: name, PID: os.Getpid()}
	}
	f.locks[name] = true
	return unlock(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.locks, name)
	}), nil
}

type unlock func()

func (u unlock) Close() error {
	u()
	return nil
}

// Paths lists all files, in order.
func (f *FS) Paths() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var paths []string
	for path := range f.files {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, strings.Compare)
	return paths
}

// Bytes returns the contents of a file, to be looked at or written to in place: as if the disk itself had changed. The
// second result is false if there is no such file.
func (f *FS) Bytes(path string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.files[path]
	if n == nil {
		return nil, false
	}
	return n.data, true
}

// Put makes a file with the given contents, durably.
func (f *FS) Put(path string, contents []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &node{data: slices.Clone(contents), disk: slices.Clone(contents), unsynced: map[int64][][]byte{}}
	f.dirs[filepath.Dir(path)] = true
	f.files[path], f.durable[path] = n, n
}

// Clone returns a copy of the files as they are, all of it on disk, without locks and without faults.
func (f *FS) Clone() *FS {
	c := New()
	for _, path := range f.Paths() {
		b, _ := f.Bytes(path)
		c.Put(path, b)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for dir := range f.dirs {
		c.dirs[dir] = true
	}
	return c
}

var errReadOnly = errors.New("file is open for reading only")
