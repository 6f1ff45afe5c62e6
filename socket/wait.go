package socket

import (
	"context"
	"fmt"

	"github.com/ringmq/ringmq"
)

// WaitPeers waits until at least n peers are connected, their handshakes through: those that [Socket.Peers] calls
// Connected, without those that Disconnect or Unbind is sending off. It is woken by the peers, not by a clock. Errors:
// [ringmq.ErrClosed], and the context's own with the number of peers that there were.
func (s Socket) WaitPeers(ctx context.Context, n int) error { return s.core.waitPeers(ctx, n) }

func (c *Core) waitPeers(ctx context.Context, n int) error {
	const op = "wait for peers"
	c.arrivals.waiting.Add(1)
	defer c.arrivals.waiting.Add(-1)
	for {
		arrival := c.arrivals.next()
		if c.closing.Load() {
			return c.errClosed(op)
		}
		have := c.peersThere()
		if have >= n {
			return nil
		}
		select {
		case <-arrival:
		case <-c.closed:
		case <-ctx.Done():
			return &ringmq.Error{Socket: c.kind.Name, Op: op, Err: fmt.Errorf("%d of %d: %w", have, n, ended(ctx))}
		}
	}
}

// peersThere is the number of peers that messages can come from and go to.
func (c *Core) peersThere() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pipes {
		if p.since.Load() != 0 && !p.muted.Load() {
			n++
		}
	}
	return n
}
