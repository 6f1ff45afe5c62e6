package seglog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// obstacle is what stands in the way of a record.
type obstacle uint8

const (
	none       obstacle = iota
	refused             // the log takes no more
	aborting            // some have yet to be told of a failed write
	logFull             // the log has its greatest size
	noSegment           // there is no segment to write to
	sealing             // the segment is being sealed
	segmentEnd          // the segment has no space
	muchToDo            // too much is pending
)

// obstacle says what stands in the way of a record of n bytes. The lock is held.
func (l *Log) obstacle(n int64) obstacle {
	switch s := l.active; {
	case l.refusal() != nil:
		return refused
	case l.abort != nil:
		return aborting
	case l.o.MaxBytes > 0 && l.size+n > l.o.MaxBytes:
		return logFull
	case s == nil:
		return noSegment
	case s.sealing:
		return sealing
	case s.records > 0 && s.end+n > l.o.SegmentSize:
		return segmentEnd
	case len(l.pending) > 0 && int64(len(l.pending))+n > maxPending:
		return muchToDo
	}
	return none
}

// room returns when nothing stands in the way of a record of n bytes. The lock is held, and released while it waits.
func (l *Log) room(ctx context.Context, n int64) error {
	err := ctx.Err()
	for err == nil {
		switch l.obstacle(n) {
		case none:
			return nil
		case refused:
			err = l.refusal()
		case aborting, sealing:
			l.turnover.Wait()
		case logFull:
			err = l.full(ctx, n)
		case noSegment:
			err = l.turn(l.begin)
		case segmentEnd:
			err = l.turn(func() error { return l.lead(seal) })
		case muchToDo:
			err = l.turn(func() error { return l.lead(write) })
		}
	}
	return err
}

// refusal says why nothing can be appended at all.
func (l *Log) refusal() error {
	switch {
	case l.closed:
		return ErrClosed
	case l.o.ReadOnly:
		return ErrReadOnly
	case l.failed != nil:
		return l.failed
	}
	return nil
}

// full does what the policy says about a log without space. The lock is held, and released meanwhile.
func (l *Log) full(ctx context.Context, n int64) error {
	switch {
	case l.o.Full == Reject:
		return fmt.Errorf("%w: it holds %d bytes, %d is the most", ErrFull, l.size, l.o.MaxBytes)
	case l.o.Full == Block:
		return l.waitForSpace(ctx)
	case l.active != nil && len(l.segments) == 1:
		return l.turn(func() error { return l.lead(seal) })
	}
	l.mu.Unlock()
	err := l.dropOldest(n)
	l.mu.Lock()
	return err
}

func (l *Log) waitForSpace(ctx context.Context) error {
	freed := make(chan struct{}, 1)
	l.space.add(freed)
	l.mu.Unlock()
	var err error
	select {
	case <-freed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	l.space.remove(freed)
	return err
}

// begin makes the next segment. The lock is held, and released meanwhile; nobody else leads.
func (l *Log) begin() error {
	l.leading = true
	h := format.SegmentHeader{First: l.next, Previous: l.lastSequence(), Created: time.Now().UnixNano()}
	l.mu.Unlock()
	s, err := l.create(h)
	l.mu.Lock()
	l.leading = false
	if err == nil {
		l.active, l.safe = s, s.mark()
		l.segments = append(l.segments, s)
		l.size += s.size
	}
	l.handOver(l.batch - 1) // there is no group under way, and nobody gathers without a segment
	return err
}

// create makes the file of a segment, durably: a record in it can be lost only by itself.
func (l *Log) create(h format.SegmentHeader) (*segment, error) {
	s := newSegment(l.o.Dir, h)
	f, err := l.o.FS.Create(s.path)
	if errors.Is(err, fs.ErrExist) {
		// What an earlier attempt has left, and could not remove. It has no records: this sequence was never given out.
		if err = l.o.FS.Remove(s.path); err == nil {
			f, err = l.o.FS.Create(s.path)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := l.lay(f, h); err != nil {
		return nil, errors.Join(err, f.Close(), l.o.FS.Remove(s.path))
	}
	l.use(s, f)
	return s, nil
}

// lay makes the new file what a segment begins as, on disk.
func (l *Log) lay(f vfs.File, h format.SegmentHeader) error {
	if err := vfs.WriteFull(f, h.Append(nil), 0); err != nil {
		return err
	}
	if err := f.Preallocate(l.o.SegmentSize); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return l.o.FS.SyncDir(l.o.Dir)
}

// use has the segment written through f. Only where an append waits for the kernel and no more does it pay to map it:
// then there is a write for each, and nobody syncs what was mapped all the time.
func (l *Log) use(s *segment, f vfs.File) {
	s.file = f
	size, err := f.Size()
	s.mapped = l.o.Level == Kernel && err == nil && size >= l.o.SegmentSize && f.MapWrites(l.o.SegmentSize) == nil
}
