package seglog

import (
	"context"

	"github.com/ringmq/ringmq/spool/internal/format"
)

// Restore adds a record that was in a log before, with its sequence, which is at least the next, and its time and
// producer. It does not wait for anything: Sync does.
func (l *Log) Restore(ctx context.Context, r *format.Record) error {
	n, err := l.measure(r)
	if err != nil {
		return err
	}
	if err := l.SkipTo(r.Sequence); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.room(ctx, n); err != nil {
		return err
	}
	l.clock = max(l.clock, r.Time)
	l.add(r, n)
	return nil
}
