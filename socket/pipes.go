package socket

import (
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
)

// attach gives a pipe that Connect made to the pattern, unless the socket has its one peer.
func (c *Core) attach(p *Pipe) error {
	c.mu.Lock()
	err := c.mayEnter(p)
	if err == nil {
		c.pipes[p.id] = p
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.HoldsSend(func() { c.pattern.Attach(p) })
	c.writable.wake()
	return nil
}

// errOnePeer is for a peer beside that of a PAIR or CHANNEL.
var errOnePeer = fmt.Errorf("%w: the socket talks to one peer, and has it", ringmq.ErrState)

// mayEnter returns an error if p is new, and the socket talks to one peer and has one that is not on its way out. c.mu
// held.
func (c *Core) mayEnter(p *Pipe) error {
	if !c.kind.OnePeer || c.pipes[p.id] == p {
		return nil
	}
	for _, other := range c.pipes {
		if !other.muted.Load() {
			return errOnePeer
		}
	}
	return nil
}

// admit makes a pipe ready whose peer is known now, attaching it first if it was accepted. It returns an error if the
// socket is closing, or takes no more peers.
func (c *Core) admit(p *Pipe) error {
	c.mu.Lock()
	err := c.mayEnter(p)
	if c.finished || p.gone.Load() || p.accepted && c.closing.Load() {
		err = c.errClosed("accept")
	}
	if err != nil {
		c.mu.Unlock()
		return err
	}
	c.pipes[p.id] = p
	c.mu.Unlock()
	c.HoldsSend(func() {
		if p.accepted {
			c.pattern.Attach(p)
		}
		c.pattern.Ready(p)
	})
	c.writable.wake()
	return nil
}

// greet notes who the peer is.
func (p *Pipe) greet(peer *session.Peer, address string) {
	p.peer.Store(peer)
	p.address.Store(&address)
	p.since.Store(time.Now().UnixNano())
}

// forget undoes greet.
func (p *Pipe) forget() {
	p.peer.Store(nil)
	p.since.Store(0)
}

// Address is the peer's address, the last one if it is not connected now.
func (p *Pipe) Address() string {
	if a := p.address.Load(); a != nil {
		return *a
	}
	return ""
}

// detach takes a pipe from the pattern for good and gives up what is queued on it. The caller holds the flush task of
// a pipe over connections, and no lock.
func (c *Core) detach(p *Pipe) {
	if p.gone.Swap(true) {
		return
	}
	c.sendMu.Lock()
	c.endRun(false)
	if c.known(p) {
		c.pattern.Detach(p)
	}
	if p.hold != nil {
		p.hold.Stop()
	}
	if l := p.local.Load(); l == nil {
		p.discarded.Add(uint64(p.out.Drop()))
	} else if l.other == nil || l.other.gone.Load() {
		p.discarded.Add(uint64(l.to.q.Depth()))
	}
	c.sendMu.Unlock()
	c.forgetPipe(p)
	c.writable.wake()
	c.quiet.wake()
}

func (c *Core) known(p *Pipe) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pipes[p.id] == p
}

// forgetPipe keeps the counts of a pipe that is gone.
func (c *Core) forgetPipe(p *Pipe) {
	final := p.stats()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pipes[p.id] == p {
		delete(c.pipes, p.id)
		c.past.add(final)
	}
}

// lost is told of the end of a connection, whose tasks the caller holds. A pipe that was accepted ends with it; one
// that Connect made waits for the next, unless the peers cannot understand each other.
func (c *Core) lost(cn *conn) {
	p, d := cn.pipe, cn.dialer
	p.conn.Store(nil)
	ended := cn.ending()
	if d == nil {
		c.detach(p)
	} else {
		c.forgetPeer(cn)
	}
	p.flush.state.Store(taskBlocked)
	c.event(ended) // whoever acts on it meets the new state
	if d != nil {
		c.quiet.wake()
		d.lost(cn.failure)
	}
}

// forgetPeer keeps a pipe that Connect made, and what is queued on it, for the next connection.
func (c *Core) forgetPeer(cn *conn) {
	p := cn.pipe
	c.sendMu.Lock()
	c.endRun(false)
	if c.kind.NoResume {
		p.discarded.Add(uint64(p.out.Drop()))
	} else {
		p.out.Rewind()
	}
	p.forget()
	if cn.open.Load() {
		c.pattern.Lost(p)
	}
	p.ctl.take(nil) // the pattern adds no more
	p.ctlOut = nil
	c.sendMu.Unlock()
	c.writable.wake()
	if permanent(cn.failure) {
		c.detach(p)
	}
}

// drop ends a connector and its pipe; the pipe has no connection.
func (c *Core) drop(d *connector) {
	d.stop()
	if d.local != nil {
		d.pipe.closeLocal()
	} else {
		c.abandon(d.pipe)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, o := range c.dialers {
		if o == d {
			c.dialers = append(c.dialers[:i], c.dialers[i+1:]...)
			return
		}
	}
}

// enlist notes a connection, unless the socket takes no more.
func (c *Core) enlist(cn *conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return c.errClosed("connect")
	}
	if err := c.mayEnter(cn.pipe); err != nil {
		return c.failed("accept", cn.pipe.endpoint, err)
	}
	c.conns[cn] = struct{}{}
	c.chooseDriven()
	return nil
}

func (c *Core) delist(cn *conn) {
	c.mu.Lock()
	delete(c.conns, cn)
	c.chooseDriven()
	c.mu.Unlock()
	c.quiet.wake()
}

// chooseDriven lists the connections that a receiver may poll: all, if they are few and can be polled. c.mu held.
func (c *Core) chooseDriven() {
	c.drive.conns.Store(nil)
	if len(c.conns) == 0 || len(c.conns) > maxDriven {
		return
	}
	list := make([]*conn, 0, len(c.conns))
	for cn := range c.conns {
		if !cn.stream.Drivable() {
			return
		}
		list = append(list, cn)
	}
	c.drive.conns.Store(&list)
}
