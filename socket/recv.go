package socket

import (
	"context"
	"iter"

	"github.com/ringmq/ringmq"
)

// Receiver is the receiving half of a socket. Its methods may be called by any number of goroutines at once; each
// message goes to one of them.
type Receiver struct{ core *Core }

// NewReceiver returns the receiving half of c.
func NewReceiver(c *Core) Receiver { return Receiver{c} }

// Recv returns the next message, waiting for one. Peers are served in turn. The frames stay valid for as long as they
// are referenced; see [ringmq.Message.Release]. Errors: [ringmq.ErrClosed], what the pattern adds, and the context's
// own.
func (r Receiver) Recv(ctx context.Context) (ringmq.Message, error) {
	m, err := r.core.tryRecv()
	if err != ringmq.ErrWouldBlock {
		return m, err
	}
	return r.core.recvSlow(ctx)
}

// TryRecv is Recv without waiting: [ringmq.ErrWouldBlock] if there is nothing.
func (r Receiver) TryRecv() (ringmq.Message, error) { return r.core.tryRecv() }

// RecvBatch waits for a message and fills dst with it and with as many as can be had without waiting. It returns how
// many; at least one unless there is an error.
func (r Receiver) RecvBatch(ctx context.Context, dst []ringmq.Message) (n int, err error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if n = r.core.recvSome(dst); n > 0 {
		return n, nil
	}
	m, err := r.core.recvSlow(ctx)
	if err != nil {
		return 0, err
	}
	dst[0] = m
	return 1 + r.core.recvSome(dst[1:]), nil
}

// Messages ranges over the messages that arrive. An error ends the range, after it was yielded once; the end of ctx
// and of the socket are errors too.
func (r Receiver) Messages(ctx context.Context) iter.Seq2[ringmq.Message, error] {
	return func(yield func(ringmq.Message, error) bool) {
		for {
			m, err := r.Recv(ctx)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

func (c *Core) tryRecv() (ringmq.Message, error) {
	if c.closing.Load() {
		return ringmq.Message{}, c.errClosed("receive")
	}
	c.recvMu.Lock()
	m, err := c.pattern.Recv()
	more := len(c.turns) > 0
	c.recvMu.Unlock()
	if err == nil && more {
		c.readable.wake() // there may be one for another receiver that waits
	}
	return m, err
}

func (c *Core) recvSome(dst []ringmq.Message) (n int) {
	if c.closing.Load() {
		return 0
	}
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	for n < len(dst) {
		m, err := c.pattern.Recv()
		if err != nil {
			break
		}
		dst[n] = m
		n++
	}
	return n
}

// recvSlow waits for a message: it polls by itself while that pays, and parks then.
func (c *Core) recvSlow(ctx context.Context) (ringmq.Message, error) {
	if m, err := c.spin(ctx); err != ringmq.ErrWouldBlock {
		return m, err
	}
	c.readable.n.Add(1)
	defer c.readable.n.Add(-1)
	c.drive.handBack()
	for {
		m, err := c.tryRecv()
		if err != ringmq.ErrWouldBlock {
			return m, err
		}
		if err := c.wait(ctx, &c.readable, "receive"); err != nil {
			return m, err
		}
	}
}

// Next takes the next message in turn over the pipes that have one. Receive lock held.
func (c *Core) Next() (ringmq.Message, *Pipe, bool) {
	for {
		if c.inboxN.Load() > 0 {
			c.takeInbox()
		}
		if len(c.turns) == 0 {
			return ringmq.Message{}, nil, false
		}
		if c.turn >= len(c.turns) {
			c.turn = 0
		}
		p := c.turns[c.turn]
		if m, ok := p.in.q.Pop(); ok {
			c.turn++
			if p.in.roomAgain() {
				p.resume()
			}
			if p.muted.Load() {
				continue
			}
			return m, p, true
		}
		if p.in.roomAgain() {
			p.resume()
		}
		if p.in.rest() {
			c.turns = append(c.turns[:c.turn], c.turns[c.turn+1:]...)
		}
	}
}

// Pending reports whether some pipe has a message. Receive lock held.
func (c *Core) Pending() bool {
	if c.inboxN.Load() > 0 {
		c.takeInbox()
	}
	for _, p := range c.turns {
		if !p.in.q.Empty() {
			return true
		}
	}
	return false
}

// activate puts a pipe with messages on the list. Any goroutine may call it; the mailbox sees to it that a pipe is on
// the list once.
func (c *Core) activate(p *Pipe) {
	c.inboxMu.Lock()
	c.inbox = append(c.inbox, p)
	c.inboxN.Store(int32(len(c.inbox)))
	c.inboxMu.Unlock()
	c.readable.wake()
}

func (c *Core) takeInbox() {
	c.inboxMu.Lock()
	c.turns = append(c.turns, c.inbox...)
	clear(c.inbox)
	c.inbox = c.inbox[:0]
	c.inboxN.Store(0)
	c.inboxMu.Unlock()
}

// Prepend puts frame in front of m without copying the others. Receive lock held.
func (c *Core) Prepend(frame []byte, m ringmq.Message) ringmq.Message {
	n := m.Len()
	if len(c.slab) < n {
		c.slab = make([][]byte, max(frameSlab, n))
	}
	rest := c.slab[:n:n]
	c.slab = c.slab[n:]
	for i := range n {
		rest[i] = m.Frame(i)
	}
	return ringmq.Assemble(m.Chunk(), frame, rest)
}

// resume goes on reading from the peer after the mailbox was full.
func (p *Pipe) resume() {
	if l := p.local.Load(); l != nil {
		l.other.core.writable.wake()
		return
	}
	if cn := p.conn.Load(); cn != nil && cn.read.unblock() {
		cn.loop.Post((*connReader)(cn))
	}
}
