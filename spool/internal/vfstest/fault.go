package vfstest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// ErrCrashed is the error of every operation after the machine has stopped.
var ErrCrashed = errors.New("machine has stopped")

// Short has a write write N bytes and then fail with Err; nil to fail without a word.
type Short struct {
	N   int
	Err error
}

// Error says how short.
func (s *Short) Error() string { return fmt.Sprintf("short write of %d bytes", s.N) }

// After fails the operation with the number n, among those that change something, and all that follow it.
func After(n int, err error) func(Op) error {
	return func(op Op) error {
		if op.N >= n {
			return err
		}
		return nil
	}
}

// Once fails the operation with the number n, among those that change something.
func Once(n int, err error) func(Op) error {
	return func(op Op) error {
		if op.N == n {
			return err
		}
		return nil
	}
}

// Switch fails the operations that match, while it is on.
type Switch struct {
	on    atomic.Bool
	err   error
	kinds []Kind
}

// NewSwitch returns a switch, off, for operations of the given kinds.
func NewSwitch(err error, kinds ...Kind) *Switch { return &Switch{err: err, kinds: kinds} }

// Set turns the switch on or off.
func (s *Switch) Set(on bool) { s.on.Store(on) }

// Fail is for [FS.Fail].
func (s *Switch) Fail(op Op) error {
	if s.on.Load() && slices.Contains(s.kinds, op.Kind) {
		return s.err
	}
	return nil
}

// Crash returns the file system that a crash leaves, now: everything that was synced, and of the rest what the random
// numbers say. A nil rng leaves nothing of the rest.
func (f *FS) Crash(rng *rand.Rand) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	after := New()
	for dir := range f.dirs {
		after.dirs[dir] = true
	}
	flip := func() bool { return rng != nil && rng.IntN(2) == 0 }
	for _, path := range sorted(f.durable) {
		if f.files[path] == nil && flip() {
			continue // its removal got there
		}
		after.leave(path, f.durable[path], rng)
	}
	for _, path := range sorted(f.files) {
		if f.durable[path] == nil && flip() {
			after.leave(path, f.files[path], rng)
		}
	}
	return after
}

// Kill returns the file system that the end of the process leaves: everything that was written.
func (f *FS) Kill() *FS { return f.Clone() }

func (f *FS) leave(path string, n *node, rng *rand.Rand) {
	disk := slices.Clone(n.disk)
	if rng != nil {
		if n.resized && rng.IntN(2) == 0 {
			disk = fit(disk, len(n.data))
		}
		for _, s := range sorted(n.unsynced) {
			held := append([][]byte{n.sectorOf(disk, s)}, n.unsynced[s]...)
			if at := s * sector; at < int64(len(disk)) {
				copy(disk[at:min(at+sector, int64(len(disk)))], held[rng.IntN(len(held))])
			}
		}
	}
	left := &node{data: slices.Clone(disk), disk: disk, unsynced: map[int64][][]byte{}}
	f.files[path], f.durable[path] = left, left
}
