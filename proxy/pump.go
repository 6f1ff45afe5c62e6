package proxy

import (
	"context"
	"errors"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/impatient"
)

// pump is one direction. Its fields belong to the goroutine of run, but for flow, which anybody may read.
type pump struct {
	from           Receiver
	to             Sender
	source, target Side
	capture        *capture // nil: none

	limit  int  // messages to read at a time
	waited bool // for the target, with the batch in hand
	batch  [maxBatch]ringmq.Message
	flow   flow
}

// run passes messages whenever the gate is open, until that is stopped or ctx ends.
func (p *pump) run(ctx context.Context, g *gate) error {
	for {
		period, err := g.enter(ctx)
		if period == nil {
			return err
		}
		err = p.pass(ctx, period)
		g.leave()
		if err != nil {
			return err
		}
	}
}

// pass passes messages until the period ends. What it has read then may still wait, as long as ctx allows.
func (p *pump) pass(ctx, period context.Context) error {
	for period.Err() == nil {
		n, err := p.from.RecvBatch(period, p.batch[:p.limit])
		if err != nil && period.Err() != nil {
			return nil
		}
		if err != nil {
			return &Error{p.source, err}
		}
		if err := p.forward(ctx, p.batch[:n]); err != nil {
			return err
		}
		p.pace(n)
	}
	return nil
}

// pace sets how many messages are read next. Should the target block, what is in hand is at most one more than what has
// gone since it blocked last: a batch is as long as all before it together, and one.
func (p *pump) pace(n int) {
	switch {
	case p.waited:
		p.limit = 1
	case n == p.limit:
		p.limit = min(2*p.limit, maxBatch)
	}
}

// forward copies the messages to the capture socket and passes them on, or counts them as dropped.
func (p *pump) forward(ctx context.Context, ms []ringmq.Message) (err error) {
	defer clear(ms)
	if p.capture != nil {
		err = p.capture.copyAll(ms)
	}
	if failed := p.sendAll(ctx, ms); failed != nil {
		return failed
	}
	return err
}

func (p *pump) sendAll(ctx context.Context, ms []ringmq.Message) error {
	p.waited = false
	size := sizeOf(ms)
	for len(ms) > 0 {
		n, err := p.send(ctx, ms)
		ms = ms[n:]
		left := sizeOf(ms)
		p.flow.add(n, size-left)
		size = left
		switch {
		case err == nil:
		case refused(err):
			p.flow.dropped.Add(1)
			size -= ms[0].Size()
			ms = ms[1:]
		default:
			p.flow.dropped.Add(uint64(len(ms)))
			return p.failed(ctx, err)
		}
	}
	return nil
}

// send is SendBatch that notes whether it had to wait.
func (p *pump) send(ctx context.Context, ms []ringmq.Message) (n int, err error) {
	n, err = p.to.SendBatch(impatient.New(), ms)
	if err == nil || !errors.Is(err, ringmq.ErrWouldBlock) {
		return n, err
	}
	p.waited = true
	k, err := p.to.SendBatch(ctx, ms[n:])
	return n + k, err
}

// refused reports whether the error is about one message and the socket is as good as before.
func refused(err error) bool {
	return errors.Is(err, ringmq.ErrNoRoute) || errors.Is(err, ringmq.ErrInvalidMessage) ||
		errors.Is(err, ringmq.ErrTooLarge)
}

func (p *pump) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &Error{p.target, err}
}

// sizeOf is the number of bytes in all frames. Once messages are sent their frames are not looked at any more.
func sizeOf(ms []ringmq.Message) (n int) {
	for i := range ms {
		n += ms[i].Size()
	}
	return n
}
