package socket

import (
	"slices"
	"sync"

	"github.com/ringmq/ringmq"
)

var (
	_ CanReceive = (*conflating)(nil)
	_ CanSend    = (*conflating)(nil)
)

// conflating is a pattern under [WithConflate]: of what arrives from each peer it keeps the last message, which never
// enters the mailbox. It has one lock, a leaf.
type conflating struct {
	Pattern
	core *Core

	mu    sync.Mutex
	ready []*Pipe // that have a message, in the order in which they got one
}

// latest is the last message from a peer that was not received yet.
type latest struct {
	mu                *sync.Mutex // conflating.mu, which guards the rest: the counts go together
	m                 ringmq.Message
	has               bool
	arrived, replaced uint64
}

// count adds what arrived to s.
func (l *latest) count(s *PeerStats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Received += l.arrived
	s.Losses.Conflated += l.replaced
	s.Dropped += l.replaced
	if l.has {
		s.Pending++
	}
}

// Send refuses messages of many frames, as there would be no telling which one is the last.
func (c *conflating) Send(m *ringmq.Message, borrowed bool) error {
	if err := c.core.WantFrames(m, 1); err != nil {
		return err
	}
	return c.Pattern.Send(m, borrowed)
}

// Deliver puts m into the place of the message before.
func (c *conflating) Deliver(p *Pipe, m *ringmq.Message) Verdict {
	if v := c.Pattern.Deliver(p, m); v != Enqueue {
		return v
	}
	c.put(p, m)
	c.core.RecvChanged()
	return Consumed
}

func (c *conflating) put(p *Pipe, m *ringmq.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := p.latest
	l.arrived++
	if l.has {
		l.m.Release()
		l.replaced++
	} else {
		c.ready = append(c.ready, p)
	}
	l.m, l.has = *m, true
}

// Recv takes the last messages of the peers in turn, once what was read is looked through.
func (c *conflating) Recv(m *ringmq.Message) error {
	if err := c.Pattern.Recv(m); err != ringmq.ErrWouldBlock {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.ready) > 0 {
		p := c.ready[0]
		c.ready = slices.Delete(c.ready, 0, 1)
		*m, p.latest.m, p.latest.has = p.latest.m, ringmq.Message{}, false
		if !p.muted.Load() {
			if len(c.ready) > 0 {
				c.core.RecvChanged()
			}
			return nil
		}
	}
	return ringmq.ErrWouldBlock
}

// CanRecv reads what has come, which Deliver takes.
func (c *conflating) CanRecv() bool {
	if c.core.recvReady(c.Pattern) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.ready, func(p *Pipe) bool { return !p.muted.Load() })
}

// CanSend is that of the pattern.
func (c *conflating) CanSend() bool { return c.core.sendReady(c.Pattern) }
