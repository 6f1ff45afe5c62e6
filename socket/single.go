package socket

import (
	"fmt"

	"github.com/ringmq/ringmq"
)

// Fair is a Base that receives from the peers in turn (RFC 28, "fair-queuing").
type Fair struct {
	Base
	Core *Core
}

// Recv takes the next message in turn.
func (f Fair) Recv(m *ringmq.Message) error {
	if f.Core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

// Single is Fair for the types that have no multipart messages (RFC 37, "Thread-Safe Socket Types"): one that arrives
// is thrown away as a whole.
type Single struct{ Fair }

// NewSingle returns the base of a pattern on c.
func NewSingle(c *Core) Single { return Single{Fair{Core: c}} }

// Deliver takes messages of one frame.
func (Single) Deliver(_ *Pipe, m *ringmq.Message) Verdict {
	if len(m.Rest()) > 0 {
		return Discard
	}
	return Enqueue
}

// WantFrames is the error for a message that is to be sent and has not the n frames that the socket type asks for; nil
// if it has. It wraps [ringmq.ErrInvalidMessage].
func (c *Core) WantFrames(m *ringmq.Message, n int) error {
	if have := 1 + len(m.Rest()); have != n {
		return c.badMessage(ringmq.ErrInvalidMessage, fmt.Sprintf("the message has %d frames and must have %d", have, n))
	}
	return nil
}
