package impatient

import (
	"context"
	"sync/atomic"

	"github.com/ringmq/ringmq"
)

// Context is for one call. Any goroutine may call its methods.
type Context struct {
	context.Context
	asked atomic.Bool
}

// New returns a context that nobody has waited for yet.
func New() *Context { return &Context{Context: context.Background()} }

// Done has ended.
func (c *Context) Done() <-chan struct{} {
	c.asked.Store(true)
	return ended
}

var ended = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Err is nil until Done is called, and [ringmq.ErrWouldBlock] then.
func (c *Context) Err() error {
	if c.asked.Load() {
		return ringmq.ErrWouldBlock
	}
	return nil
}
