package seglog

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Reader reads records in order, beside the writers and other readers. One goroutine at a time may use it; Close must
// be called at the end.
type Reader struct {
	l    *Log
	next uint64 // the least sequence that is still of interest
	from int64  // the least time that is, for a reader that began at a time

	seg  *segment // nil before the first record
	lost bool     // where to read is to be looked up
	file vfs.File
	cur  cursor
	wake chan struct{}
}

// ReadFrom returns a reader that begins with the given sequence, or the oldest that there is after it.
func (l *Log) ReadFrom(sequence uint64) *Reader {
	return &Reader{l: l, next: sequence, cur: cursor{ahead: blockSize}, wake: make(chan struct{}, 1)}
}

// ReadSince returns a reader that begins with the first record of the given time, or the first after it.
func (l *Log) ReadSince(nanoseconds int64) *Reader {
	r := l.ReadFrom(0)
	r.from = nanoseconds
	return r
}

// Next returns the next record. Its key and its message are in a block of memory, which the message has a reference on:
// they are valid until the message is released. The error is ErrEnd if there is no more to see, for now, or a
// *CorruptError, which does not go away.
func (r *Reader) Next() (format.Record, error) {
	for {
		at := r.cur.off
		h, b, err := r.cur.next()
		switch {
		case errors.Is(err, io.EOF):
			err = r.advance()
		case err != nil:
			err = r.corrupt(at, err)
		case h.Kind != format.Message || h.Sequence < r.next || h.Time < r.from:
			// It comes before what was asked for: an index of the segment leads only into the neighbourhood.
		default:
			rec, err := r.cur.record(h, b)
			if err != nil {
				return rec, r.corrupt(at, err)
			}
			r.next, r.from = rec.Sequence+1, 0
			return rec, nil
		}
		if err != nil {
			return format.Record{}, err
		}
	}
}

// farther than this, in records, a reader does not read its way to where it is to go on, but looks it up.
const farther = 256

// Seek has Next go on with the given sequence, or the oldest that there is after it.
func (r *Reader) Seek(sequence uint64) {
	if sequence >= r.next && sequence-r.next < farther {
		r.next = sequence
		return
	}
	r.next, r.from, r.lost = sequence, 0, true
	r.cur.limit = 0
}

// Wait returns nil when Next may have more, or the error of ctx, or ErrClosed, or that of a log that has failed.
func (r *Reader) Wait(ctx context.Context) error {
	for {
		ready, err := r.Ready()
		if ready || err != nil {
			return err
		}
		select {
		case <-r.wake: // or it is closed, or has failed
		case <-ctx.Done():
			r.l.mu.Lock()
			defer r.l.mu.Unlock()
			r.l.news.remove(r.wake)
			return ctx.Err()
		}
	}
}

// Ready reports whether Next may have more. If not, Woken is sent to when that may have changed.
func (r *Reader) Ready() (bool, error) {
	l := r.l
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.visible() >= r.next && l.visible() > 0:
		return true, nil
	case l.closed:
		return false, ErrClosed
	case l.failed != nil:
		return false, l.failed
	}
	l.news.remove(r.wake)
	l.news.add(r.wake)
	return false, nil
}

// Woken is sent to when Ready may have become true since it was not. It may be sent to without need.
func (r *Reader) Woken() <-chan struct{} { return r.wake }

// Sequence is the least that Next may return.
func (r *Reader) Sequence() uint64 { return r.next }

// Close ends the use of the reader. Messages that it has returned stay valid.
func (r *Reader) Close() error {
	r.l.mu.Lock()
	r.l.news.remove(r.wake)
	r.l.mu.Unlock()
	r.cur.close()
	if r.file == nil {
		return nil
	}
	file := r.file
	r.seg, r.file = nil, nil
	return file.Close()
}

func (r *Reader) corrupt(off int64, err error) error {
	if _, ok := errors.AsType[*format.Damage](err); !ok {
		return err // the file could not be read: that may pass
	}
	return &CorruptError{Segment: r.seg.path, Offset: off, After: max(r.next, 1) - 1, Err: err}
}

// advance finds more to read: in the same segment, in the next, or by writing what is still in memory.
func (r *Reader) advance() error {
	for {
		s, off, limit := r.l.following(r)
		switch {
		case s == nil && !r.l.unwritten():
			return ErrEnd
		case s == nil:
			if err := r.l.Flush(); err != nil {
				return err
			}
			continue
		case s == r.seg:
			if off != r.cur.off {
				r.cur.open(r.file, s.seed, off)
			}
		default:
			if err := r.enter(s, off); errors.Is(err, errGone) {
				continue // it was removed just now; the next look passes it by
			} else if err != nil {
				return err
			}
		}
		r.cur.limit, r.lost = limit, false
		return nil
	}
}

// enter opens a segment.
func (r *Reader) enter(s *segment, off int64) error {
	f, err := r.l.o.FS.OpenRead(s.path)
	if errors.Is(err, fs.ErrNotExist) && r.l.isRemoved(s) {
		return errGone
	}
	if err != nil {
		return err
	}
	if r.file != nil {
		err = r.file.Close()
	}
	r.seg, r.file = s, f
	r.cur.open(f, s.seed, off)
	return err
}
