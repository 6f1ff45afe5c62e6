package ringmq

import (
	"fmt"
	"time"
)

// Delivery says which message of a spool a received message is.
type Delivery struct {
	// Producer and Sequence together tell the message from all others, whichever connection it comes over: what a program
	// writes down that must not process a message twice.
	Producer uint64
	Sequence uint64
	// Count is how often the message was given to a receiver, this time included: 1 for the first.
	Count int
}

// Ticket is what a received message is acknowledged with. The engine makes tickets; programs use [Message.Ack] and
// [Message.Nack]. Its methods may be called by any goroutine.
type Ticket interface {
	Ack() error
	Nack(delay time.Duration) error
	Delivery() Delivery
}

// Ticket is what the message is acknowledged with; nil if it needs no acknowledgement.
func (m *Message) Ticket() Ticket {
	if m.chunk == nil {
		return nil
	}
	return m.chunk.ticket
}

// plan is what a sender has said about a message.
type plan struct {
	key []byte
	at  time.Time
}

// Ack tells the sender that the message has been processed: it does not come again. It does not wait: what is
// acknowledged is on its way when Ack returns, and a crash of either side in the next milliseconds can bring the message
// once more. A message that was not sent through a spool needs no acknowledgement, and Ack does nothing. Any goroutine may
// call it, once or more, also after Release of a copy. Error: [ErrClosed] if the socket is closed; the message comes again.
func (m Message) Ack() error {
	if m.chunk == nil || m.chunk.ticket == nil {
		return nil
	}
	return m.chunk.ticket.Ack()
}

// Nack gives the message back to the sender, which sends it again after the delay, to whichever peer has room. Errors:
// [ErrState] for a message that was not sent through a spool, which cannot come again; [ErrClosed] as for Ack.
func (m Message) Nack(delay time.Duration) error {
	if m.chunk == nil || m.chunk.ticket == nil {
		return fmt.Errorf("%w: a message that was not sent through a spool cannot be given back", ErrState)
	}
	return m.chunk.ticket.Nack(delay)
}

// Delivery says which message of the sender's spool this is; false for one that was not sent through a spool.
func (m Message) Delivery() (Delivery, bool) {
	if m.chunk == nil || m.chunk.ticket == nil {
		return Delivery{}, false
	}
	return m.chunk.ticket.Delivery(), true
}

// WithKey returns the message with a key: a socket with a spool sends messages of the same key to the same peer, in order,
// as long as there are any in flight. Other sockets ignore it. The key is not copied, and does not travel.
func (m Message) WithKey(key []byte) Message {
	p := m.plan()
	p.key = key
	return m.planned(p)
}

// WithDeliverAt returns the message with a time before which a socket with a spool does not send it. Other sockets send it
// at once.
func (m Message) WithDeliverAt(t time.Time) Message {
	p := m.plan()
	p.at = t
	return m.planned(p)
}

// Plan is what [Message.WithKey] and [Message.WithDeliverAt] have said.
func (m Message) Plan() (key []byte, at time.Time) {
	p := m.plan()
	return p.key, p.at
}

func (m Message) plan() plan {
	if m.chunk == nil || m.chunk.plan == nil {
		return plan{}
	}
	return *m.chunk.plan
}

func (m Message) planned(p plan) Message {
	c := new(Chunk)
	c.stand(&m)
	c.plan = &p
	return m
}

// Deliver makes c, which is zero, stand for the one message m, whose ticket is t: m's memory is given back with c.
func (c *Chunk) Deliver(m *Message, t Ticket) {
	c.stand(m)
	c.ticket = t
}

// stand puts c between a message and the chunk that it lies in.
func (c *Chunk) stand(m *Message) {
	if c.parent = m.chunk; c.parent != nil {
		c.props, c.ticket, c.plan = c.parent.props, c.parent.ticket, c.parent.plan
	}
	c.recycle = releaseParent
	c.refs.Store(1)
	m.chunk = c
}

func releaseParent(c *Chunk) {
	if c.parent != nil {
		c.parent.Release()
	}
}
