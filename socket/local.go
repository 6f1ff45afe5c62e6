package socket

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/transport"
)

// slabSize is the size in bytes of the chunks that borrowed messages are copied into over inproc; larger messages get
// one of their own.
const slabSize = 64 << 10

// propPeerAddress is the property that says where a message came from; inprocAddress is its value within the process.
const (
	propPeerAddress = "Peer-Address"
	inprocAddress   = "inproc"
)

// link is the sending direction of a pipe whose peer is in this process, or will be: messages go straight into the
// peer's mailbox, on the sender's goroutine and under its send lock.
type link struct {
	from  *Pipe
	other *Pipe // the peer's pipe; nil before it is bound
	to    *mailbox
	meta  *ringmq.Chunk // what the receiver's messages say of the sender

	slab   *ringmq.Chunk // copies of borrowed frames
	handed int64         // messages in it
	room   []byte        // what is left of it
	dst    []byte        // where the message being passed is copied to
	frames [][]byte
}

func (l *link) canWrite() bool {
	return l.to.room() > 0 || l.other != nil && !l.to.pause()
}

// unsent is the number of messages that wait for a peer to come.
func (l *link) unsent() int {
	if l.other != nil {
		return 0
	}
	return l.to.q.Depth()
}

// unread is the number of messages that the peer, which is gone, is not going to receive: it receives what has arrived
// unless it has left by itself.
func (l *link) unread() int {
	if l.other != nil && !l.other.muted.Load() && !l.other.core.closing.Load() {
		return 0
	}
	return l.to.q.Depth()
}

func (l *link) write(env [][]byte, m *ringmq.Message, borrowed bool) bool {
	slot := l.to.q.Slot()
	l.pass(slot, env, m, borrowed)
	l.from.passed++
	if l.other != nil {
		switch l.other.core.pattern.Deliver(l.other, slot) {
		case Enqueue:
		case Consumed:
			*slot = ringmq.Message{}
			return true
		default:
			slot.Release() // one that breaks the rules is skipped: there is no connection to end
			return true
		}
	}
	l.to.q.Commit()
	l.to.publish()
	return true
}

// writeShort is [Pipe.WriteShort].
func (l *link) writeShort(body []byte) bool {
	if l.other == nil || l.slab == nil || len(l.room) < len(body) {
		return false
	}
	straight, slot := l.other.core.straight, l.to.q.Spare()
	if slot == nil || straight == nil || !straight.Load() {
		return false
	}
	n := copy(l.room, body)
	*slot = ringmq.Assemble(l.slab, l.room[:n:n], nil)
	l.room = l.room[n:]
	l.handed++
	l.from.passed++
	l.from.credit--
	l.to.q.Commit()
	l.to.publish()
	return true
}

// pass sets to to the message that the receiver gets.
func (l *link) pass(to *ringmq.Message, env [][]byte, m *ringmq.Message, borrowed bool) {
	first, rest := m.Parts()
	n := len(env) + 1 + len(rest)
	chunk := l.meta
	if borrowed {
		chunk = l.reserve(env, m)
	}
	if n == 1 {
		*to = ringmq.Assemble(chunk, l.own(first, borrowed), nil)
		return
	}
	if len(l.frames) < n {
		l.frames = make([][]byte, max(frameSlab, n))
	}
	fs := l.frames[:n:n]
	l.frames = l.frames[n:]
	for i := range n {
		if i < len(env) {
			fs[i] = l.own(env[i], borrowed)
		} else {
			fs[i] = l.own(m.Frame(i-len(env)), borrowed)
		}
	}
	*to = ringmq.Assemble(chunk, fs[0], fs[1:])
}

// reserve makes room for a copy of the message and returns the chunk that it is in.
func (l *link) reserve(env [][]byte, m *ringmq.Message) *ringmq.Chunk {
	n := m.Size()
	for _, f := range env {
		n += len(f)
	}
	var props *ringmq.Properties
	if l.meta != nil {
		props = l.meta.Properties()
	}
	if n > slabSize/8 {
		c := getChunk(n, props)
		l.dst = c.Buf
		c.Seal(1)
		return c
	}
	if len(l.room) < n || l.slab == nil {
		if l.slab != nil {
			l.slab.Seal(l.handed)
		}
		l.slab, l.handed = getChunk(slabSize, props), 0
		l.room = l.slab.Buf
	}
	l.dst, l.room = l.room[:n], l.room[n:]
	l.handed++
	return l.slab
}

// own returns b, or a copy of it if it is only borrowed.
func (l *link) own(b []byte, borrowed bool) []byte {
	if !borrowed {
		return b
	}
	n := copy(l.dst, b)
	c := l.dst[:n:n]
	l.dst = l.dst[n:]
	return c
}

func (l *link) subscribe(topic []byte, on bool) {
	if l.other != nil {
		l.other.core.pattern.Subscribe(l.other, topic, on)
	}
}

// connectLocal makes a pipe that waits for, or at once finds, the socket bound at addr.
func (c *Core) connectLocal(t transport.Local, endpoint, addr string, opts *config) *connector {
	d := &connector{core: c, endpoint: endpoint, local: t, addr: addr, pipe: c.pipeAs(opts, endpoint, false)}
	d.pipe.dialer = d
	d.pipe.local.Store(d.waiting())
	return d
}

// waiting is the link of a pipe that has no peer yet.
func (d *connector) waiting() *link {
	return &link{from: d.pipe, to: newMailbox(nil, d.pipe.opts.sendHWM)}
}

// await puts the pipe on the waiting list of its name.
func (d *connector) await() error {
	d.mu.Lock()
	d.waits++
	mine := d.waits
	d.mu.Unlock()
	cancel, err := d.local.Connect(d.addr, d)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped || d.waits != mine { // it was refused, and has come again, before this could be noted
		cancel()
		return nil
	}
	d.cancelWait = cancel
	return nil
}

// awaitLater is await a moment later: the socket that is bound there is closing and about to give the name up, or it
// has its one peer, which may take long.
func (d *connector) awaitLater(wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stopped {
		d.timer = time.AfterFunc(wait, func() { _ = d.await() }) // the name was valid before
	}
}

// acceptLocal joins a socket that connects to this one, which is bound. It runs on the goroutine of either; the
// caller holds no lock.
func (c *Core) acceptLocal(endpoint string, peer any, opts *config) {
	d, ok := peer.(*connector)
	if !ok {
		return
	}
	if err := compatible(c.kind, d.core.kind); err != nil {
		for _, side := range [...]*Core{c, d.core} {
			e := side.failed("handshake", endpoint, handshakeError(err))
			side.event(Event{Type: HandshakeFailed, Endpoint: endpoint, Peer: inprocAddress, Err: e})
		}
		d.giveUp(err)
		return
	}
	join(c.pipeAs(opts, endpoint, true), d.pipe)
}

func compatible(a, b Kind) error {
	for _, t := range a.Peers {
		if t == b.Name {
			return nil
		}
	}
	return fmt.Errorf("%w: a %s does not talk to a %s", ringmq.ErrProtocol, a.Name, b.Name)
}

// introduction is what the peer of p is told.
func (p *Pipe) introduction() *session.Peer {
	c, props := p.core, new(ringmq.Properties)
	props.Add(zmtp.PropSocketType, c.kind.Name)
	peer := &session.Peer{Version: session.Version{Major: 3, Minor: 1}, SocketType: c.kind.Name, Properties: props}
	if zmtp.HasIdentity(c.kind.Name) {
		peer.Identity = p.opts.identity
		props.Add(zmtp.PropIdentity, string(p.opts.identity))
	}
	for _, own := range p.opts.metadata {
		props.Add(own.Name, string(own.Value))
	}
	props.Set(propPeerAddress, inprocAddress)
	return peer
}

// join connects the pipes of a bound and a connecting socket. Each side's lock is taken by itself; the bound side is
// ready first, so that it can take what the connecting side has queued. Either may be closed meanwhile.
func join(bound, conn *Pipe) {
	b, c := bound.core, conn.core
	from, to := conn.introduction(), bound.introduction() // who connects, and who is bound
	bound.greet(from, inprocAddress)
	bound.in = newMailbox(bound, markOf(conn, bound))
	bound.local.Store(&link{from: bound, other: conn, to: conn.in, meta: metaOf(to)})
	err := c.acceptable(to)
	if err == nil {
		err = b.admit(bound)
	}
	switch {
	case err == errOnePeer, err == errPlainPeer:
		b.event(Event{Type: AcceptFailed, Endpoint: bound.endpoint, Peer: inprocAddress, Err: err})
		conn.dialer.awaitLater(conn.opts.reconnectMin)
		return
	case err != nil:
		conn.dialer.awaitLater(localRetry)
		return
	}
	bound.met(Accepted)
	taken := c.take(conn, bound, from, to)
	if !taken {
		bound.leaves(Disconnected, b.failed("connection", bound.endpoint, errPeerClosed))
	}
	b.HoldsSend(func() { conn.showFirst(bound, to, taken) })
	if !taken {
		conn.dialer.awaitLater(localRetry)
		return
	}
	b.near.Store(true)
	c.near.Store(true)
	c.writable.wake()
	bound.goOn()   // what the peer has made room for before it knew of bound
	c.quiet.wake() // Close may wait for a peer to take what was queued
}

// met tells that the pipe has a peer in this process, unless it has left already.
func (p *Pipe) met(how EventType) {
	p.core.HoldsSend(func() {
		if !p.gone.Load() {
			p.tellMet(how)
		}
	})
}

// tellMet is met with the send lock held.
func (p *Pipe) tellMet(how EventType) {
	p.core.event(p.about(how, nil))
	p.core.event(p.about(HandshakeSucceeded, nil))
}

// leaves detaches a pipe whose peer is in this process and tells of it, if the peer was there.
func (p *Pipe) leaves(how EventType, why error) {
	if p.core.detach(p) {
		p.core.event(p.about(how, why))
	}
}

// take is the connecting side's part of join. It returns false if either side has gone.
func (c *Core) take(conn, bound *Pipe, from, to *session.Peer) bool {
	c.sendMu.Lock()
	defer c.unlockSend()
	c.endRun(false)
	if conn.gone.Load() || bound.gone.Load() {
		return false
	}
	conn.greet(to, inprocAddress)
	conn.in.hwm.Store(int64(markOf(bound, conn)))
	l := &link{from: conn, other: bound, to: bound.in, meta: metaOf(from)}
	for _, b := range c.cfg.opening(to) {
		l.slip(b)
	}
	conn.local.Load().moveTo(bound, l.meta)
	conn.local.Store(l)
	conn.passOn()
	c.introduce(conn)
	conn.arrived()
	c.arrivals.wake()
	conn.tellMet(Connected)
	return true
}

// showFirst shows what the bound side has put into the queue of p before p knew of it; if p did not take up with it, it
// has come and gone. One that has gone since has left p.in to p. The send lock of the bound side is held.
func (p *Pipe) showFirst(bound *Pipe, peer *session.Peer, taken bool) {
	switch {
	case taken && !bound.gone.Load():
		p.show()
	case !taken && p.in.q.Unpublished() > 0:
		p.end(peer)
	}
}

// markOf is the mark of the one queue that two pipes in a process share: libzmq adds their marks. A sender with a
// backlog keeps its own part there.
func markOf(from, to *Pipe) int {
	a, b := from.opts.sendHWM, to.opts.recvHWM
	if from.core.fan.backlogs {
		return b
	}
	if a == 0 || b == 0 {
		return 0
	}
	return a + b
}

// metaOf is what the messages of a peer say of it.
func metaOf(peer *session.Peer) *ringmq.Chunk { return ringmq.NewChunk(nil, peer.Properties, nil) }

// moveTo hands what was queued before the peer was there to the peer, its pattern first.
func (l *link) moveTo(p *Pipe, meta *ringmq.Chunk) {
	for {
		m, ok := l.to.q.Pop()
		if !ok {
			break
		}
		m = ringmq.Assemble(meta, m.Frame(0), m.Rest())
		if p.core.pattern.Deliver(p, &m) == Enqueue {
			p.in.q.Push(m)
		}
	}
	if p.in.q.Unpublished() > 0 {
		p.in.publish()
	}
}

// errPeerClosed is the reason of a disconnection over inproc.
var errPeerClosed = errors.New("the peer closed its socket")

// closeLocal ends a pipe whose peer is in this process, on both sides. The caller holds no lock.
func (p *Pipe) closeLocal() { p.endLocal(Closed, nil, errPeerClosed) }

// endLocal is closeLocal with what is told of it: an event on this side, and on the peer's why it lost the connection.
func (p *Pipe) endLocal(how EventType, why, lost error) {
	if p.datagrams != nil {
		p.datagrams.end()
	}
	p.core.HoldsRecv(p.in.q.Tell) // what has been received is known exactly before p is seen to be gone
	p.leaves(how, why)
	if l := p.local.Load(); l.other != nil { // looked at only now: a join may have been under way
		l.other.core.lostLocal(l.other, p, lost)
	}
}

// lostLocal is told that from, the peer of p, is gone, and why. A pipe that Connect made goes back to waiting for the name.
func (c *Core) lostLocal(p, from *Pipe, reason error) {
	from.core.HoldsSend(func() {}) // it writes no more: p.in is ours
	why := c.failed("connection", p.endpoint, reason)
	lost := p.about(Disconnected, why) // with what is known of the peer
	was := true
	switch {
	case p.accepted:
		was = c.remove(p, p.peer.Load())
	case !c.waitAgain(p, from, reason):
		return
	}
	again, over := !p.accepted && !c.closing.Load(), false
	if again && p.opts.once() {
		c.drop(p.dialer)
		again, over = false, true
	}
	if was {
		c.event(lost)
	}
	if over {
		p.dialer.tellStopped(reason)
	}
	c.writable.wake()
	if again {
		_ = p.dialer.await() // the name was valid before
	}
}

// waitAgain takes p off its peer, unless it is somebody else's by now.
func (c *Core) waitAgain(p, from *Pipe, reason error) bool {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	c.endRun(false)
	old := p.local.Load()
	if old.other != from || p.gone.Load() {
		return false
	}
	c.endDelivery(p)
	p.forsake(old.unread())
	if p.back != nil && c.givesUp(p, reason) {
		p.forsake(p.back.giveUp())
	}
	p.local.Store(p.dialer.waiting())
	left := p.peer.Load()
	p.forget()
	c.withdraw(p)
	p.end(left)
	c.quiet.wake()
	return true
}
