package socket

import (
	"slices"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
)

// parcel is a message that was received and is to be acknowledged. It is the ticket of the message, in whose place the
// chunk stands. acker.mu guards all but a, id, count, at and chunk, which do not change, and handed, which only the receiver sets.
//
//	received ──> handed to the program ──> settled: acknowledged, or refused
//	   └── a copy arrives: it is settled with the first ──^
type parcel struct {
	a     *acker
	id    delivery.ID
	count int   // deliveries
	at    place // where this copy has arrived

	chunk   ringmq.Chunk
	also    []place // where further copies have arrived
	handed  bool    // the program has it
	settled bool    // or given up before the program had it
	before  *parcel // the same message, which the program has had for too long; settled with this one
}

// overdue reports whether the program is to be given the message again, of which a copy has arrived over p: if the program
// has had it for so long that the sender does not believe in it any more. A copy that comes over another connection is no
// sign of that.
func (pc *parcel) overdue(p *Pipe) bool {
	here := func(at place) bool { return at.pipe == p && pc.a.intakes[p] == at.in }
	return pc.handed && (here(pc.at) || slices.ContainsFunc(pc.also, here))
}

// wrap makes a parcel of a message; before is the one that it comes in place of, or nil. a.mu held.
func (a *acker) wrap(before *parcel, at place, arrival delivery.Arrival, m *ringmq.Message) *parcel {
	if len(a.slab) == 0 {
		a.slab = make([]parcel, parcelSlab)
	}
	pc := &a.slab[0]
	a.slab = a.slab[1:]
	pc.a, pc.id, pc.count, pc.at, pc.before = a, arrival.ID, arrival.Deliveries, at, before
	pc.chunk.Deliver(m, pc)
	a.underway[arrival.ID] = pc
	return pc
}

// handOver marks a message as the program's. It returns false for one that has been given up.
func (a *acker) handOver(m *ringmq.Message) bool {
	pc, ok := m.Ticket().(*parcel)
	if !ok || pc.a != a {
		return true
	}
	a.mu.Lock()
	pc.handed = !pc.settled
	a.mu.Unlock()
	if a.auto && !a.replies() {
		a.settle(pc, nil)
	}
	return pc.handed
}

// Stale reports whether a message that was taken from a queue has been given up since it arrived, and is to be passed over.
// A REP asks it before it owes a reply.
func (c *Core) Stale(m *ringmq.Message) bool { return c.acker != nil && !c.acker.handOver(m) }

// Replied acknowledges the request of a ticket, which may be nil, to which the program has replied.
func (c *Core) Replied(t ringmq.Ticket) {
	if pc, ok := t.(*parcel); ok && pc.a == c.acker {
		c.acker.settle(pc, nil)
	}
}

// Refused reports whether the program has given the request of a ticket, which may be nil, back without a reply.
func (c *Core) Refused(t ringmq.Ticket) bool {
	pc, ok := t.(*parcel)
	if !ok || pc.a != c.acker {
		return false
	}
	pc.a.mu.Lock()
	defer pc.a.mu.Unlock()
	return pc.settled
}

// settle acknowledges a message, or refuses it if there is a refusal, wherever it has arrived.
func (a *acker) settle(pc *parcel, no *delivery.Refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if pc.settled {
		return
	}
	if a.underway[pc.id] == pc {
		delete(a.underway, pc.id)
	}
	if no == nil && !pc.at.in.asks {
		a.memory.Done(pc.id)
	}
	for ; pc != nil; pc = pc.before {
		pc.settled = true
		a.resolve(pc.at, no)
		for _, at := range pc.also {
			a.resolve(at, no)
		}
	}
}

// resolve settles one copy. a.mu held.
func (a *acker) resolve(at place, no *delivery.Refusal) {
	switch {
	case no != nil:
		at.in.Refuse(at.number, no.Delay)
	case at.in.asks: // the reply says it
		at.in.Pass(at.number)
	default:
		at.in.Ack(at.number)
	}
	a.noted(at)
}

// Ack is for [ringmq.Message.Ack]. What a REP has received is acknowledged by its reply.
func (pc *parcel) Ack() error {
	if pc.a.replies() {
		return nil
	}
	return pc.end(nil)
}

// Nack is for [ringmq.Message.Nack].
func (pc *parcel) Nack(delay time.Duration) error { return pc.end(&delivery.Refusal{Delay: delay}) }

func (pc *parcel) end(no *delivery.Refusal) error {
	pc.a.mu.Lock()
	closed := pc.a.closed && !pc.settled
	pc.a.mu.Unlock()
	if closed {
		return pc.a.core.errClosed("acknowledge")
	}
	pc.a.settle(pc, no)
	if pc.a.replies() {
		pc.a.core.RecvChanged() // a REP does not owe a reply any more
	}
	return nil
}

// Delivery is for [ringmq.Message.Delivery].
func (pc *parcel) Delivery() ringmq.Delivery {
	return ringmq.Delivery{Producer: pc.id.Producer, Sequence: pc.id.Sequence, Count: pc.count}
}
