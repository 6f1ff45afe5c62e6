package seglog

import "sync/atomic"

// raise moves a level's mark forward. The log's lock is held; readers of the mark need none.
func raise(to *atomic.Uint64, sequence uint64) {
	if to.Load() < sequence {
		to.Store(sequence)
	}
}

// handOver ends a group: its members are woken, and one of the next to lead that. The lock is held.
func (l *Log) handOver(number uint64) {
	l.gathered[number%2].Broadcast()
	l.gathered[(number+1)%2].Signal()
	l.turnover.Broadcast()
}

// broken deals with a group whose write or sync has failed. The lock is held.
func (l *Log) broken(g group, f failure) error {
	if g.segment != nil {
		g.segment.sealing = false
	}
	switch {
	case f.final:
		l.fail(f.err)
		return l.failed
	case l.o.Level == Memory:
		l.putBack(g)
	default:
		l.abandon(f.err)
	}
	return f.err
}

// putBack has the records of a group, who nobody waits for, wait themselves.
func (l *Log) putBack(g group) {
	l.spare = l.pending[:0]
	l.pending = append(g.buf, l.pending...)
	l.joined += g.records
}

// abandon takes back everything that was not written: each of those records has somebody who waits for it, and is told
// err. New records could get the sequences of these, so nobody may append until all have been told.
func (l *Log) abandon(err error) {
	l.size -= l.active.end - l.safe.end
	l.active.rewind(l.safe)
	l.next = l.active.expected()
	l.pending = l.pending[:0]
	l.joined = 0
	l.abort = err
	l.aborted.Store(true)
	l.wakeAll()
	l.toldAll()
}

// leave ends await: the last who leaves after a failed write lets appends go on.
func (l *Log) leave() {
	if l.waiters.Add(-1) == 0 && l.aborted.Load() {
		l.mu.Lock()
		l.toldAll()
		l.mu.Unlock()
	}
}

// toldAll ends an abort if nobody is left to be told of it. Either this sees that there is no waiter, or the last
// waiter sees that there is an abort: each sets its own mark before it looks at the other's.
func (l *Log) toldAll() {
	if l.abort != nil && l.waiters.Load() == 0 {
		l.abort = nil
		l.aborted.Store(false)
		l.turnover.Broadcast()
	}
}

// fail ends the use of the log.
func (l *Log) fail(err error) {
	if l.failed == nil {
		l.failed = &FailedError{err}
	}
	l.wakeAll()
	l.news.ring()
	l.space.ring()
}

func (l *Log) wakeAll() {
	for _, c := range l.gathered {
		c.Broadcast()
	}
	l.turnover.Broadcast()
}
