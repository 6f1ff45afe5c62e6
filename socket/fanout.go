package socket

import (
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/outq"
)

// fanout is what a socket that sends one message to many peers keeps. While messages to the same peers come densely
// they are encoded one behind the other, as a run, and each peer is given the run as a whole: what a peer costs is then
// a part of what a message would. Send lock held for all of it.
type fanout struct {
	bcast outq.Broadcast
	peers []*Pipe // of the open run
	open  bool
	lone  *Pipe // see Lone
	limit int   // messages at which the run ends,
	bytes int   // and bytes
	visit bool  // the loop is going to come by

	wait     bool         // Send waits for every peer; see WithNoDrop and BlockFor
	late     bool         // but not any longer
	backlogs bool         // the pipes have backlogs
	loop     *ioloop.Loop // the one that does
}

// Fanout writes m to all the peers, encoding it once. A peer at its mark loses it, which is counted; with [WithNoDrop]
// none gets it, and the error is [ringmq.ErrWouldBlock]. The pattern does not change peers while it says the same ones
// again. Send lock held.
func (c *Core) Fanout(peers []*Pipe, m *ringmq.Message, borrowed bool) error {
	f := &c.fan
	if f.lone = nil; len(peers) == 1 {
		f.lone = peers[0]
	}
	if f.open {
		if sameList(f.peers, peers) && f.bcast.Extend(m, !borrowed) {
			if f.bcast.Messages() >= f.limit || f.bcast.Size() >= f.bytes {
				c.endRun(true)
			}
			return nil
		}
		c.endRun(true)
	}
	if len(peers) == 0 {
		return nil
	}
	if f.backlogs {
		return c.fanKept(peers, m, borrowed)
	}
	if len(peers) == 1 && !f.wait {
		c.fanOne(peers, m, borrowed)
		return nil
	}
	room := c.roomOf(peers)
	if room == 0 {
		return ringmq.ErrWouldBlock
	}
	if len(peers) > 1 && c.beginRun(peers, m, borrowed, room) {
		return nil
	}
	c.fanOne(peers, m, borrowed)
	return nil
}

// Lone is the pipe that the last Fanout was for, if that was one alone: no run is open then. Send lock held.
func (c *Core) Lone() *Pipe { return c.fan.lone }

// sameList reports whether a and b are the same memory.
func sameList(a, b []*Pipe) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// roomOf is the number of messages that may be sent before a peer is at its mark. Without NoDrop a peer that is there
// already does not count: it loses what is sent. Half of the mark is the most, so that a peer can be written to while a
// run is gathered.
func (c *Core) roomOf(peers []*Pipe) int {
	room := maxRun
	for _, p := range peers {
		switch n := min(p.space(), p.coalesceMsgs); {
		case n > 0:
			room = min(room, n)
		case c.fan.wait && !c.fan.late:
			return 0
		}
	}
	return room
}

// fanOne is Fanout for a message by itself.
func (c *Core) fanOne(peers []*Pipe, m *ringmq.Message, borrowed bool) {
	if len(peers) == 1 {
		if p := peers[0]; !p.Write(nil, m, borrowed) {
			p.miss(1)
		}
		return
	}
	f, encoded := &c.fan, false
	for _, p := range peers {
		if !encoded && !p.Local() {
			f.bcast.Encode(m, !borrowed)
			encoded = true
		}
		if !p.WriteEncoded(&f.bcast, m, borrowed, len(peers)) {
			p.miss(1)
		}
	}
	c.pace.last = now()
}

// beginRun begins a run with m if messages come densely.
func (c *Core) beginRun(peers []*Pipe, m *ringmq.Message, borrowed bool, room int) bool {
	f := &c.fan
	c.pace.count(now())
	d := c.cfg.batching.Decide(batching.State{Messages: 1, Bytes: m.Size(), Burst: c.pace.burst, Peers: len(peers)})
	if d.Action != batching.Coalesce || m.Size() >= d.Bytes || room == 1 || slices.ContainsFunc(peers, (*Pipe).Local) {
		return false
	}
	f.bcast.Encode(m, !borrowed)
	f.open, f.peers, f.bytes, f.limit = true, peers, d.Bytes, room
	c.visitLater()
	return true
}

// endRun gives the open run, if there is one, to its peers. inline: the caller writes to those that it can claim.
func (c *Core) endRun(inline bool) {
	f := &c.fan
	if !f.open {
		return
	}
	f.open = false
	inline = inline && len(f.peers) <= inlineClaims
	for _, p := range f.peers {
		p.writeRun(&f.bcast, inline)
	}
	c.pace.last = now()
}

// writeRun queues what fits of a run and drops the rest.
func (p *Pipe) writeRun(b *outq.Broadcast, inline bool) {
	n := min(b.Messages(), p.space())
	p.miss(b.Messages() - n)
	switch {
	case n == 0:
		return
	case n == b.Messages():
		p.out.AppendEncoded(b)
	default:
		p.out.AppendFirst(b, n)
	}
	p.bytes = 0
	if (!inline || !p.core.claim(p)) && p.flush.wake() {
		p.post()
	}
}

// space is the number of messages that the pipe can take.
func (p *Pipe) space() int {
	l := p.local.Load()
	switch {
	case !p.canWrite(l):
		return 0
	case l != nil:
		return max(l.to.room(), 1)
	}
	return p.sendHWM - p.out.Queued()
}

// visitLater has the loop come by.
func (c *Core) visitLater() {
	f := &c.fan
	if f.loop == nil {
		f.loop = c.group.Next()
	}
	if !f.visit {
		f.visit = true
		f.loop.Later((*runVisit)(c))
	}
}

// runVisit is the loop's visit to a socket that sends in runs. While somebody is sending, it is put off.
type runVisit Core

// Run ends a run that nobody has gone on with.
func (v *runVisit) Run() {
	c := (*Core)(v)
	f := &c.fan
	if !c.sendMu.TryLock() {
		f.loop.Later(v)
		return
	}
	f.visit = false
	if f.open {
		c.endRun(false)
		c.visitLater()
	}
	c.sendMu.Unlock()
}
