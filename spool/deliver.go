package spool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/ledger"
)

// Delivery is a message that is in flight.
type Delivery struct {
	Record
	// Deliveries is how often the consumer has been given the message, with this time. After a crash it may be one more
	// than it was, or, if the crash came within some 20 ms, fewer.
	Deliveries int
}

// Next returns the next message to deliver, which is in flight then, and waits for it if need be until ctx or the
// consumer ends.
func (c *Consumer) Next(ctx context.Context) (Delivery, error) {
	for {
		d, err := c.TryNext()
		if !errors.Is(err, ErrEnd) {
			return d, err
		}
		if err := c.wait(ctx); err != nil {
			return Delivery{}, c.s.wrap(err)
		}
	}
}

// TryNext returns the next message to deliver, which is in flight then, or ErrEnd if there is none now. [Consumer.Due]
// says when there will be, if nothing is appended or given back meanwhile. Messages that have been delivered too often
// are made dead letters on the way.
func (c *Consumer) TryNext() (Delivery, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	for {
		r, deliveries, err := c.pick(time.Now().UnixNano())
		if errors.Is(err, ErrEnd) {
			return Delivery{}, ErrEnd
		}
		if err != nil {
			return Delivery{}, c.s.wrap(err)
		}
		if c.o.MaxDeliveries > 0 && deliveries >= uint64(c.o.MaxDeliveries) {
			err := c.bury(r, deliveries, fmt.Sprintf("not acknowledged after %d deliveries", deliveries))
			r.Message.Release()
			if err != nil {
				return Delivery{}, c.s.wrap(err)
			}
			continue
		}
		c.launch(r.Sequence, flying{deliveries + 1, r.DeliverAt != 0})
		return Delivery{fromRecord(r), int(deliveries + 1)}, nil
	}
}

// Claim puts a message in flight without reading it: for a sender that has just appended it, still has it in its hands,
// and finds that nothing is before it. It returns false if something is, or if the message has a time of its own: then
// Next will come to it.
func (c *Consumer) Claim(r Receipt) bool {
	c.turn.Lock()
	defer c.turn.Unlock()
	if r.scheduled || c.fresh.Sequence() != r.Sequence || c.isBusy() {
		return false
	}
	c.arrive(r.Sequence)
	c.fresh.Seek(r.Sequence + 1)
	c.launch(r.Sequence, flying{deliveries: 1})
	return true
}

// isBusy reports whether a message is due that was given back, or no message can be delivered at all.
func (c *Consumer) isBusy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.later) == 0 {
		return c.closed
	}
	return c.later[0].due <= time.Now().UnixNano()
}

// launch puts a message in flight.
func (c *Consumer) launch(sequence uint64, f flying) {
	c.account.Given(sequence, f.deliveries, f.first())
	c.mu.Lock()
	c.flight[sequence] = f
	more := c.waiting > 0
	c.mu.Unlock()
	if more {
		c.prod()
	}
}

// pick returns the next message that is due at a time, and how often it was delivered. The turn is held.
func (c *Consumer) pick(now int64) (*format.Record, uint64, error) {
	for {
		a, ok, err := c.takeDue(now)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			return c.pickFresh(now)
		}
		if c.account.Contains(a.sequence) {
			continue // it was acknowledged after it had been given back
		}
		r, err := c.fetch(a.sequence)
		switch {
		case errors.Is(err, ErrNoSuchMessage):
			c.miss(a.sequence, a.sequence)
		case err != nil:
			c.schedule(a)
			return nil, 0, err
		default:
			return r, a.deliveries, nil
		}
	}
}

func (c *Consumer) takeDue(now int64) (a appointment, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return a, false, ErrClosed
	}
	if a, ok = c.later.next(); !ok || a.due > now {
		return a, false, nil
	}
	c.later.take()
	return a, true, nil
}

// pickFresh returns the next message that the consumer has not come to, unless it is to come later.
func (c *Consumer) pickFresh(now int64) (*format.Record, uint64, error) {
	for {
		r, err := c.fresh.Next()
		if err != nil {
			return nil, 0, err
		}
		c.arrive(r.Sequence)
		f := flying{scheduled: r.DeliverAt != 0}
		deliveries := c.account.Count(r.Sequence, f.first())
		switch {
		case c.account.Contains(r.Sequence):
			c.next = c.account.NextOpen(c.next)
			c.fresh.Seek(c.next)
		case len(r.Target) > 0 && string(r.Target) != c.Name():
			c.account.Done(ledger.Range{First: r.Sequence, Last: r.Sequence})
			c.s.wakeKeeper()
		case r.DeliverAt > now:
			c.account.Given(r.Sequence, deliveries, f.first())
			c.schedule(appointment{r.DeliverAt, r.Sequence, deliveries})
		default:
			return &r, deliveries, nil
		}
		r.Message.Release()
	}
}

// arrive notes that the consumer has come to a message, for the first time. What lies before it and was not come to is
// not in the spool.
func (c *Consumer) arrive(sequence uint64) {
	if sequence > c.next {
		c.miss(c.next, sequence-1)
	}
	c.next = sequence + 1
}

// fetch reads a message once more.
func (c *Consumer) fetch(sequence uint64) (*format.Record, error) {
	c.again.Seek(sequence)
	r, err := c.again.Next()
	if errors.Is(err, ErrEnd) {
		return nil, ErrNoSuchMessage
	}
	if err != nil {
		return nil, err
	}
	if r.Sequence != sequence {
		r.Message.Release()
		return nil, ErrNoSuchMessage
	}
	return &r, nil
}

// miss notes that messages are no longer in the spool: they need not be waited for.
func (c *Consumer) miss(first, last uint64) {
	c.account.Done(ledger.Range{First: first, Last: last})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missed += last - first + 1
}

func (c *Consumer) schedule(a appointment) {
	c.mu.Lock()
	c.later.add(a)
	c.mu.Unlock()
	c.prod()
}

// Due is when the next message is to be delivered that waits for its time; false if none does.
func (c *Consumer) Due() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.later.next()
	return time.Unix(0, a.due), ok
}

// prod wakes one that waits in Next.
func (c *Consumer) prod() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// wait returns nil when there may be something to deliver.
func (c *Consumer) wait(ctx context.Context) error {
	ready, err := c.enlist(1)
	defer c.enlist(-1)
	if ready || err != nil {
		return err
	}
	var alarm <-chan time.Time
	if due, ok := c.Due(); ok {
		t := time.NewTimer(time.Until(due))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-alarm:
	case <-c.poke:
	case <-c.fresh.Woken():
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// enlist counts who waits, and says whether there is no need to.
func (c *Consumer) enlist(n int) (ready bool, err error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.mu.Lock()
	c.waiting += n
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return false, ErrClosed
	}
	if n < 0 {
		return false, nil
	}
	return c.fresh.Ready()
}
