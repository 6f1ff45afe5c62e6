package socket

import (
	"context"
	"errors"

	"github.com/ringmq/ringmq"
)

// blame notes why the pipe has no connection: the last attempt failed, or the last connection ended, for the reason
// err. It is noted before the pattern learns of the loss. Any goroutine may call it.
func (p *Pipe) blame(err error) { p.fault.Store(&err) }

// blameless is for a peer that is there.
func (p *Pipe) blameless() { p.fault.Store(nil) }

// reason is what blame noted last; nil if nothing has gone wrong, or all is well again.
func (p *Pipe) reason() error {
	if err := p.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// bare is an error of an attempt to connect without the endpoint, which whoever tells of it has.
func bare(err error) error {
	var e *ringmq.Error
	if errors.As(err, &e) && e.Peer == "" && e.Value == "" {
		return e.Err
	}
	return err
}

// cause is why the connection has ended, nil if it was this side that wanted it. Set before over is closed.
func (cn *conn) cause() error {
	switch {
	case cn.parting.Load(), errors.Is(cn.failure, errClosing):
		return nil
	case cn.open.Load():
		return cn.failure
	}
	return handshakeError(cn.failure)
}

// end is shutdown; an error for unsent messages says why each peer was not there.
func (c *Core) end(ctx context.Context) error {
	pipes := c.allPipes() // afterwards they are forgotten
	err := c.shutdown(ctx)
	var unsent *ringmq.UnsentError
	if !errors.As(err, &unsent) {
		return err
	}
	for _, p := range pipes {
		why := p.reason()
		if _, left := unsent.ByPeer[p.name()]; !left || why == nil {
			continue
		}
		if unsent.Reasons == nil {
			unsent.Reasons = make(map[string]error)
		}
		unsent.Reasons[p.name()] = why
	}
	return err
}

// name is what an UnsentError calls the peer: its address if it was accepted, else the endpoint.
func (p *Pipe) name() string {
	if p.accepted {
		return p.Address()
	}
	return p.endpoint
}
