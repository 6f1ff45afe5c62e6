package seglog

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
)

// Append adds a record and returns when it has reached the log's level. It sets the record's Kind, Sequence, Time,
// Producer and Unsynced; everything else is the caller's, who also keeps what it points to. ctx ends the wait for space
// in a full log, and nothing else: a record that is in the log has been appended. After an error it is not.
func (l *Log) Append(ctx context.Context, r *format.Record) error {
	n, err := l.measure(r)
	if err != nil {
		return err
	}
	if l.o.Each {
		l.each.Lock()
		defer l.each.Unlock()
	}
	l.mu.Lock()
	if err := l.room(ctx, n); err != nil {
		l.mu.Unlock()
		return err
	}
	l.encode(r, n)
	_, err = l.settle(r.Sequence)
	return err
}

// AppendBatch appends several records, which share their writes and their syncs. It returns how many of them, from the
// first on, are in the log: all, unless there is an error.
func (l *Log) AppendBatch(ctx context.Context, rs []format.Record) (int, error) {
	if l.o.Each {
		l.each.Lock()
		defer l.each.Unlock()
	}
	for done := 0; done < len(rs); {
		n, err := l.appendSome(ctx, rs[done:])
		done += n
		if err != nil {
			return done, err
		}
	}
	return len(rs), nil
}

// appendSome appends the first record, and as many more as there is room for without waiting: while it waited, a failed
// write could take away those that it has encoded.
func (l *Log) appendSome(ctx context.Context, rs []format.Record) (int, error) {
	size, err := l.measure(&rs[0])
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	if err := l.room(ctx, size); err != nil {
		l.mu.Unlock()
		return 0, err
	}
	l.encode(&rs[0], size)
	n := 1
	for n < len(rs) {
		// A record that cannot be measured is met again, as the first, once these are safe.
		if size, err = l.measure(&rs[n]); err != nil || l.obstacle(size) != none {
			break
		}
		l.encode(&rs[n], size)
		n++
	}
	end := rs[n-1].Sequence
	last, err := l.settle(end)
	if err != nil {
		n -= int(min(end-min(last, end), uint64(n)))
	}
	return n, err
}

// measure returns how many bytes the record will take.
func (l *Log) measure(r *format.Record) (int64, error) {
	n := r.Size()
	most := int64(maxRecord)
	if l.o.MaxBytes > 0 {
		most = min(most, l.o.MaxBytes-format.HeaderSize)
	}
	switch {
	case n > most:
		return 0, fmt.Errorf("record: %w: %d bytes, %d is the most", ringmq.ErrTooLarge, n, most)
	case len(r.Key) > format.MaxKey:
		return 0, fmt.Errorf("key: %w: %d bytes, %d is the most", ringmq.ErrTooLarge, len(r.Key), format.MaxKey)
	case len(r.Target) > format.MaxTarget:
		return 0, fmt.Errorf("name: %w: %d bytes, %d is the most", ringmq.ErrTooLarge, len(r.Target), format.MaxTarget)
	}
	return format.Aligned(n), nil
}

// encode gives the record the next sequence and adds it to what is pending. The lock is held, and room has made room.
func (l *Log) encode(r *format.Record, n int64) {
	l.clock = max(l.clock, time.Now().UnixNano())
	r.Kind, r.Sequence, r.Time, r.Producer = format.Message, l.next, l.clock, l.producer
	l.add(r, n)
}

// add adds a record, which has the next sequence, to what is pending.
func (l *Log) add(r *format.Record, n int64) {
	r.Unsynced = format.Unsynced(l.next, l.disk.Load())
	l.pending = r.Append(l.pending, l.active.seed)
	l.active.add(r.Sequence, r.Time, n)
	l.size += n
	l.next++
	l.joined++
}

// settle sees the records up to the given sequence, which the caller has just appended, to the log's level. With an error
// it returns the last sequence that has come so far. The lock is held, and released on return.
func (l *Log) settle(sequence uint64) (last uint64, err error) {
	switch {
	case l.o.Level == Memory:
		l.remember()
	case l.o.Level == Kernel && l.active.mapped && !l.leading:
		if err = l.writeThrough(); err != nil {
			last = l.kernel.Load()
		}
	default:
		return l.await(sequence, l.o.Level)
	}
	l.mu.Unlock()
	return last, err
}

// remember ends an append that promises nothing. The lock is held, and released meanwhile.
func (l *Log) remember() {
	l.news.ring()
	if len(l.pending) < flushAt || l.leading {
		l.wakeBackground()
		return
	}
	if l.lead(write) != nil {
		l.wakeBackground() // the records are still pending, which is all that was promised
	}
}
