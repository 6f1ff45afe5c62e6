package socket

import (
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// A socket can make messages by itself when a peer comes or goes. Those to the peer go ahead of whatever is queued for
// it, on each connection anew; those to the socket's own program stand in the queue of what the peer sends, before the
// first message and behind the last. None counts against a mark.
//
//	              a peer comes      a peer goes
//	to the peer   probe, hello
//	to us         notification      notification; disconnect message of one that was accepted, hiccup message of one
//	                                that Connect made
type occasions struct {
	probe      bool
	notify     RouterNotify
	hello      []byte
	disconnect []byte
	hiccup     []byte
}

// Socket types that have these messages; libzmq's own list.
var (
	probing     = []string{zmtp.Req, zmtp.Dealer, zmtp.Router}
	notifying   = []string{zmtp.Router}
	greeting    = []string{zmtp.Router, zmtp.Dealer, zmtp.Client, zmtp.Server, zmtp.Peer}
	deploring   = []string{zmtp.Router, zmtp.Server, zmtp.Peer}
	hiccuping   = []string{zmtp.Dealer, zmtp.Client, zmtp.Peer}
	notGreeting = []string{zmtp.Req, zmtp.Rep} // peers to which a message without an envelope is an error, or nothing
)

// only takes out what the socket type does not have.
func (o *occasions) only(kind string) {
	o.probe = ifOne(probing, kind, o.probe)
	o.notify = ifOne(notifying, kind, o.notify)
	o.hello = ifOne(greeting, kind, o.hello)
	o.disconnect = ifOne(deploring, kind, o.disconnect)
	o.hiccup = ifOne(hiccuping, kind, o.hiccup)
}

// ifOne returns v for a socket type that is one of types.
func ifOne[T any](types []string, kind string, v T) (none T) {
	if slices.Contains(types, kind) {
		return v
	}
	return none
}

// opening is the bodies of the messages that a peer is sent before all others.
func (o *occasions) opening(peer *session.Peer) (bodies [][]byte) {
	if o.probe && peer.SocketType == zmtp.Router {
		bodies = append(bodies, []byte{})
	}
	if o.hello != nil && !slices.Contains(notGreeting, peer.SocketType) {
		bodies = append(bodies, o.hello)
	}
	return bodies
}

// begin puts what comes first into the queues of both sides. It runs before the pattern knows that p has a peer, on the
// goroutine that writes to p.in. Send lock held.
func (c *Core) begin(p *Pipe) {
	peer := p.peer.Load()
	if p.datagrams != nil {
		return // they come from anybody
	}
	p.note(c.cfg.notify&NotifyConnect != 0, nil, peer.Properties)
	bodies := c.cfg.opening(peer)
	l := p.local.Load()
	if l == nil {
		for _, b := range bodies {
			p.ctl.add(func(dst []byte) []byte { return appendMessage(dst, peer, b) })
		}
		return
	}
	if p.accepted { // the other side is about to be told that we are there
		l.other.note(l.other.core.cfg.notify&NotifyConnect != 0, nil, l.meta.Properties())
	}
	for _, b := range bodies {
		l.slip(b)
	}
}

func appendMessage(dst []byte, peer *session.Peer, body []byte) []byte {
	if peer.Version.Major == 1 {
		return zmtp.AppendFrameV1(dst, 0, body)
	}
	return zmtp.AppendFrame(dst, 0, body)
}

// slip puts a message of one frame into the peer's mailbox, which is shown with the next one that is published. Send
// lock held.
func (l *link) slip(body []byte) {
	m := ringmq.Assemble(l.meta, body, nil)
	if l.other.core.pattern.Deliver(l.other, &m) == Enqueue {
		l.to.q.Push(m)
		l.from.passed++
	}
}

// note adds a message for our program, if it is wanted, to what p has received, whatever the mark; show publishes it.
// Writer of p.in only.
func (p *Pipe) note(wanted bool, body []byte, of *ringmq.Properties) {
	if wanted {
		p.in.q.Push(ringmq.Assemble(ringmq.NewChunk(nil, of, nil), body, nil))
	}
}

// show publishes what was noted. Writer of p.in only.
func (p *Pipe) show() {
	if p.in.q.Unpublished() > 0 {
		p.in.publish()
	}
}

// end notes that the peer, which was there, is gone. Whoever reads it finds that nothing is queued for that peer any
// more. Writer of p.in only.
func (p *Pipe) end(peer *session.Peer) {
	cfg := &p.core.cfg
	if peer == nil || p.expelled.Load() {
		return
	}
	p.note(cfg.notify&NotifyDisconnect != 0 || p.core.notesRaw(), nil, peer.Properties)
	p.note(p.accepted && cfg.disconnect != nil, cfg.disconnect, peer.Properties)
	p.note(!p.accepted && cfg.hiccup != nil, cfg.hiccup, peer.Properties)
	p.show()
}
