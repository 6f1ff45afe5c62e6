package socket

import "errors"

// errTakenOver is why the connection of a peer ends whose place another has taken.
var errTakenOver = errors.New("another peer has taken its routing id over")

// Expel ends p because another peer has taken its place, and Connect does not bring it back. What it has sent is still
// received; what is queued for it is dropped and counted. Any lock may be held.
func (p *Pipe) Expel() {
	p.expelled.Store(true)
	p.core.spawn(func() {
		if l := p.local.Load(); l != nil {
			l.expel(p)
			return
		}
		if p.dialer != nil {
			p.dialer.stop()
		}
		if cn := p.conn.Load(); cn != nil {
			cn.fail(errTakenOver)
			<-cn.over
		}
		if p.dialer != nil {
			p.core.drop(p.dialer)
		}
	})
}

// expel ends the connector of p, or of its peer, which would come back at once.
func (l *link) expel(p *Pipe) {
	d := p.dialer
	if d == nil {
		d = l.other.dialer
	}
	d.core.drop(d)
	d.core.event(Event{Type: Disconnected, Endpoint: d.endpoint, Peer: inprocAddress, Err: errTakenOver})
}
