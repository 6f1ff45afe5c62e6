package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/ledger"
	"github.com/ringmq/ringmq/spool/internal/seglog"
)

// Names in a spool's directory.
const (
	lockName = "LOCK"
	logDir   = "log"
	stateDir = "state"
	deadDir  = "dead"
)

// Spool is an open spool. Its methods may be called by any goroutine.
type Spool struct {
	dir      string
	o        config
	lock     io.Closer // nil for a spool inside another, or for reading only
	log      *seglog.Log
	ledger   *ledger.Ledger
	recovery Recovery

	dropped atomic.Uint64
	kick    chan struct{} // wakes the keeper
	closing chan struct{} // closed by Close
	kept    chan struct{} // closed when the keeper has ended

	mu        sync.Mutex
	closed    bool
	consumers map[string]*Consumer // those that are open
	dead      *DeadLetters         // nil until it is needed
	dedup     *Dedup               // nil until it is needed
	troubled  error                // why the keeper could not do its work, the last time
}

// Open opens the spool in a directory, which it makes if need be, and recovers it after a crash: see [Recovery]. The
// process owns the spool until Close; for any other, and for a second Open in this one, the error is a [*LockedError].
// Damage is a [*CorruptError], and an unknown format a [*VersionError].
func Open(dir string, opts ...Option) (*Spool, error) {
	o, err := configure(opts)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(dir, o)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s, err := open(dir, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), lock.Close())
	}
	s.lock = lock
	return s, nil
}

type noLock struct{}

func (noLock) Close() error { return nil }

// takeLock takes the lock of the spool in a directory, which it makes if need be.
func takeLock(dir string, o config) (io.Closer, error) {
	_, err := o.fs.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) && !o.readOnly {
		if err = o.fs.MkdirAll(dir); err == nil {
			err = o.fs.SyncDir(filepath.Dir(dir))
		}
	}
	if err != nil {
		return nil, err
	}
	if o.readOnly {
		return noLock{}, nil
	}
	return o.fs.Lock(filepath.Join(dir, lockName))
}

// open opens a spool whose lock the caller has.
func open(dir string, o config) (*Spool, error) {
	s := &Spool{
		dir: dir, o: o, consumers: map[string]*Consumer{},
		kick: make(chan struct{}, 1), closing: make(chan struct{}), kept: make(chan struct{}),
	}
	log, report, err := seglog.Open(o.log(filepath.Join(dir, logDir), s.countDropped))
	if err != nil {
		return nil, err
	}
	s.log = log
	s.recovery.add(report)
	s.ledger, report, err = ledger.Open(ledger.Options{
		FS: o.fs, Dir: filepath.Join(dir, stateDir), Disk: o.sync >= GroupCommit, Check: o.check, ReadOnly: o.readOnly,
	})
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	s.recovery.add(report)
	if err := s.reconcile(); err != nil {
		return nil, errors.Join(err, s.ledger.Close(), log.Close())
	}
	go s.keep()
	return s, nil
}

// reconcile makes sure that no message gets a sequence that a consumer has seen already, which can be when a crash has
// taken messages away that the policy did not protect.
func (s *Spool) reconcile() error {
	next, highest := s.log.Next(), uint64(0)
	for _, a := range s.ledger.Accounts(ledger.Consumer) {
		highest = max(highest, a.Max())
	}
	if highest < next || s.o.readOnly {
		return nil
	}
	s.recovery.Missing = &Range{next, highest}
	for _, a := range s.ledger.Accounts(ledger.Consumer) {
		a.Done(ledger.Range{First: next, Last: highest})
	}
	return s.log.SkipTo(highest + 1)
}

// Append adds a message and returns when it is as safe as the policy says, with a receipt for it. ctx ends only the wait
// for space in a full spool: what is in the spool has been appended. The caller keeps the message, and has it alone
// after an error, unless that is a [*FailedError]: then the message may or may not be there after the next Open.
func (s *Spool) Append(ctx context.Context, e Entry) (Receipt, error) {
	if err := e.check(); err != nil {
		return Receipt{}, s.wrap(err)
	}
	r := e.record()
	if err := s.log.Append(ctx, &r); err != nil {
		return Receipt{}, s.wrap(err)
	}
	return s.receipt(&r), nil
}

// AppendBatch adds messages, which share their writes and their syncs, and returns the receipts of those that were
// added: the first ones, or all if there is no error. With [SyncEach] it is one sync for the batch.
func (s *Spool) AppendBatch(ctx context.Context, es []Entry) ([]Receipt, error) {
	rs := make([]format.Record, len(es))
	for i := range es {
		if err := es[i].check(); err != nil {
			return nil, s.wrap(err)
		}
		rs[i] = es[i].record()
	}
	n, err := s.log.AppendBatch(ctx, rs)
	receipts := make([]Receipt, n)
	for i := range receipts {
		receipts[i] = s.receipt(&rs[i])
	}
	return receipts, s.wrap(err)
}

func (s *Spool) receipt(r *format.Record) Receipt {
	reached := [...]Durability{Memory: InMemory, Written: InKernel, GroupCommit: OnDisk, SyncEach: OnDisk}
	return Receipt{
		Sequence: r.Sequence, Producer: r.Producer, Time: time.Unix(0, r.Time), Reached: reached[s.o.sync],
		scheduled: r.DeliverAt != 0,
	}
}

// Sync sees to it that everything appended so far is on disk, whatever the policy.
func (s *Spool) Sync() error { return s.wrap(s.log.Sync()) }

// Commit sees to it that everything acknowledged so far, by consumers and to [Dedup], is as safe as the policy says.
// Without it that takes some 20 ms to be written, and is synced at leisure: a crash in between brings messages back
// that were acknowledged.
func (s *Spool) Commit() error { return s.wrap(s.ledger.Commit()) }

// Producer is the number that this opening has drawn; see [Receipt].
func (s *Spool) Producer() uint64 { return s.log.Producer() }

// Recovery says what Open found and did.
func (s *Spool) Recovery() Recovery { return s.recovery }

// Close writes and syncs everything, whatever the policy, and gives the spool free. Consumers are closed with it, and
// readers end with ErrClosed.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.wrap(ErrClosed)
	}
	s.closed = true
	consumers, dead := s.consumers, s.dead
	s.consumers = map[string]*Consumer{}
	s.mu.Unlock()
	close(s.closing)
	<-s.kept
	var errs []error
	for _, c := range consumers {
		errs = append(errs, c.shut())
	}
	if dead != nil {
		errs = append(errs, dead.s.Close())
	}
	errs = append(errs, s.ledger.Close(), s.log.Close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return s.wrap(errors.Join(errs...))
}

// wrap says which spool an error is of.
func (s *Spool) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("spool %s: %w", s.dir, err)
}
