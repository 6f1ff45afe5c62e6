package socket

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// spooled is what the methods of [Sender] do on a socket with a spool. An error is as theirs.
type spooled interface {
	send(ctx context.Context, m *ringmq.Message, borrowed bool) error
	trySend(m *ringmq.Message) error
	sendBatch(ctx context.Context, ms []ringmq.Message) (int, error)
}

var (
	_ spooled = (*outbox)(nil)
	_ spooled = (*publisher)(nil)
	_ spooled = (*dispatcher)(nil)
)

// appender puts what is sent into the spool.
type appender struct {
	core  *Core
	spool *spool.Spool
}

// append appends a message. ctx ends the wait for space.
func (a *appender) append(ctx context.Context, m *ringmq.Message) (e spool.Entry, r spool.Receipt, err error) {
	if e, err = a.entry(m); err != nil {
		return e, r, err
	}
	if r, err = a.spool.Append(ctx, e); err != nil {
		return e, r, a.failed(err)
	}
	return e, r, nil
}

// appendBatch appends messages up to the first that cannot be; the receipts are of those that were.
func (a *appender) appendBatch(ctx context.Context, ms []ringmq.Message) (es []spool.Entry, rs []spool.Receipt, err error) {
	es = make([]spool.Entry, 0, len(ms))
	for i := range ms {
		e, bad := a.entry(&ms[i])
		if err = bad; err != nil {
			break
		}
		es = append(es, e)
	}
	rs, failed := a.spool.AppendBatch(ctx, es)
	if failed != nil {
		err = a.failed(failed)
	}
	return es, rs, err
}

// entry is what is appended for a message.
func (a *appender) entry(m *ringmq.Message) (e spool.Entry, err error) {
	if a.core.closing.Load() {
		return e, a.core.errClosed("send")
	}
	if err := a.core.check(m); err != nil {
		return e, err
	}
	e.Message = *m
	e.Key, e.DeliverAt = m.Plan()
	return e, nil
}

func (a *appender) failed(err error) error {
	if errors.Is(err, ringmq.ErrWouldBlock) {
		return ringmq.ErrWouldBlock
	}
	return &ringmq.Error{Socket: a.core.kind.Name, Op: "send", Err: err}
}

// impatient is a context that ends when it is waited for: an Append with it does not wait for space.
type impatient struct {
	context.Context
	asked atomic.Bool
}

var atOnce = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done has ended.
func (i *impatient) Done() <-chan struct{} {
	i.asked.Store(true)
	return atOnce
}

// Err is nil until Done is called.
func (i *impatient) Err() error {
	if i.asked.Load() {
		return ringmq.ErrWouldBlock
	}
	return nil
}

func newImpatient() context.Context { return &impatient{Context: context.Background()} }
