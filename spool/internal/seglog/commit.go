package seglog

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// step says how far a leader goes.
type step uint8

const (
	write     step = iota // write what is pending
	writeSync             // … and sync it
	seal                  // … having ended the segment with its index
)

// group is what a leader has taken: the pending records, and how far the segment comes with them.
type group struct {
	segment *segment // nil if there is none, and so nothing to do
	buf     []byte
	records int
	at      int64 // where buf goes in the file
	upto    mark
	last    uint64 // sequence
	step    step
	number  uint64
	index   int64 // bytes written behind the records to seal the segment
}

// await sees to it that the record with the given sequence reaches a level, by waiting for a leader or by becoming it.
// With an error it returns the last sequence that did. The lock is held, and released on return.
func (l *Log) await(sequence uint64, level Level) (last uint64, err error) {
	l.waiters.Add(1)
	defer l.leave()
	for !l.reached(sequence, level) {
		switch {
		case l.failed != nil:
			err = l.failed
		case l.abort != nil:
			err = l.abort
		case !l.leading:
			err = l.lead(stepTo(level))
		default:
			l.comrades(sequence).Wait() // unlocks
			if l.reached(sequence, level) {
				return sequence, nil
			}
			l.mu.Lock()
		}
		if err != nil {
			last = l.mark(level).Load()
			l.mu.Unlock()
			return last, err
		}
	}
	l.mu.Unlock()
	return sequence, nil
}

// comrades are those in the same group: the one that is under way, or the one that gathers.
func (l *Log) comrades(sequence uint64) *sync.Cond {
	if sequence > l.taken {
		return l.gathered[l.batch%2]
	}
	return l.gathered[(l.batch-1)%2]
}

func stepTo(level Level) step {
	if level == Disk {
		return writeSync
	}
	return write
}

func (l *Log) reached(sequence uint64, level Level) bool {
	return level == Memory || l.mark(level).Load() >= sequence
}

// mark holds the last sequence that has reached a level.
func (l *Log) mark(level Level) *atomic.Uint64 {
	if level == Disk {
		return &l.disk
	}
	return &l.kernel
}

// lead takes what is pending through the steps, with the lock released meanwhile. The caller has made sure that nobody
// else leads.
func (l *Log) lead(s step) error {
	l.leading = true
	if s == seal {
		l.active.sealing = true
	} else {
		l.gather()
	}
	g := l.take(s)
	l.mu.Unlock()
	failure := g.run(l.o)
	l.mu.Lock()
	l.leading = false
	err := l.finish(g, failure)
	l.handOver(g.number)
	return err
}

// writeThrough is lead for a write that is only a copy: it is over sooner than anybody else could be told of it.
func (l *Log) writeThrough() error {
	g := l.take(write)
	err := l.finish(g, g.run(l.o))
	l.handOver(g.number)
	return err
}

// gather gives those who have just been woken from the last group a moment to join this one. It matters to a group
// only: a sender that is alone has nobody to wait for.
func (l *Log) gather() {
	for range gatherYields {
		before := l.joined
		if before >= l.crowd {
			return
		}
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
		if l.joined == before {
			return
		}
	}
}

// take is where one group ends and the next begins.
func (l *Log) take(s step) group {
	g := group{segment: l.active, buf: l.pending, records: l.joined, last: l.next - 1, step: s, number: l.batch}
	if g.segment != nil {
		g.at, g.upto = g.segment.written, g.segment.mark()
	}
	l.pending, l.spare = l.spare[:0], nil
	l.joined = 0
	l.batch++
	l.taken = g.last
	return g
}

// failure is an error with what it means.
type failure struct {
	err   error
	final bool // nothing is known of what is on disk
}

// run does the steps. It runs without the lock, by the leader.
func (g *group) run(o Options) failure {
	s := g.segment
	if s == nil {
		return failure{}
	}
	if len(g.buf) > 0 {
		if err := vfs.WriteFull(s.file, g.buf, g.at); err != nil {
			return g.undo(o, err)
		}
	}
	if g.step == seal {
		if err := g.finishFile(); err != nil {
			return g.undo(o, err)
		}
	}
	if g.step == write {
		return failure{}
	}
	return failure{s.file.Sync(), true}
}

// finishFile writes the index and cuts off what was preallocated.
func (g *group) finishFile() error {
	s := g.segment
	tail := s.summary().Append(nil, s.seed, s.end)
	g.index = int64(len(tail))
	if err := vfs.WriteFull(s.file, tail, s.end); err != nil {
		return err
	}
	return s.file.Truncate(s.end + g.index)
}

// undo cuts the file back to where it was before a write that failed: what it has left there could be taken for records
// behind those that are written next, or come to light in a crash. At level Memory they are the same ones.
func (g *group) undo(o Options, cause error) failure {
	if o.Level == Memory && g.step != seal {
		return failure{cause, false}
	}
	if err := g.segment.file.Truncate(g.at); err != nil {
		return failure{errors.Join(cause, err), true}
	}
	// Without the space a later write may fail in its turn; nothing is worse for that.
	_ = g.segment.file.Preallocate(o.SegmentSize)
	if err := g.segment.file.Sync(); err != nil {
		return failure{errors.Join(cause, err), true}
	}
	return failure{cause, false}
}

// finish takes the outcome into account. The lock is held.
func (l *Log) finish(g group, f failure) error {
	if f.err != nil {
		return l.broken(g, f)
	}
	if cap(g.buf) <= keepPending {
		l.spare = g.buf[:0]
	}
	l.crowd = g.records + l.joined
	s := g.segment
	if s != nil {
		l.safe, s.written = g.upto, g.upto.end
	}
	raise(&l.kernel, g.last)
	if g.step >= writeSync {
		if s != nil {
			s.synced = s.written
		}
		raise(&l.disk, g.last)
	}
	l.news.ring()
	if g.step == seal {
		return l.sealed(g)
	}
	if s != nil && s.written-s.synced >= syncBehind && l.o.Level != Disk {
		l.wakeBackground()
	}
	return nil
}

// sealed ends the use of a segment that has its index and was synced.
func (l *Log) sealed(g group) error {
	s, file := g.segment, g.segment.file
	s.finished, s.file = true, nil
	s.size += g.index
	l.size += g.index
	l.active = nil
	return file.Close()
}
