package socket

import "context"

// AwaitSend waits until done, which is called with the send lock held, returns true; it is called again whenever a peer
// has come, gone or subscribed. Errors: [ringmq.ErrClosed] and the context's own.
func (c *Core) AwaitSend(ctx context.Context, op string, done func() bool) error {
	c.writable.waiting.Add(1)
	defer c.writable.waiting.Add(-1)
	for {
		changed := c.writable.next()
		if err := c.lockSend(); err != nil {
			return c.Closed(op)
		}
		c.endRun(false)
		ok := done()
		c.unlockSend()
		if ok {
			return nil
		}
		if err := c.wait(ctx, changed, op); err != nil {
			return err
		}
	}
}
