package socket

import (
	"slices"

	"github.com/ringmq/ringmq"
)

// This file is the way of a message to a pipe that has a backlog.

// keep queues the frames of env and then of m as one message; see [Pipe.Write] and [backlog.add]. It is one of those
// that go to so many peers.
func (p *Pipe) keep(k *keeper, env [][]byte, m *ringmq.Message, borrowed bool, peers int) bool {
	if p.gone.Load() {
		return false
	}
	if l := p.local.Load(); l != nil {
		return p.keepLocal(l, k, env, m, borrowed)
	}
	if !p.back.add(k, env, m, borrowed) {
		return false
	}
	p.bytes += sizeOf(env, m)
	switch p.flush.state.Load() {
	case taskIdle:
		p.decide(peers, p.back.depth())
	case taskRunning:
		if p.flush.wake() {
			p.post()
		}
	}
	return true
}

// keepLocal is keep over inproc: what the peer has room for goes to it as always.
func (p *Pipe) keepLocal(l *link, k *keeper, env [][]byte, m *ringmq.Message, borrowed bool) bool {
	if l.leads() && p.back.depth() == 0 && l.canWrite() {
		return l.write(env, m, borrowed)
	}
	if !p.back.add(k, env, m, borrowed) {
		return false
	}
	p.passOn()
	return true
}

// leads reports whether there is somebody at the far end: a peer in this process, or an address that datagrams go to.
func (l *link) leads() bool {
	return l.other != nil || l.from.datagrams != nil && l.from.since.Load() != 0
}

// passOn gives the peer in this process, or the goroutine that sends datagrams, what it has room for. Send lock held.
func (p *Pipe) passOn() {
	l := p.local.Load()
	if p.back == nil || !l.leads() {
		return
	}
	for p.back.depth() > 0 && l.canWrite() {
		if m, ok := p.back.pass(); ok {
			l.write(nil, &m, false)
		}
	}
}

// pass takes the next message for a peer in this process.
func (b *backlog) pass() (m ringmq.Message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	msg, ok := b.next()
	return msg.m, ok
}

// goOn is told that the peer, in this process, has room again. It may hold its receive lock, so the loop does the work.
func (p *Pipe) goOn() {
	if p.back == nil {
		p.core.writable.wake()
		return
	}
	p.core.group.Next().Post((*passer)(p))
}

// passer is the backlog of a pipe over inproc as work for a loop.
type passer Pipe

// Run passes on what there is room for.
func (r *passer) Run() {
	p := (*Pipe)(r)
	p.core.HoldsSend(p.passOn)
	p.core.writable.wake()
	p.core.quiet.wake()
}

// fanKept is Fanout where the pipes have backlogs. Each keeps the message as it is, in memory that all of them share.
func (c *Core) fanKept(peers []*Pipe, m *ringmq.Message, borrowed bool) error {
	if c.fan.wait && !c.fan.late {
		size := sizeOf(nil, m)
		if slices.ContainsFunc(peers, func(p *Pipe) bool { return !p.gone.Load() && !p.back.takes(size) }) {
			return ringmq.ErrWouldBlock
		}
	}
	own := c.keeper.keep(nil, m, borrowed)
	if len(peers) > 1 {
		c.pace.count(now())
		defer func() { c.pace.last = now() }()
	}
	for _, p := range peers {
		if !p.keep(nil, nil, &own, false, len(peers)) {
			p.miss(1)
		}
	}
	return nil
}
