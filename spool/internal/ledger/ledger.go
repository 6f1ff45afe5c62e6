package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/seglog"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

const (
	// segmentSize is small: a ledger is a few kilobytes, and a segment goes when a snapshot has come after it.
	segmentSize = 256 << 10
	// maxSegments is how many there may be before a snapshot is due.
	maxSegments = 4
	// maxRange is the longest range of sequences that is written as one: to read a wrong one must not take all memory.
	maxRange = 1 << 24
)

// Ledger is a set of accounts, and the log that it is kept in. Its methods may be called by any goroutine.
type Ledger struct {
	log      *seglog.Log
	disk     bool // Commit waits for the disk
	readOnly bool // what changes is not written

	flushing sync.Mutex // held over a flush, so that changes are appended in the order in which they were made
	due      int        // segments that there may be before the next snapshot; under flushing
	behind   bool       // changes could not be appended: only a snapshot has them; under flushing

	mu       sync.Mutex
	accounts map[key]*Account
	byID     map[uint64]*Account
	nextID   uint64
	dirty    []*Account // with changes
	unknown  int        // entries read for accounts that were not opened
}

type key struct {
	kind Kind
	name string
}

// Options of a ledger. FS and Dir are needed.
type Options struct {
	FS       vfs.FS
	Dir      string
	Disk     bool // Commit waits for the disk, and not only for the kernel
	Check    bool // read everything
	ReadOnly bool
}

// Open opens the ledger in a directory, which it makes if need be.
func Open(o Options) (*Ledger, *seglog.Recovery, error) {
	log, report, err := seglog.Open(seglog.Options{
		FS: o.FS, Dir: o.Dir, Level: seglog.Memory, SegmentSize: segmentSize, Check: o.Check, ReadOnly: o.ReadOnly,
	})
	if err != nil {
		return nil, report, err
	}
	l := &Ledger{
		log: log, disk: o.Disk, readOnly: o.ReadOnly, due: maxSegments,
		accounts: map[key]*Account{}, byID: map[uint64]*Account{},
	}
	if err := l.load(); err != nil {
		return nil, report, errors.Join(fmt.Errorf("%s: %w", o.Dir, err), log.Close())
	}
	return l, report, nil
}

func (l *Ledger) load() error {
	r := l.log.ReadFrom(0)
	defer r.Close()
	for {
		rec, err := r.Next()
		if errors.Is(err, seglog.ErrEnd) {
			break
		}
		if err != nil {
			return err
		}
		if err := l.Replay(&rec); err != nil {
			return err
		}
		rec.Message.Release()
	}
	if l.unknown > 0 {
		return fmt.Errorf("%w: the beginning is missing", errEntries)
	}
	return nil
}

// Replay takes a record into account that was in the log of this ledger or another. It is for the reader of a log that
// is damaged: what comes after the damage still holds.
func (l *Ledger) Replay(rec *format.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rec.Message.Len() != 1 {
		return errEntries
	}
	if err := l.apply(rec.Message.Frame(0)); err != nil {
		return fmt.Errorf("sequence %d: %w", rec.Sequence, err)
	}
	return nil
}

// Settle ends a replay: the next flush writes all that is known now.
func (l *Ledger) Settle() error {
	l.flushing.Lock()
	l.behind = true
	l.flushing.Unlock()
	return l.Commit()
}

func (l *Ledger) add(a *Account) {
	l.accounts[key{a.kind, a.name}] = a
	l.byID[a.id] = a
	l.nextID = max(l.nextID, a.id+1)
}

// Account returns the account of that kind and name, which it opens if need be; isNew says that it was.
func (l *Ledger) Account(kind Kind, name string) (a *Account, isNew bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.accounts[key{kind, name}]; a != nil {
		return a, false
	}
	a = &Account{l: l, id: l.nextID, kind: kind, name: name, opened: true}
	l.add(a)
	a.changed()
	return a, true
}

// Accounts returns all accounts of a kind, in the order of their names.
func (l *Ledger) Accounts(kind Kind) []*Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*Account
	for k, a := range l.accounts {
		if k.kind == kind {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *Account) int { return strings.Compare(a.name, b.name) })
	return all
}

// CloseAccount closes an account for good.
func (l *Ledger) CloseAccount(a *Account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.closed {
		return
	}
	a.closed = true
	l.remove(a)
	a.changed()
}

func (l *Ledger) remove(a *Account) {
	delete(l.byID, a.id)
	if k := (key{a.kind, a.name}); l.accounts[k] == a {
		delete(l.accounts, k)
	}
}

// Flush writes what has changed: it survives the process then.
func (l *Ledger) Flush() error { return l.flush(false) }

// Commit sees to it that everything so far is as safe as the ledger promises.
func (l *Ledger) Commit() error { return l.flush(l.disk) }

func (l *Ledger) flush(disk bool) error {
	l.flushing.Lock()
	defer l.flushing.Unlock()
	if err := l.appendChanges(); err != nil {
		return err
	}
	if err := l.compact(); err != nil {
		return err
	}
	if disk {
		return l.log.Sync()
	}
	return l.log.Flush()
}

// appendChanges appends what has changed. If that fails, all of it is in the snapshot that comes instead the next time.
func (l *Ledger) appendChanges() error {
	b := l.changes()
	if l.behind {
		b = l.snapshot()
	}
	err := l.append(b)
	l.behind = err != nil
	return err
}

// changes encodes what has changed, or returns nil.
func (l *Ledger) changes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dirty) == 0 || l.readOnly {
		return nil
	}
	b := []byte{changes}
	for _, a := range l.dirty {
		b = a.appendChanges(b)
		a.flushed()
	}
	clear(l.dirty)
	l.dirty = l.dirty[:0]
	return b
}

func (l *Ledger) append(b []byte) error {
	if b == nil {
		return nil
	}
	return l.log.Append(context.Background(), &format.Record{Message: ringmq.NewMessage(b)})
}

// compact appends a snapshot when the log has grown, and removes what comes before it once it is on disk.
func (l *Ledger) compact() error {
	if l.log.State().Segments <= l.due {
		return nil
	}
	if err := l.append(l.snapshot()); err != nil {
		return err
	}
	from := l.log.State().Next - 1
	if err := l.log.Sync(); err != nil {
		return err
	}
	if _, err := l.log.Trim(func(s seglog.Segment) bool { return s.Last < from }); err != nil {
		return err
	}
	l.due = maxSegments + l.log.State().Segments
	return nil
}

func (l *Ledger) snapshot() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := []byte{snapshot}
	for _, a := range l.accounts {
		b = a.appendAll(b)
	}
	return b
}

// Close writes and syncs what has changed, and closes the log.
func (l *Ledger) Close() error {
	l.flushing.Lock()
	defer l.flushing.Unlock()
	return errors.Join(l.appendChanges(), l.log.Close())
}

// State is that of the log.
func (l *Ledger) State() seglog.State { return l.log.State() }
