package socket

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

// At-least-once delivery is put around the pattern of a socket that takes part; other sockets have none of it.
//
//	Send ── spool ── outbox ── pattern ── pipe ──>      the outbox numbers what the pattern writes
//	           └─ pump ─┘  └── window of the pipe
//	Recv <── acker ── pattern ── pipe <──               the acker numbers what arrives
//	           └─ Ack ──> report to the peer
//
// Package delivery has the protocol. Locks: the outbox has one, and the acker has one; either is taken after the socket's
// send or receive lock, and the outbox's, over inproc, after the acker's of the peer.

// reliable is a pattern with delivery around it.
type reliable struct {
	Pattern
	core *Core
}

// startDelivery puts delivery around the pattern if the options ask for it.
func (c *Core) startDelivery() error {
	of, takesPart, err := c.cfg.delivery.offer(c.kind.Name)
	if err != nil || !takesPart {
		return err
	}
	if of.Window > 0 {
		if err := c.startSending(); err != nil {
			return err
		}
	}
	if of.Receive {
		if c.acker, err = newAcker(c); err != nil {
			return errors.Join(err, c.endSpool())
		}
	}
	c.cfg.metadata = append(c.cfg.delivery.properties(of), c.cfg.metadata...)
	c.pattern = &reliable{c.pattern, c}
	c.runDelivery()
	return nil
}

// startSending makes what sends out of the spool.
func (c *Core) startSending() (err error) {
	switch c.kind.Name {
	case zmtp.Pub, zmtp.XPub:
		c.publisher = newPublisher(c)
		c.spooled = c.publisher
		return nil
	case zmtp.Router:
		c.dispatcher = newDispatcher(c)
		c.spooled = c.dispatcher
		return nil
	case zmtp.Req:
		if c.asker, err = newAsker(c); err != nil {
			return err
		}
		c.outbox, c.spooled = c.asker.outbox, c.asker
		return nil
	}
	if c.outbox, err = newOutbox(c, c.kind.Name, spool.FromOldest()); err != nil {
		return err
	}
	c.spooled = c.outbox
	c.outbox.dispatch = func(m *ringmq.Message, borrowed bool) error { return c.pattern.Send(m, borrowed) }
	return nil
}

// runDelivery starts the goroutines.
func (c *Core) runDelivery() {
	if c.outbox != nil {
		go c.outbox.pump()
	}
	if c.acker != nil {
		go c.acker.run()
	}
}

// offerOf is what a peer has said of itself.
func offerOf(peer *session.Peer) delivery.Offer {
	if peer == nil {
		return delivery.Offer{}
	}
	value, _ := peer.Properties.Get(delivery.Property)
	return delivery.ParseOffer(value)
}

// errPlainPeer is for a peer that does not acknowledge, where that is required.
var errPlainPeer = errors.New("the peer does not acknowledge messages, which this socket requires")

// acceptable returns an error if the socket has nothing to do with such a peer.
func (c *Core) acceptable(peer *session.Peer) error {
	if c.outbox == nil && c.dispatcher == nil || c.cfg.delivery.plain == AckOnWrite || offerOf(peer).Receive {
		return nil
	}
	return errPlainPeer
}

// CanRecv is that of the pattern.
func (r *reliable) CanRecv() bool { return r.core.recvReady(r.Pattern) }

// CanSend: a message goes into the spool, whether there is a peer or not.
func (r *reliable) CanSend() bool {
	if r.core.asker != nil {
		return r.core.asker.CanSend()
	}
	return r.core.spooled != nil || r.core.sendReady(r.Pattern)
}

// Ready begins delivery with the peer before the pattern knows of it.
func (r *reliable) Ready(p *Pipe) {
	of := offerOf(p.peer.Load())
	if r.core.outbox != nil {
		r.core.outbox.begin(p, of.Receive)
	}
	if r.core.acker != nil && of.Window > 0 {
		r.core.acker.begin(p, of.Window)
		r.core.present(p)
	}
	if r.core.publisher != nil {
		r.core.publisher.ready(p)
	}
	r.Pattern.Ready(p)
	if r.core.dispatcher != nil {
		r.core.dispatcher.ready(p) // the pattern has given it its id
	}
}

// Overhearing is met by a pattern that is told of the subscriptions of durable subscribers as well. They are served out of the
// spool, and Send has nothing for them.
type Overhearing interface {
	// Overhear is called as [Pattern.Subscribe] is.
	Overhear(p *Pipe, topic []byte, on bool)
}

// Subscribe keeps the subscriptions of durable subscribers from the pattern: they are served out of the spool.
func (r *reliable) Subscribe(p *Pipe, topic []byte, on bool) {
	if r.core.publisher == nil || !r.core.publisher.subscribe(p, topic, on) {
		r.Pattern.Subscribe(p, topic, on)
		return
	}
	if o, ok := r.Pattern.(Overhearing); ok {
		o.Overhear(p, topic, on)
	}
}

// Subscribe is [Pattern.Subscribe] for a subscription that has come as a message, which is the pattern's to recognize.
func (c *Core) Subscribe(p *Pipe, topic []byte, on bool) { c.pattern.Subscribe(p, topic, on) }

// endDelivery ends delivery with the peer that p has had, before what is queued is given up. The caller holds the send
// lock, and the flush task of a pipe over connections.
func (c *Core) endDelivery(p *Pipe) {
	if o := p.lane.Load(); o != nil {
		o.end(p)
	}
	if c.publisher != nil {
		c.publisher.forget(p)
	}
	if c.dispatcher != nil {
		c.dispatcher.forget(p)
	}
	if c.acker != nil {
		c.acker.end(p)
	}
}

// Deliver numbers the message, and shows it to the pattern if it is new.
func (r *reliable) Deliver(p *Pipe, m *ringmq.Message) Verdict {
	if r.core.acker == nil {
		return r.Pattern.Deliver(p, m)
	}
	pc, verdict := r.core.acker.arrive(p, m)
	if verdict != Enqueue {
		return verdict
	}
	if verdict = r.Pattern.Deliver(p, m); verdict == Discard && pc != nil {
		r.core.acker.settle(pc, nil) // by the pattern's rules there is no such message
	}
	return verdict
}

// Recv marks the message as the program's, and acknowledges it where that is left to the socket. It passes over those
// that have been given up since they arrived.
func (r *reliable) Recv(m *ringmq.Message) error {
	for {
		err := r.Pattern.Recv(m)
		if err != nil || r.core.acker == nil || r.core.acker.handOver(m) {
			return err
		}
		m.Release()
	}
}

// extension deals with a command that is none of ZMTP's. The body is only borrowed.
func (c *Core) extension(p *Pipe, body []byte) error {
	if c.spooled == nil && c.acker == nil {
		return nil
	}
	name, data, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	cmd, err := delivery.Parse(name, data)
	switch {
	case err != nil:
		return err
	case cmd.Seq != nil && c.acker != nil:
		c.acker.announce(p, *cmd.Seq)
	case cmd.Play != nil && c.publisher != nil:
		return c.publisher.play(p, *cmd.Play)
	case cmd.Report != nil:
		if o := p.lane.Load(); o != nil {
			return o.report(p, cmd.Report)
		}
	}
	return nil
}

// hears reports whether the peer of p can be told something now: over inproc it may not have been told of us.
func (p *Pipe) hears() bool {
	if l := p.local.Load(); l != nil {
		return l.other != nil
	}
	return p.ctl.pending.Load() <= maxAckBacklog
}

// report tells the peer of p what has become of its messages.
func (p *Pipe) report(r *delivery.Report) {
	if l := p.local.Load(); l != nil {
		if l.other != nil {
			if o := l.other.lane.Load(); o != nil {
				_ = o.report(l.other, r) // it is of this process, and as it should be
			}
		}
		return
	}
	p.command(func(dst []byte) []byte { return appendReport(dst, r) })
}

// appendReport appends the frames that say a report: refusals before the acknowledgement that goes beyond them.
func appendReport(dst []byte, r *delivery.Report) []byte {
	var body []byte
	for refused := r.Refused; len(refused) > 0; {
		body, refused = delivery.AppendNak(body[:0], refused)
		dst = zmtp.AppendFrame(dst, zmtp.FlagCommand, body)
	}
	return zmtp.AppendFrame(dst, zmtp.FlagCommand, delivery.AppendAck(body[:0], r.Upto, r.Ranges))
}

// settleAcks reports what has been acknowledged, before the socket closes.
func (c *Core) settleAcks() {
	if c.acker != nil {
		c.acker.stop()
	}
}

// stopPump ends the sending out of the spool.
func (c *Core) stopPump() {
	for _, o := range c.outboxes() {
		o.stop()
	}
}

// outboxes are all that there are. None is added any more once the socket is closing.
func (c *Core) outboxes() []*outbox {
	switch {
	case c.outbox != nil:
		return []*outbox{c.outbox}
	case c.publisher != nil:
		return c.publisher.all()
	case c.dispatcher != nil:
		return c.dispatcher.all()
	}
	return nil
}

// deliveryIdle reports whether nothing is on its way to any peer that is there. A REQ that closes does not wait for the
// reply: nobody could receive it.
func (c *Core) deliveryIdle() bool {
	if c.asker != nil {
		return true
	}
	return !slices.ContainsFunc(c.outboxes(), func(o *outbox) bool { return !o.idle() })
}

// endSpool gives the spool free, once no pipe is left.
func (c *Core) endSpool() error {
	for _, o := range c.outboxes() {
		if err := o.close(); err != nil {
			return &ringmq.Error{Socket: c.kind.Name, Op: "close", Err: fmt.Errorf("giving the spool free: %w", err)}
		}
	}
	return nil
}

// trouble reports an error that nobody waits for.
func (c *Core) trouble(err error) { c.event(Event{Type: DeliveryFailed, Err: err}) }

// remember adds p to a list if it is not there.
func remember(list []*Pipe, p *Pipe) []*Pipe {
	if slices.Contains(list, p) {
		return list
	}
	return append(list, p)
}
