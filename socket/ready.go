package socket

// CanReceive is met by patterns whose Recv depends on more than whether [Core.CanNext]: on whose turn it is, say. It
// tells, without a change, whether Recv would return a message. Receive lock held.
type CanReceive interface{ CanRecv() bool }

// CanSend is met by patterns whose Send depends on something else than whether [Core.CanWrite]. It tells, without a
// change, whether Send would take at least some message. Send lock held.
type CanSend interface{ CanSend() bool }

// canRecv reports whether there is a message for the program.
func (c *Core) canRecv() (can bool) {
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	return c.recvReady(c.pattern)
}

func (c *Core) recvReady(p Pattern) bool {
	if r, ok := p.(CanReceive); ok {
		return r.CanRecv()
	}
	return c.CanNext()
}

// canSend reports whether a message would be taken.
func (c *Core) canSend() (can bool) {
	c.HoldsSend(func() { can = c.sendReady(c.pattern) })
	return can
}

func (c *Core) sendReady(p Pattern) bool {
	if s, ok := p.(CanSend); ok {
		return s.CanSend()
	}
	return c.CanWrite()
}

// CanNext reports whether Next would return a message. What it finds empty it takes off the list of pipes, so that the
// next message is announced. Receive lock held.
func (c *Core) CanNext() bool {
	if c.inboxN.Load() > 0 {
		c.takeInbox()
	}
	for i := 0; i < len(c.turns); {
		p := c.turns[i]
		switch any := p.in.q.Peek() != nil; {
		case any && !p.muted.Load():
			return true
		case any:
			p.discard()
		case p.direct != nil:
			if err := p.spill(); p.in.q.Empty() {
				p.endDirect(err)
			}
		default:
			p.look(true)
			if p.in.rest() {
				c.leaveTurn(i)
			}
		}
	}
	return false
}

// discard throws away what has come from a peer that was disconnected. Receive lock held.
func (p *Pipe) discard() {
	for p.in.q.Peek() != nil {
		p.in.q.Consume()
	}
}

// CanWrite reports whether there is a pipe that can take a message. Send lock held.
func (c *Core) CanWrite() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pipes {
		if c.cfg.immediate && p.since.Load() == 0 {
			continue // the pattern does not have it
		}
		if !p.muted.Load() && p.CanWrite() {
			return true
		}
	}
	return false
}

// CanFanout reports whether Fanout would take a message, whomever it is for. Send lock held.
func (c *Core) CanFanout() bool {
	if !c.fan.wait {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pipes {
		if (p.since.Load() != 0 || p.Datagrams()) && !p.muted.Load() && !p.CanWrite() {
			return false
		}
	}
	return true
}
