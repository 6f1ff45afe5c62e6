package socket

import "slices"

// HangUp ends the connection of p, as Disconnect and Unbind do: what is queued is written first, for as long as the
// linger period, what was received and not yet taken is thrown away, and a pipe that Connect made is not connected
// again. It returns at once. Send lock held.
func (c *Core) HangUp(p *Pipe) {
	c.mu.Lock()
	if c.finished {
		c.mu.Unlock()
		return
	}
	c.dialers = slices.DeleteFunc(c.dialers, func(d *connector) bool { return d == p.dialer })
	c.work.Add(1)
	c.mu.Unlock()
	p.muted.Store(true)
	c.pattern.Detach(p)
	c.writable.wake()
	go c.dismiss(p, p.dialer)
}
