package socket

import (
	"errors"
	"slices"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/spool"
)

const (
	// lookEvery is how often the pump looks for messages that came into the spool without the socket's doing.
	lookEvery = time.Second
	// retrySpool is the time after which the pump tries again to read from a spool that returned an error.
	retrySpool = time.Second
	// maxBatch and maxBatchBytes bound what the pump sends together: what a write takes, and what is read ahead of it.
	maxBatch      = 256
	maxBatchBytes = 64 << 10
)

// pump sends what the senders did not send by themselves: the backlog, what comes again, what has a time of its own.
func (o *outbox) pump() {
	defer close(o.ended)
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		timer.Reset(o.pass())
		if o.asker != nil {
			o.asker.inquire()
		}
		select {
		case <-o.look:
		case <-timer.C:
		case <-o.ending:
			o.returnHeld()
			return
		}
	}
}

// pass sends all that can be sent now, and returns how long the pump may wait if nothing happens.
func (o *outbox) pass() time.Duration {
	o.expire()
	o.retryHeld()
	for o.room() > 0 && o.mayRead() && !o.isEnding() {
		switch err := o.sendSome(); {
		case err == nil:
		case errors.Is(err, spool.ErrEnd):
			return min(o.reachedEnd(), o.untilExpiry())
		case errors.Is(err, spool.ErrClosed):
			return lookEvery // the socket is closed next
		case err == ringmq.ErrWouldBlock:
			return min(lookEvery, o.untilExpiry())
		default:
			o.core.trouble(err)
			return retrySpool
		}
	}
	return min(lookEvery, o.untilExpiry())
}

// mayRead reports whether a further message may be read. What comes again is read always, and first: those that are held may
// wait for it. There is no more of it than the windows of all peers.
func (o *outbox) mayRead() bool { return len(o.held) < o.o.window || o.comesAgain() }

// comesAgain reports whether a message is due that was given back.
func (o *outbox) comesAgain() bool {
	due, ok := o.consumer.Due()
	return ok && !due.After(time.Now())
}

// sendSome sends the next messages out of the spool, which are written together. One that must wait because of its key is
// held while others pass; if one without a key must wait, it and all that follow go back into the spool, from which they
// come in their order.
func (o *outbox) sendSome() error {
	o.turn.Lock()
	defer o.turn.Unlock()
	err := o.readSome()
	rest, stale := o.giveBatch()
	for i := range rest {
		o.putBack(&rest[i])
	}
	full := len(rest) > 0
	clear(o.batch)
	o.batch = o.batch[:0]
	switch {
	case stale:
		return nil
	case full:
		return ringmq.ErrWouldBlock
	}
	return err
}

// readSome takes messages out of the spool: as many as there is room for, or as are written at once, and at least one.
func (o *outbox) readSome() error {
	o.mu.Lock()
	o.began = o.ends
	o.mu.Unlock()
	most := max(min(o.room(), o.o.window-len(o.held), maxBatch), 1)
	if o.asker != nil {
		most = 1
	}
	for size := 0; len(o.batch) < most && size < maxBatchBytes; {
		d, err := o.consumer.TryNext()
		if err != nil {
			return err
		}
		o.batch = append(o.batch, d)
		size += d.Message.Size()
	}
	return nil
}

// giveBatch sends what readSome has taken, and returns what was not sent and is not held. It is stale if a connection has
// ended meanwhile: what was on its way there comes first.
func (o *outbox) giveBatch() (rest []spool.Delivery, stale bool) {
	o.core.sendMu.Lock()
	defer o.core.unlockSend()
	if o.began != o.ends {
		return o.batch, true
	}
	for i := range o.batch {
		d := &o.batch[i]
		switch {
		case o.give(d):
		case len(d.Key) > 0:
			o.hold(*d)
		default:
			return o.batch[i:], false
		}
	}
	return nil, false
}

func (o *outbox) isEnding() bool {
	select {
	case <-o.ending:
		return true
	default:
		return false
	}
}

// give sends a message out of the spool, whose memory is given back then. Send lock held.
func (o *outbox) give(d *spool.Delivery) bool {
	sent := o.write(itemOf(d), &d.Message, true)
	if sent {
		d.Message.Release()
	}
	return sent
}

func itemOf(d *spool.Delivery) delivery.Item {
	return delivery.Item{Sequence: d.Sequence, Producer: d.Producer, Deliveries: d.Deliveries, Key: string(d.Key)}
}

// hold keeps a message with a key that no peer can take now.
func (o *outbox) hold(d spool.Delivery) {
	o.mu.Lock()
	o.keys.Wait(itemOf(&d))
	o.mu.Unlock()
	o.held = append(o.held, d)
	o.holding.Store(int32(len(o.held)))
}

// retryHeld sends what was held and can go now, in order.
func (o *outbox) retryHeld() {
	if len(o.held) == 0 {
		return
	}
	o.turn.Lock()
	defer o.turn.Unlock()
	o.core.sendMu.Lock()
	o.held = slices.DeleteFunc(o.held, func(d spool.Delivery) bool { return o.give(&d) })
	o.core.unlockSend()
	o.holding.Store(int32(len(o.held)))
}

// putBack gives a message that was not sent back to the spool.
func (o *outbox) putBack(d *spool.Delivery) {
	o.check(o.consumer.Return(d.Sequence))
	d.Message.Release()
}

// returnHeld gives what is held back to the spool.
func (o *outbox) returnHeld() {
	for i := range o.held {
		o.putBack(&o.held[i])
	}
	o.held = nil
	o.holding.Store(0)
}

// reachedEnd notes that there is nothing more to send now, and returns how long that may last. Messages that were given
// back and are not scheduled to come again have been removed from the spool: nothing waits for them any longer.
func (o *outbox) reachedEnd() time.Duration {
	o.mu.Lock()
	due, ok := o.consumer.Due()
	if !ok {
		o.keys.Forget()
		for i := range o.held {
			o.keys.Wait(itemOf(&o.held[i]))
		}
	}
	o.mu.Unlock()
	if len(o.look) == 0 { // else somebody has come since
		o.atEnd.Store(true)
		o.core.quiet.wake()
	}
	if !ok {
		return lookEvery
	}
	return max(min(time.Until(due), lookEvery), 0)
}

// expire gives back what was not acknowledged in time.
func (o *outbox) expire() {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := now() - int64(o.o.redelivery.AckTimeout)
	for _, f := range o.flows {
		if !f.onWrite {
			f.window.Expire(before, func(it delivery.Item) {
				o.giveBack(it, o.o.redelivery.backoff(it.Deliveries), true, "not acknowledged in time")
			})
		}
	}
}

// untilExpiry is the time until expire is to be called again.
func (o *outbox) untilExpiry() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	wait := o.o.redelivery.AckTimeout
	for _, f := range o.flows {
		if sent, ok := f.window.Oldest(); ok && !f.onWrite {
			wait = min(wait, o.o.redelivery.AckTimeout-time.Duration(now()-sent))
		}
	}
	return max(wait, time.Millisecond)
}

// stop ends the pump.
func (o *outbox) stop() {
	close(o.ending)
	<-o.ended
}

// close gives the consumer free. What is in flight comes again.
func (o *outbox) close() error {
	if err := o.consumer.Close(); err != nil && !errors.Is(err, spool.ErrClosed) {
		return err
	}
	return nil
}
