package socket

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
)

// attach gives a pipe that Connect made to the pattern, unless the socket has its one peer, or claim objects.
func (c *Core) attach(p *Pipe, claim func(*Pipe) error) error {
	c.mu.Lock()
	err := c.mayEnter(p)
	if err == nil {
		c.pipes[p.id] = p
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.HoldsSend(func() {
		if err = claim(p); err == nil && !c.cfg.immediate {
			c.pattern.Attach(p)
		}
	})
	if err != nil {
		c.forgetPipe(p)
		return err
	}
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
	if err == nil {
		err = c.acceptable(p.peer.Load())
	}
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
		c.begin(p)
		c.introduce(p)
		p.arrived()
	})
	p.show()
	c.writable.wake()
	c.arrivals.wake()
	return nil
}

// greet notes who the peer is.
func (p *Pipe) greet(peer *session.Peer, address string) {
	p.peer.Store(peer)
	p.address.Store(&address)
}

// arrived notes that the peer is there, for the pattern too.
func (p *Pipe) arrived() { p.since.Store(time.Now().UnixNano()) }

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

// detach takes a pipe from the pattern for good and gives up what is queued on it. It reports whether a peer was there.
// The caller holds the flush task of a pipe over connections, and no lock.
func (c *Core) detach(p *Pipe) (had bool) { return c.remove(p, nil) }

// remove is detach. left is the peer, if it is the peer that has left; the caller then writes to p.in.
func (c *Core) remove(p *Pipe, left *session.Peer) (had bool) {
	if p.gone.Swap(true) {
		return false
	}
	c.sendMu.Lock()
	had = p.since.Swap(0) != 0
	c.endRun(false)
	known := c.known(p)
	if known {
		c.pattern.Detach(p)
	}
	if p.hold != nil {
		p.hold.Stop()
	}
	if p.back != nil {
		p.forsake(p.back.giveUp())
	}
	c.endDelivery(p)
	if l := p.local.Load(); l == nil {
		p.forsake(p.out.Drop())
	} else if l.other == nil || l.other.gone.Load() {
		p.forsake(l.unread())
	}
	if known {
		p.end(left)
	}
	c.sendMu.Unlock()
	c.forgetPipe(p)
	c.writable.wake()
	c.quiet.wake()
	return had
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
// that Connect made waits for the next, if there is to be one.
func (c *Core) lost(cn *conn) {
	p, d := cn.pipe, cn.dialer
	p.conn.Store(nil)
	if why := cn.cause(); why != nil {
		p.blame(why)
	}
	ended := cn.ending()
	var left *session.Peer
	if cn.open.Load() {
		left = p.peer.Load()
	}
	if d == nil {
		c.remove(p, left)
	} else {
		c.forgetPeer(cn, left)
	}
	p.flush.state.Store(taskBlocked)
	over := d != nil && d.over(cn) && !d.isStopped()
	if over {
		c.drop(d)
	}
	c.event(ended) // whoever acts on it meets the new state
	switch {
	case over:
		d.tellStopped(cn.failure)
	case d != nil:
		c.quiet.wake()
		d.retry()
	}
}

// forgetPeer keeps a pipe that Connect made, and what is queued on it, for the next connection.
func (c *Core) forgetPeer(cn *conn, left *session.Peer) {
	p := cn.pipe
	c.sendMu.Lock()
	c.endRun(false)
	c.endDelivery(p)
	switch {
	case c.givesUp(p, cn.failure):
		if p.back != nil {
			p.forsake(p.back.giveUp())
		}
		p.forsake(p.out.Drop())
	case p.back != nil:
		p.back.takeBack()
	default:
		p.out.Rewind()
	}
	p.forget()
	if left != nil {
		c.withdraw(p)
		p.end(left)
	}
	p.seen.Store(max(p.seen.Load(), cn.seen.Load()))
	p.ctl.take(nil) // the pattern adds no more
	p.ctlOut = nil
	c.sendMu.Unlock()
	c.writable.wake()
}

// givesUp reports whether what is queued for a peer that was lost for the reason why is not for the next one. What is in
// a spool is sent again from there.
func (c *Core) givesUp(p *Pipe, why error) bool {
	return c.kind.NoResume || c.cfg.immediate || p.lane.Load() != nil || errors.Is(why, ErrEvicted)
}

// introduce tells the pattern of the peer that p has now. Send lock held.
func (c *Core) introduce(p *Pipe) {
	if p.muted.Load() {
		return // it is only there for what is queued still
	}
	if p.accepted || c.cfg.immediate {
		c.pattern.Attach(p)
	}
	c.pattern.Ready(p)
}

// withdraw tells the pattern that a pipe of Connect has lost its peer. Send lock held.
func (c *Core) withdraw(p *Pipe) {
	c.pattern.Lost(p)
	if c.cfg.immediate {
		c.pattern.Detach(p)
	}
}

// drop ends a connector and its pipe; the pipe has no connection. Whoever sees that the pipe is gone finds nothing to
// disconnect.
func (c *Core) drop(d *connector) {
	d.stop()
	c.mu.Lock()
	c.dialers = slices.DeleteFunc(c.dialers, func(o *connector) bool { return o == d })
	c.mu.Unlock()
	if d.pipe.Local() {
		d.pipe.closeLocal()
	} else {
		c.abandon(d.pipe)
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
