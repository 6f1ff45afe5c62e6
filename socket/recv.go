package socket

import (
	"context"
	"iter"
	"slices"

	"github.com/ringmq/ringmq"
)

// Receiver is the receiving half of a socket. Its methods may be called by any number of goroutines at once; each
// message goes to one of them.
type Receiver struct{ core *Core }

// NewReceiver returns the receiving half of c.
func NewReceiver(c *Core) Receiver { return Receiver{c} }

// Recv returns the next message, waiting for one. Peers are served in turn. The frames stay valid for as long as they
// are referenced; see [ringmq.Message.Release]. Errors: [ringmq.ErrClosed], what the pattern adds, and the context's
// own: once that has ended, no message is taken even if there is one.
func (r Receiver) Recv(ctx context.Context) (m ringmq.Message, err error) {
	c := r.core
	if ctx.Err() != nil && !c.closing.Load() {
		return m, c.errEnded(ctx, "receive")
	}
	if err = c.lockRecv(); err != nil {
		return m, err
	}
	if c.nextLone(&m) {
		c.recvMu.Unlock()
		return m, nil
	}
	if err = c.pattern.Recv(&c.got); err == nil {
		m = c.got
		if c.taken-c.tookOver >= takeOverEvery {
			c.takeOver()
		}
		more := len(c.turns) > 0 && c.readable.n.Load() > 0
		c.recvMu.Unlock()
		if more {
			c.readable.wake() // there may be one for another receiver that waits
		}
		return m, nil
	}
	c.recvMu.Unlock()
	if err == ringmq.ErrWouldBlock {
		return c.recvSlow(ctx, c.receive)
	}
	return m, err
}

// TryRecv is Recv without waiting: [ringmq.ErrWouldBlock] if there is nothing.
func (r Receiver) TryRecv() (ringmq.Message, error) { return r.core.tryRecv(r.core.receive) }

// RecvBatch waits for a message and fills dst with it and with as many as can be had without waiting. It returns how
// many; at least one unless there is an error.
func (r Receiver) RecvBatch(ctx context.Context, dst []ringmq.Message) (n int, err error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if ctx.Err() != nil {
		return 0, r.core.errEnded(ctx, "receive")
	}
	if n = r.core.recvSome(dst); n > 0 {
		return n, nil
	}
	m, err := r.core.recvSlow(ctx, r.core.receive)
	if err != nil {
		return 0, err
	}
	dst[0] = m
	return 1 + r.core.recvSome(dst[1:]), nil
}

// Messages ranges over the messages that arrive, as Recv does. Leaving the range loses nothing. An error ends it, after
// it was yielded once; the end of ctx and of the socket are errors too. A REP replies to each message before the next.
//
//	for m, err := range sub.Messages(ctx) {
//		if err != nil {
//			return err
//		}
//		…
//	}
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

// lockRecv takes the receive lock, unless the socket is closed.
func (c *Core) lockRecv() error {
	c.recvMu.Lock()
	if c.closing.Load() { // a socket that is closing says how many messages it has taken
		c.recvMu.Unlock()
		return c.errClosed("receive")
	}
	return nil
}

// unlockRecv gives the lock back after a Recv of the pattern that ended with err.
func (c *Core) unlockRecv(err error) {
	more := err == nil && len(c.turns) > 0
	c.recvMu.Unlock()
	if more {
		c.readable.wake() // there may be one for another receiver that waits
	}
}

func (c *Core) tryRecv(take func(*ringmq.Message) error) (m ringmq.Message, err error) {
	if err = c.lockRecv(); err != nil {
		return m, err
	}
	if err = take(&c.got); err == nil {
		m = c.got
	}
	c.unlockRecv(err)
	return m, err
}

func (c *Core) recvSome(dst []ringmq.Message) (n int) {
	if c.lockRecv() != nil {
		return 0
	}
	for n < len(dst) && c.pattern.Recv(&dst[n]) == nil {
		n++
	}
	c.takeOver()
	c.recvMu.Unlock()
	return n
}

// recvSlow waits for a message: it polls by itself while that pays, and parks then.
func (c *Core) recvSlow(ctx context.Context, take func(*ringmq.Message) error) (ringmq.Message, error) {
	start := now()
	if m, err := c.spin(ctx, start, take); err != ringmq.ErrWouldBlock {
		return m, err
	}
	c.readable.n.Add(1)
	defer c.readable.n.Add(-1)
	c.drive.handBack()
	for {
		m, err := c.tryRecv(take)
		if err != ringmq.ErrWouldBlock {
			c.drive.waited(now() - start)
			return m, err
		}
		if err := c.wait(ctx, c.readable.ch, "receive"); err != nil {
			return m, err
		}
	}
}

// Next sets m to the next message in turn over the pipes that have one, and returns its pipe; nil if there is none.
// Receive lock held.
func (c *Core) Next(m *ringmq.Message) *Pipe {
	for empty := 0; ; {
		if c.inboxN.Load() > 0 {
			c.takeInbox()
			empty = 0
		}
		if empty >= len(c.turns) {
			return nil
		}
		if c.turn >= len(c.turns) {
			c.turn = 0
		}
		p := c.turns[c.turn]
		slot := p.in.q.Peek()
		switch {
		case slot != nil:
			*m = *slot
			p.in.q.Consume()
			if p.in.paused.Load() {
				p.look(false)
			}
		case p.direct != nil:
			ok, err := p.direct.dec.nextFor(p.direct, m)
			if !ok {
				p.endDirect(err)
				continue
			}
			p.directly++
			p.clear = true
		case len(c.turns) <= maxHot && c.readable.n.Load() == 0:
			// It stays on the list: as long as nobody is parked, nobody need be told of its next message.
			p.look(true)
			c.turn++
			empty++
			continue
		default:
			c.endTurn(p)
			continue
		}
		c.taken++
		c.turn++
		if !p.muted.Load() {
			return p
		}
	}
}

// nextLone is Next where only one peer has messages, and the next one is in its mailbox or is a short one that a receiver
// has read by itself. It returns false, without a trace, where there is more to do. Receive lock held.
func (c *Core) nextLone(m *ringmq.Message) bool {
	if len(c.turns) != 1 || c.straight == nil || c.inboxN.Load() > 0 || c.readable.n.Load() > 0 ||
		c.taken-c.tookOver >= takeOverEvery {
		return false
	}
	p := c.turns[0]
	if p.muted.Load() {
		return false
	}
	if p.clear {
		d := &p.direct.dec
		if d.err != nil || !c.straight.Load() || !d.short(m) {
			return false
		}
		d.handed++
		p.directly++
		c.taken++
		return true
	}
	slot := p.in.q.Peek()
	if slot == nil {
		return false
	}
	*m = *slot
	p.in.q.Consume()
	if p.in.paused.Load() {
		p.look(false)
	}
	c.taken++
	return true
}

// endTurn takes p, whose mailbox was found empty, off the list.
func (c *Core) endTurn(p *Pipe) {
	p.look(true)
	if p.in.rest() {
		c.leaveTurn(c.turn)
	}
}

// leaveTurn takes entry i off the list.
func (c *Core) leaveTurn(i int) {
	c.turns = slices.Delete(c.turns, i, i+1)
	if c.turn > i {
		c.turn--
	}
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
func (c *Core) Prepend(frame []byte, m *ringmq.Message) {
	n := m.Len()
	if len(c.slab) < n {
		c.slab = make([][]byte, max(frameSlab, n))
	}
	rest := c.slab[:n:n]
	c.slab = c.slab[n:]
	for i := range n {
		rest[i] = m.Frame(i)
	}
	*m = ringmq.Assemble(m.Chunk(), frame, rest)
}

// look goes on reading from the peer if it was stopped and there is room again. empty: nothing is left in the mailbox.
// As long as there is, a receiver that can read by itself leaves that for when it has emptied the mailbox: it would
// else be for ever one step behind the loop. Receive lock held.
func (p *Pipe) look(empty bool) {
	if !p.in.paused.Load() {
		return
	}
	if cn := p.conn.Load(); cn != nil {
		cn.signs.given() // the silence was ours
		if !empty && p.core.drives() {
			p.core.drive.begin() // should no receiver come
			return
		}
	}
	if p.in.roomAgain() {
		p.resume()
	}
}

// resume goes on reading from the peer after the mailbox was full.
func (p *Pipe) resume() {
	if l := p.local.Load(); l != nil {
		if l.other != nil {
			l.other.goOn()
		}
		return
	}
	if cn := p.conn.Load(); cn != nil && cn.read.unblock() {
		cn.loop.Post((*connReader)(cn))
	}
}
