package socket

import "errors"

// ErrEvicted is why a subscriber that was too slow was disconnected; see [Evict].
var ErrEvicted = errors.New("the peer does not keep up and was disconnected")

// evict disconnects the peer. It may be called again until that is done. Send lock held.
func (p *Pipe) evict() {
	l, cn := p.local.Load(), p.conn.Load()
	switch {
	case l != nil && l.other != nil:
		if p.missed.evicted == l || !p.core.spawn(func() { p.hangUp(l) }) {
			return
		}
		p.missed.evicted = l
	case cn != nil && !cn.dead.Load():
		defer cn.fail(ErrEvicted) // which is told after this
	default:
		return
	}
	p.missed.evictions.Add(1)
	p.core.event(p.about(Evicted, ErrEvicted))
}

// hangUp ends the link to a peer in this process. The side that connected tries again.
func (p *Pipe) hangUp(l *link) {
	if p.accepted {
		p.endLocal(Disconnected, p.core.failed("connection", p.endpoint, ErrEvicted), errPeerClosed)
		return
	}
	other := l.other
	other.endLocal(Disconnected, other.core.failed("connection", other.endpoint, errPeerClosed), ErrEvicted)
}
