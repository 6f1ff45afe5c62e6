package socket

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/impatient"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

// outbox sends what is in a spool. A message that finds nothing before it, and a peer with room, is written by the
// goroutine that sends it; all others by the pump.
type outbox struct {
	appender
	consumer *spool.Consumer
	o        *deliveryOptions

	// dispatch writes a message to a pipe that can take it, with writeTo. Send lock held.
	dispatch func(m *ringmq.Message, borrowed bool) error
	asker    *Asker // of a REQ, else nil

	item delivery.Item // what the pattern is about to write; send lock

	// Held from when a message is taken out of the spool until it is written or held, to keep the order. The pump takes it
	// before the send lock; a sender tries for it with the send lock held, and otherwise leaves its message to the pump.
	turn sync.Mutex

	mu    sync.Mutex // guards what follows; see reliable.go
	flows map[*Pipe]*flow
	keys  delivery.Keys
	runs  []spool.Range // acknowledged by the report that is being read
	ends  uint64        // flows that have ended; the send lock is held as well where it changes

	look    chan struct{} // sent to when the pump is to look again
	ending  chan struct{} // closed to end the pump
	ended   chan struct{} // closed by the pump
	atEnd   atomic.Bool   // the pump has come to the end of what can be sent now
	holding atomic.Int32  // messages with a key that the pump has read and nobody could take

	// The pump's.
	held  []spool.Delivery // those messages
	batch []spool.Delivery // what it is about to send together
	began uint64           // ends when it began to read that
}

// flow is what is on its way to one peer.
type flow struct {
	window  *delivery.Window
	onWrite bool   // the peer does not acknowledge: a message is done with when it has been written
	base    uint64 // messages that were ever queued on the pipe before
	local   bool
}

// newOutbox returns the outbox of a consumer, which begins at start if the spool does not know it.
func newOutbox(c *Core, name string, start spool.Start) (*outbox, error) {
	o := &c.cfg.delivery
	consumer, err := o.spool.Consumer(name, spool.ConsumerOptions{Start: start, MaxDeliveries: o.redelivery.MaxDeliveries})
	if err != nil {
		return nil, err
	}
	return &outbox{
		appender: appender{c, o.spool}, consumer: consumer, o: o, flows: make(map[*Pipe]*flow),
		look: make(chan struct{}, 1), ending: make(chan struct{}), ended: make(chan struct{}),
	}, nil
}

// send appends a message to the spool and sends it if it is its turn. ctx ends the wait for space in the spool.
func (o *outbox) send(ctx context.Context, m *ringmq.Message, borrowed bool) error {
	e, r, err := o.append(ctx, m)
	if err == nil {
		o.offer(&r, &e, borrowed)
	}
	return err
}

// trySend is send without waiting for space.
func (o *outbox) trySend(m *ringmq.Message) error { return o.send(impatient.New(), m, false) }

// sendBatch appends messages together, which share the syncs of the spool.
func (o *outbox) sendBatch(ctx context.Context, ms []ringmq.Message) (int, error) {
	es, rs, err := o.appendBatch(ctx, ms)
	for i := range rs {
		o.offer(&rs[i], &es[i], false)
	}
	return len(rs), err
}

// offer sends a message that has just been appended, if nothing is before it and a peer has room; otherwise the pump
// will.
func (o *outbox) offer(r *spool.Receipt, e *spool.Entry, borrowed bool) {
	c := o.core
	c.sendMu.Lock()
	sent := false
	if o.turn.TryLock() {
		sent = o.claim(r, e, borrowed)
		o.turn.Unlock()
	}
	c.unlockSend()
	if !sent {
		o.prod()
	}
}

// claim is offer for the one whose turn it is. Send lock held.
func (o *outbox) claim(r *spool.Receipt, e *spool.Entry, borrowed bool) bool {
	if o.holding.Load() > 0 || o.room() == 0 || !o.consumer.Claim(*r) {
		return false
	}
	m := e.Message
	if o.write(delivery.Item{Sequence: r.Sequence, Producer: r.Producer, Deliveries: 1, Key: string(e.Key)}, &m, borrowed) {
		return true
	}
	o.check(o.consumer.Return(r.Sequence))
	return false
}

// write has a message written. Send lock held.
func (o *outbox) write(it delivery.Item, m *ringmq.Message, borrowed bool) bool {
	o.item = it
	err := o.dispatch(m, borrowed)
	o.item = delivery.Item{}
	return err == nil
}

// writeTo is [Pipe.Write] of a socket with a spool: it takes a message if the window of the peer has room.
func (o *outbox) writeTo(p *Pipe, env [][]byte, m *ringmq.Message, borrowed bool) bool {
	f, seq, tell := o.take(p)
	if f == nil {
		return false
	}
	l := p.local.Load()
	switch {
	case f.onWrite || !tell:
	case l != nil:
		l.other.core.acker.announceLocal(l.other, seq, o.asker != nil)
	default:
		p.bytes += p.out.AppendCommand(zmtp.AppendFrame(nil, zmtp.FlagCommand, delivery.AppendSeq(nil, seq)))
	}
	p.put(l, env, m, borrowed)
	if f.onWrite && l != nil {
		o.written(p)
	}
	return true
}

// take takes the item on for p; the flow is nil if it cannot go there.
func (o *outbox) take(p *Pipe) (f *flow, seq delivery.Seq, tell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f = o.flows[p]
	if f == nil || f.window.Room() == 0 || p.gone.Load() || !o.keys.May(o.item, p.id) {
		return nil, seq, false
	}
	o.keys.Take(o.item, p.id)
	seq, tell = f.window.Send(o.item, now())
	return f, seq, tell
}

// room is for how many messages the peers that stay have room.
func (o *outbox) room() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for p, f := range o.flows {
		if !p.muted.Load() {
			n += f.window.Room()
		}
	}
	return n
}

// begin begins a flow to the peer that p has now. Send lock held.
func (o *outbox) begin(p *Pipe, acknowledges bool) {
	l := p.local.Load()
	f := &flow{window: delivery.NewWindow(o.o.window), onWrite: !acknowledges, local: l != nil, base: p.out.Appended()}
	o.mu.Lock()
	o.flows[p] = f
	o.mu.Unlock()
	e := Event{Type: DeliveryAcknowledged, Endpoint: p.endpoint, Peer: p.Address(), Identity: string(p.Identity())}
	if f.onWrite {
		e.Type = DeliveryOnWrite
	}
	o.core.event(e)
	o.prod()
}

// end gives back what the peer had. Send lock held.
func (o *outbox) end(p *Pipe) {
	o.mu.Lock()
	f := o.flows[p]
	delete(o.flows, p)
	if f != nil {
		o.ends++
		upto := f.window.Given()
		if !f.local {
			upto = p.out.Done() - f.base
		}
		f.window.Drain(upto, func(it delivery.Item, written bool) { o.giveBack(it, 0, written, "the connection ended") })
	}
	o.mu.Unlock()
	o.prod()
}

// giveBack has an item sent again after a delay, or gives it up. o.mu held.
func (o *outbox) giveBack(it delivery.Item, delay time.Duration, seen bool, why string) {
	var err error
	switch limit := o.o.redelivery.MaxDeliveries; {
	case !seen:
		o.keys.Back(it)
		err = o.consumer.Return(it.Sequence)
	case limit > 0 && it.Deliveries >= limit:
		o.keys.Done(it)
		err = o.consumer.Reject(it.Sequence, why)
	default:
		o.keys.Back(it)
		err = o.consumer.Nack(it.Sequence, delay)
	}
	o.check(err)
}

// check reports an error of the spool that nobody waits for. A closed spool keeps what it has.
func (o *outbox) check(err error) {
	if err != nil && !errors.Is(err, spool.ErrClosed) && !errors.Is(err, spool.ErrNotInFlight) {
		o.core.trouble(err)
	}
}

// report takes the acknowledgements of the peer of p.
func (o *outbox) report(p *Pipe, r *delivery.Report) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.flows[p]
	if f == nil || f.onWrite {
		return nil
	}
	o.runs = o.runs[:0]
	apply := f.window.Apply
	if o.asker != nil {
		apply = f.window.ApplyRefusals // the reply is the acknowledgement
	}
	if err := apply(r, o); err != nil {
		return err
	}
	o.acknowledge()
	return nil
}

// refuse gives an item back that is in no window any more.
func (o *outbox) refuse(it delivery.Item, delay time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.giveBack(it, delay, true, "refused")
}

// forget takes an item out of the windows: it is neither late nor given back by them any more.
func (o *outbox) forget(sequence uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.flows {
		f.window.Forget(sequence)
	}
}

// written takes what has been written to a peer that does not acknowledge. Any goroutine may call it that holds the flush
// task, or over inproc the send lock.
func (o *outbox) written(p *Pipe) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.flows[p]
	if f == nil || !f.onWrite {
		return
	}
	upto := f.window.Given()
	if !f.local {
		upto = p.out.Done() - f.base
	}
	o.runs = o.runs[:0]
	if err := f.window.Apply(&delivery.Report{Upto: upto}, o); err == nil {
		o.acknowledge()
	}
}

// Done is called for an item that is acknowledged. o.mu held.
func (o *outbox) Done(it delivery.Item) {
	if o.asker != nil {
		o.asker.wrote(it.Sequence)
	}
	o.keys.Done(it)
	o.note(it)
}

// Late is called for one that had been given back. o.mu held.
func (o *outbox) Late(it delivery.Item) {
	o.keys.Settled(it)
	o.note(it)
}

// Refused is called for one that the peer does not process. o.mu held.
func (o *outbox) Refused(it delivery.Item, by delivery.Refusal) {
	o.giveBack(it, by.Delay, true, "refused")
}

// note gathers what is acknowledged. o.mu held.
func (o *outbox) note(it delivery.Item) {
	if n := len(o.runs); n > 0 && o.runs[n-1].Last+1 == it.Sequence {
		o.runs[n-1].Last++
		return
	}
	o.runs = append(o.runs, spool.Range{First: it.Sequence, Last: it.Sequence})
}

// acknowledge tells the spool. o.mu held.
func (o *outbox) acknowledge() {
	for _, r := range o.runs {
		o.check(o.consumer.Ack(r))
	}
	o.core.quiet.wake()
	o.prod()
}

// prod has the pump look again.
func (o *outbox) prod() {
	o.atEnd.Store(false)
	select {
	case o.look <- struct{}{}:
	default:
	}
}

// idle reports whether everything that can be sent now has been sent and acknowledged. What is in the spool for want of a
// peer is safe there, and not waited for.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	flight := 0
	for _, f := range o.flows {
		flight += f.window.Len()
	}
	return len(o.flows) == 0 || flight == 0 && o.holding.Load() == 0 && o.atEnd.Load()
}
