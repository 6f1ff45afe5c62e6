package proxy

import (
	"errors"
	"sync/atomic"

	"github.com/ringmq/ringmq"
)

// capture is the socket that gets copies. Both pumps use it at once.
type capture struct {
	to              TrySender
	copied, dropped atomic.Uint64
}

// copyAll gives the socket a copy of each message, if it can take it. The messages stay the caller's. The error is that
// the socket is closed.
func (c *capture) copyAll(ms []ringmq.Message) error {
	for i := range ms {
		err := c.copy(ms[i])
		switch {
		case err == nil:
			c.copied.Add(1)
		case errors.Is(err, ringmq.ErrClosed):
			return &Error{Capture, err}
		default:
			c.dropped.Add(1)
		}
	}
	return nil
}

// copy sends the same frames with a reference of their own on the receive chunk: whoever gets the copy may release it
// before the message itself is done with.
func (c *capture) copy(m ringmq.Message) error {
	chunk := m.Chunk()
	if chunk != nil {
		chunk.Retain(1)
	}
	err := c.to.TrySend(m)
	if err != nil && chunk != nil {
		chunk.Release()
	}
	return err
}
