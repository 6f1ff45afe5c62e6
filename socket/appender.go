package socket

import (
	"context"
	"errors"

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
	r, err = a.put(ctx, e)
	return e, r, err
}

// put appends what was made of a message.
func (a *appender) put(ctx context.Context, e spool.Entry) (spool.Receipt, error) {
	p := a.patient(ctx)
	defer p.end()
	r, err := a.spool.Append(p, e)
	if err != nil {
		err = a.failed(err)
	}
	return r, err
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
	p := a.patient(ctx)
	defer p.end()
	rs, failed := a.spool.AppendBatch(p, es)
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
	switch {
	case errors.Is(err, ringmq.ErrWouldBlock):
		return ringmq.ErrWouldBlock
	case errors.Is(err, ringmq.ErrClosed):
		return a.core.errClosed("send")
	}
	return &ringmq.Error{Socket: a.core.kind.Name, Op: "send", Err: err}
}

// patient is a context that ends with another, or when the socket is closed: Close does not wait for room in the spool. It
// costs a goroutine only when it is waited for. It is one sender's, who ends it.
type patient struct {
	context.Context
	closed      <-chan struct{}
	done, ended chan struct{} // nil before it is waited for
}

func (a *appender) patient(ctx context.Context) *patient {
	return &patient{Context: ctx, closed: a.core.closed}
}

// Done begins to watch both.
func (p *patient) Done() <-chan struct{} {
	if p.done == nil {
		p.done, p.ended = make(chan struct{}), make(chan struct{})
		go p.watch(p.Context.Done())
	}
	return p.done
}

func (p *patient) watch(other <-chan struct{}) {
	select {
	case <-other:
	case <-p.closed:
	case <-p.ended:
	}
	close(p.done)
}

// Err is the other's, or [ringmq.ErrClosed].
func (p *patient) Err() error {
	select {
	case <-p.closed:
		return ringmq.ErrClosed
	default:
		return p.Context.Err()
	}
}

// end ends the watching.
func (p *patient) end() {
	if p.ended != nil {
		close(p.ended)
	}
}
