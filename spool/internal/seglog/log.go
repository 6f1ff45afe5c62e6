package seglog

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Log is a log of segments in a directory that is its own. Its methods may be called by any goroutine.
type Log struct {
	o        Options
	producer uint64

	kernel, disk atomic.Uint64 // the last sequence that has reached each level; changed under mu
	waiters      atomic.Int64  // goroutines in await
	aborted      atomic.Bool   // abort is set

	each     sync.Mutex // held over an append that syncs on its own
	trimming sync.Mutex // held while old segments are removed, so that they go oldest first; taken before mu

	mu       sync.Mutex
	segments []*segment // oldest first
	active   *segment   // the last of segments, if it takes records
	next     uint64     // sequence of the next record
	clock    int64      // time of the last record
	size     int64      // sum of the segments' sizes

	pending []byte // encoded, and not yet taken by a leader
	joined  int    // records in pending
	safe    mark   // the active segment without what is pending or being written
	spare   []byte // the buffer of the group before, to be used for the next
	batch   uint64 // number of the group that gathers in pending
	taken   uint64 // the last sequence in the group before, which may be under way
	crowd   int    // records in the group before, and those that came while it was under way
	leading bool   // somebody writes, syncs, or makes a segment
	abort   error  // the failed write that some waiters have yet to be told of
	failed  error  // the failed sync
	closed  bool

	gathered [2]*sync.Cond // for the members of a group, by the parity of its number; Wait returns without the lock
	turnover *sync.Cond    // somebody has stopped leading
	news     bell          // there is more to read, or never will be
	space    bell          // segments were removed
	kick     chan struct{} // wakes the background goroutine
	closing  chan struct{} // closed by Close
	done     chan struct{} // closed when the background goroutine has ended
}

// Open opens the log in a directory, which it makes if need be, and recovers it: see [Recovery]. The caller sees to it
// that nobody else has the log open, unless it is to be read only.
func Open(o Options) (*Log, *Recovery, error) {
	l := &Log{
		o: o.withDefaults(), producer: rand.Uint64(), next: 1,
		kick: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	for i := range l.gathered {
		l.gathered[i] = sync.NewCond(unlocked{&l.mu})
	}
	l.turnover = sync.NewCond(&l.mu)
	report, err := l.recover()
	if err != nil {
		return nil, report, err
	}
	l.startAt(l.next)
	if o.ReadOnly {
		close(l.done)
	} else {
		go l.background()
	}
	return l, report, nil
}

// unlocked is a lock that stays open after Wait: who is woken looks at an atomic first, and mostly needs no lock then.
type unlocked struct{ mu *sync.Mutex }

func (u unlocked) Lock()   {}
func (u unlocked) Unlock() { u.mu.Unlock() }

// Close writes and syncs what is pending, whatever the level, and closes the log. Appends, readers and those who wait
// for space get ErrClosed. It returns the error of a log that has failed.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return ErrClosed
	}
	l.closed = true
	close(l.closing)
	l.news.ring()
	l.space.ring()
	_, err := l.await(l.next-1, Disk) // unlocks
	<-l.done

	l.mu.Lock()
	defer l.mu.Unlock()
	for l.leading {
		l.turnover.Wait()
	}
	if l.failed != nil {
		err = l.failed
	}
	if l.active == nil {
		return err
	}
	if l.failed == nil {
		err = errors.Join(err, l.active.file.Truncate(l.active.end)) // gives back what was preallocated
	}
	return errors.Join(err, l.active.file.Close())
}

// State is a snapshot of a log.
type State struct {
	First    uint64 // oldest sequence in the log; Next if there is none
	Next     uint64 // sequence of the next record
	Kernel   uint64 // last sequence that was written
	Disk     uint64 // last sequence that was synced
	Size     int64  // bytes, without what is preallocated
	Segments int
	Producer uint64
	OldestAt int64 // time of the oldest record, 0 if there is none
	Err      error // why the log has failed, if it has
}

// State returns a snapshot.
func (l *Log) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := State{
		First: l.next, Next: l.next, Kernel: l.kernel.Load(), Disk: l.disk.Load(), Size: l.size,
		Segments: len(l.segments), Producer: l.producer, Err: l.failed,
	}
	for _, seg := range l.segments {
		if seg.records > 0 {
			s.First, s.OldestAt = seg.first, seg.firstTime
			break
		}
	}
	return s
}

// Next is the sequence that the next record gets.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Producer is the random number that this opening of the log has drawn.
func (l *Log) Producer() uint64 { return l.producer }

// SkipTo has the next record get at least the given sequence. It is for who knows of records that the log has lost.
func (l *Log) SkipTo(sequence uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sequence <= l.next {
		return nil
	}
	for l.active != nil {
		if err := l.turn(func() error { return l.lead(seal) }); err != nil {
			return err
		}
	}
	l.startAt(sequence)
	return nil
}

// startAt has the given sequence be the next, and all before it be where they belong.
func (l *Log) startAt(sequence uint64) {
	l.next, l.taken = sequence, sequence-1
	l.kernel.Store(sequence - 1)
	l.disk.Store(sequence - 1)
}

// Flush returns when everything that was appended has been written.
func (l *Log) Flush() error { return l.upTo(Kernel) }

// Sync returns when everything that was appended is on disk.
func (l *Log) Sync() error { return l.upTo(Disk) }

func (l *Log) upTo(level Level) error {
	l.mu.Lock()
	if err := l.refusal(); err != nil {
		l.mu.Unlock()
		return err
	}
	_, err := l.await(l.next-1, level)
	return err
}

// turn calls f if nobody leads, and otherwise waits until that may be different. The lock is held, and released
// meanwhile.
func (l *Log) turn(f func() error) error {
	if l.leading {
		l.turnover.Wait()
		return nil
	}
	return f()
}

// lastSequence is that of the newest record, or of the newest that there was.
func (l *Log) lastSequence() uint64 {
	if n := len(l.segments); n > 0 {
		return l.segments[n-1].last
	}
	return l.next - 1
}
