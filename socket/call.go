package socket

import (
	"context"
	"fmt"

	"github.com/ringmq/ringmq"
)

// What follows is for methods of a socket type that send or receive in a way of their own, such as a request together
// with its reply.

// Enter takes the one place that turn has, waiting until it is free; the caller receives from turn to leave. op names
// the call in errors, which are those of [Sender.Send].
func (c *Core) Enter(ctx context.Context, turn chan struct{}, op string) error {
	if ctx.Err() != nil {
		return c.errEnded(ctx, op)
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return c.errEnded(ctx, op)
	case <-c.closed:
		return c.errClosed(op)
	}
}

// SendBy is [Sender.Send] with route in place of the pattern's Send. The frames are given away.
func (c *Core) SendBy(ctx context.Context, m *ringmq.Message, route func(m *ringmq.Message) error) error {
	if ctx.Err() != nil {
		return c.errEnded(ctx, "send")
	}
	if err := c.check(m); err != nil {
		return err
	}
	return c.await(ctx, func(bool) error {
		if err := c.lockSend(); err != nil {
			return err
		}
		defer c.unlockSend()
		return route(m)
	})
}

// RecvBy is [Receiver.Recv] with take in place of the pattern's Recv.
func (c *Core) RecvBy(ctx context.Context, take func(m *ringmq.Message) error) (ringmq.Message, error) {
	return c.recvSlow(ctx, take)
}

// Keeps reports whether the socket has a spool; see [WithSpool].
func (c *Core) Keeps() bool { return c.cfg.delivery.spool != nil }

// Asker keeps the turns of a REQ with a spool; nil for other sockets, and before the socket is made.
func (c *Core) Asker() *Asker { return c.asker }

// PeerGone is the error of a call that waits for what p owed, which has gone. It wraps [ringmq.ErrNoRoute] and why the
// peer is gone, such as a [HandshakeError]; not the latter if this side wanted it.
func (c *Core) PeerGone(p *Pipe) error {
	err := fmt.Errorf("%w: the peer that was asked is gone", ringmq.ErrNoRoute)
	if why := p.reason(); why != nil {
		err = fmt.Errorf("%w: %w", err, why)
	}
	return &ringmq.Error{
		Socket: c.kind.Name, Op: "receive", Endpoint: p.endpoint, Peer: p.Address(),
		Err: err,
	}
}
