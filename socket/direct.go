package socket

import (
	"fmt"
	"runtime"

	"github.com/ringmq/ringmq"
)

// A receiver that has read from a connection by itself need not move every message into the mailbox and out again: it
// keeps the read task, and messages are decoded as they are received. The pipe is direct meanwhile. What is in the
// mailbox goes first. Whoever else wants to read takes the task back; what is left then goes through the mailbox.
//
//	poll ── read(2) ──> decoder ──────────────> Recv     direct
//	loop ── read(2) ──> decoder ── mailbox ──> Recv

// goDirect leaves what was just read to receivers, and the read task with it. The caller has begun the read task.
func (c *Core) goDirect(cn *conn) {
	c.recvMu.Lock()
	p := cn.pipe
	p.direct, p.clear = cn, false
	if p.in.active.CompareAndSwap(false, true) {
		c.turns = append(c.turns, p)
	}
	c.recvMu.Unlock()
}

// endDirect gives the read task up. What is left is no whole message, or err has ended the connection. Receive lock held.
func (p *Pipe) endDirect(err error) {
	cn := p.direct
	p.direct, p.clear = nil, false
	switch {
	case err != nil:
		cn.fail(err)
		cn.read.state.Store(taskBlocked)
	case !cn.read.end():
		cn.read.state.Store(taskScheduled)
		cn.loop.Post((*connReader)(cn))
	}
}

// spill moves what there is of a direct pipe into the mailbox, up to the mark. Receive lock held.
func (p *Pipe) spill() error {
	p.clear = false
	_, err := p.direct.dec.run(p.direct)
	if p.in.q.Unpublished() > 0 {
		p.in.publish()
	}
	return err
}

// takeBack takes the read task from receivers, if they have it.
func (cn *conn) takeBack() bool {
	c, p := cn.core, cn.pipe
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	if p.direct != cn {
		return false
	}
	if err := p.spill(); err != nil {
		cn.fail(err)
	}
	p.direct, p.clear = nil, false
	return true
}

// seizeRead takes the read task from whoever has it; see [task.seize]. The caller holds no lock.
func (cn *conn) seizeRead() bool {
	for !cn.takeBack() {
		if done, ok := cn.read.trySeize(); done {
			return ok
		}
		runtime.Gosched()
	}
	return true
}

// nextFor sets m to the next whole message that the pattern takes; false if the input ends before. Holder of read.
func (d *decoder) nextFor(cn *conn, m *ringmq.Message) (ok bool, err error) {
	for {
		if d.err != nil {
			return false, d.err
		}
		if !d.short(m) {
			if ok, d.err = d.next(cn, m); !ok {
				return false, d.err
			}
		}
		switch cn.core.pattern.Deliver(cn.pipe, m) {
		case Enqueue:
			d.handed++
			return true, nil
		case Consumed:
			d.handed++
		case Refuse:
			*m = ringmq.Message{}
			d.err = fmt.Errorf("%w: a message that a %s must not send to a %s",
				ringmq.ErrProtocol, cn.hand.Peer().SocketType, cn.core.kind.Name)
			return false, d.err
		}
		*m = ringmq.Message{}
	}
}
