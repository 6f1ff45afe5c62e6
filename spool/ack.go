package spool

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/ledger"
)

// Ack acknowledges the messages of a range of sequences: they do not come again. A cumulative acknowledgement is a range
// that begins with 1. The messages need not be in flight: what was delivered before a restart may be acknowledged after
// it. What is acknowledged already stays so. It is on its way to the disk when Ack returns; see [Spool.Commit].
func (c *Consumer) Ack(r Range) error {
	if next := c.s.log.Next(); r.Last >= next {
		return c.s.wrap(fmt.Errorf("acknowledgement of %d, the last message is %d: %w", r.Last, next-1, ErrNoSuchMessage))
	}
	c.account.Done(ledger.Range(r))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.s.wrap(ErrClosed)
	}
	c.land(r)
	c.s.wakeKeeper()
	return nil
}

// Settled reports whether a message does not come any more: it was acknowledged or given up, or is not in the spool.
func (c *Consumer) Settled(sequence uint64) bool { return c.account.Contains(sequence) }

// land takes the messages of a range out of flight.
func (c *Consumer) land(r Range) {
	if r.Last-r.First < uint64(len(c.flight)) {
		for n := r.First; n <= r.Last; n++ {
			delete(c.flight, n)
		}
		return
	}
	for n := range c.flight {
		if n >= r.First && n <= r.Last {
			delete(c.flight, n)
		}
	}
}

// Nack gives a message back that the receiver did not process: it comes again after the delay. What is to come again at
// once does so in the order of the sequences. The error is ErrNotInFlight if the message is not in flight.
func (c *Consumer) Nack(sequence uint64, delay time.Duration) error {
	return c.giveBack(sequence, delay, 0)
}

// Return gives a message back that no receiver has seen, such as one whose connection ended before it was sent: it comes
// again at once, and the delivery does not count.
func (c *Consumer) Return(sequence uint64) error { return c.giveBack(sequence, 0, 1) }

// giveBack schedules a message that is in flight, less so many deliveries.
func (c *Consumer) giveBack(sequence uint64, delay time.Duration, less uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.take(sequence)
	if err != nil {
		return err
	}
	f.deliveries -= less
	c.account.Given(sequence, f.deliveries, f.first())
	due := atOnce
	if delay > 0 {
		due = time.Now().Add(delay).UnixNano()
	}
	c.later.add(appointment{due, sequence, f.deliveries})
	c.prod()
	return nil
}

// take takes a message out of flight. The lock is held.
func (c *Consumer) take(sequence uint64) (flying, error) {
	f, ok := c.flight[sequence]
	switch {
	case c.closed:
		return f, c.s.wrap(ErrClosed)
	case !ok:
		return f, c.s.wrap(fmt.Errorf("%w: %d", ErrNotInFlight, sequence))
	}
	delete(c.flight, sequence)
	return f, nil
}

// Reject gives a message up at once: it becomes a dead letter, with the reason.
func (c *Consumer) Reject(sequence uint64, reason string) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.mu.Lock()
	f, err := c.take(sequence)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	r, err := c.fetch(sequence)
	if errors.Is(err, ErrNoSuchMessage) {
		c.miss(sequence, sequence)
	}
	if err == nil {
		err = c.bury(r, f.deliveries, reason)
		r.Message.Release()
	}
	if err != nil {
		c.schedule(appointment{atOnce, sequence, f.deliveries})
	}
	return c.s.wrap(err)
}

// bury makes a message a dead letter. It is one before it is done with: a crash in between leaves it both.
func (c *Consumer) bury(r *format.Record, deliveries uint64, reason string) error {
	dead, err := c.s.DeadLetters()
	if err == nil {
		err = dead.add(r, format.Dead{
			Sequence: r.Sequence, Time: r.Time, Deliveries: uint32(deliveries), Consumer: c.Name(), Reason: reason,
		})
	}
	if err != nil {
		c.schedule(appointment{atOnce, r.Sequence, deliveries})
		return err
	}
	c.account.Done(ledger.Range{First: r.Sequence, Last: r.Sequence})
	c.s.wakeKeeper()
	return nil
}

// shut ends the use of the consumer, without the spool's lock.
func (c *Consumer) shut() error {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	c.closed = true
	close(c.done)
	c.mu.Unlock()
	return errors.Join(c.fresh.Close(), c.again.Close())
}

// ConsumerInfo is a snapshot of a consumer.
type ConsumerInfo struct {
	Name string
	// Floor is the highest sequence that is acknowledged with all below; Above lists what is acknowledged beyond it.
	Floor uint64
	Above []Range
	// Pending is how many messages are in the spool, or were, that are not acknowledged.
	Pending uint64
	// Open says whether the consumer is open. The rest is of that opening.
	Open     bool
	InFlight int    // messages delivered, and neither acknowledged nor given back
	Waiting  int    // messages that wait for their time
	Missed   uint64 // messages that were removed from the spool before they were acknowledged
}

// Consumers describes all consumers that the spool knows, in the order of their names.
func (s *Spool) Consumers() []ConsumerInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.log.Next()
	var all []ConsumerInfo
	for _, a := range s.ledger.Accounts(ledger.Consumer) {
		floor, above := a.Position()
		info := ConsumerInfo{Name: a.Name(), Floor: floor, Pending: max(next, floor+1) - 1 - floor - uint64(above)}
		for _, r := range a.Ranges() {
			info.Above = append(info.Above, Range(r))
		}
		if c := s.consumers[a.Name()]; c != nil {
			c.describe(&info)
		}
		all = append(all, info)
	}
	return all
}

func (c *Consumer) describe(info *ConsumerInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info.Open, info.InFlight, info.Waiting, info.Missed = true, len(c.flight), len(c.later), c.missed
}

// Info is a snapshot of this consumer.
func (c *Consumer) Info() (ConsumerInfo, error) {
	for _, info := range c.s.Consumers() {
		if info.Name == c.Name() {
			return info, nil
		}
	}
	return ConsumerInfo{}, c.s.wrap(fmt.Errorf("consumer %q: %w", c.Name(), ringmq.ErrNotFound))
}
