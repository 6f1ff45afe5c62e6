package socket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/impatient"
	"github.com/ringmq/ringmq/spool"
)

// Asker keeps the turns of a REQ with a spool. There is one request at a time; it is in the spool from Send on, and sent
// again, by this process or the next, until the reply to it has been dealt with. The reply is the acknowledgement: what the
// peer acknowledges otherwise says only that the request has arrived.
//
//	       Send            Deliver            Recv             Ack, Send
//	idle ───────> waiting ─────────> answered ─────> handed ─────────────> idle
//	  ^             │   ^                              │
//	  │ Recv        v   └──────────── Nack ────────────┘
//	  └─────────── lost: the spool, or a peer that does not acknowledge, has it no more
//
// A request that was put into the spool by somebody else, such as one of the dead letters, takes its turn as if it had been
// sent. The methods may be called by any goroutine.
type Asker struct {
	*outbox
	auto bool

	mu      sync.Mutex // guards what follows; taken after the outbox's, and before the spool's alone
	stage   stage
	sending bool // a Send is under way
	call    bool // the exchange is a Request's
	request request
	from    *Pipe    // whom the request was sent to last, or the reply has come from
	handed  *answer  // the reply that the program has
	why     error    // the request was lost
	aside   []uint64 // requests that have to wait for their turn
}

var _ spooled = (*Asker)(nil)

// stage is how far a request has come.
type stage uint8

const (
	askIdle     stage = iota // there is none
	askWaiting               // the peer's turn, or that of a peer that is to come
	askAnswered              // the reply is in the queue
	askHanded                // the program has the reply, and has not said that it is done with it
	askLost                  // no reply is going to come, which Recv tells
)

// request is what is asked.
type request struct {
	delivery.Item
	message ringmq.Message // in memory of its own
	kept    bool           // it is in the spool
}

// newAsker opens the outbox, and finds the request that an earlier process has not had the reply to.
func newAsker(c *Core) (*Asker, error) {
	o, err := newOutbox(c, c.kind.Name, spool.FromOldest())
	if err != nil {
		return nil, err
	}
	a := &Asker{outbox: o, auto: c.cfg.delivery.autoAck}
	o.asker, o.dispatch = a, a.dispatch
	if err := a.resume(); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return a, nil
}

func (a *Asker) resume() error {
	d, err := a.consumer.TryNext()
	if errors.Is(err, spool.ErrEnd) {
		return nil
	}
	if err != nil {
		return err
	}
	a.adopt(itemOf(&d), &d.Message)
	d.Message.Release()
	return a.consumer.Return(d.Sequence)
}

// adopt makes a message the request. a.mu held, or nobody has a yet.
func (a *Asker) adopt(it delivery.Item, m *ringmq.Message) {
	a.stage, a.request = askWaiting, request{it, m.Clone(), true}
}

func (a *Asker) send(ctx context.Context, m *ringmq.Message, borrowed bool) error {
	return a.ask(ctx, m, borrowed, false)
}

func (a *Asker) trySend(m *ringmq.Message) error { return a.ask(impatient.New(), m, false, false) }

func (a *Asker) sendBatch(ctx context.Context, ms []ringmq.Message) (int, error) {
	for i := range ms {
		if err := a.ask(ctx, &ms[i], false, false); err != nil {
			return i, err
		}
	}
	return len(ms), nil
}

// Ask is [Sender.Send] for a Request, which alone receives the reply until EndCall.
func (a *Asker) Ask(ctx context.Context, m *ringmq.Message) error { return a.ask(ctx, m, false, true) }

func (a *Asker) ask(ctx context.Context, m *ringmq.Message, borrowed, call bool) error {
	e, err := a.entry(m)
	if err != nil {
		return err
	}
	if !e.DeliverAt.IsZero() {
		return a.core.badMessage(ringmq.ErrInvalidMessage, "a request has no time before which it is not sent")
	}
	e.Key = nil // there is nothing that it could get out of order with
	if err := a.reserve(call); err != nil {
		return err
	}
	r, err := a.keep(ctx, e)
	a.mu.Lock()
	a.sending = false
	if err == nil {
		a.adopt(delivery.Item{Sequence: r.Sequence, Producer: r.Producer, Deliveries: 1}, &e.Message)
		a.call = call
	}
	a.mu.Unlock()
	if err != nil {
		a.prod() // something may have waited for this
		return err
	}
	a.offer(&r, &e, borrowed)
	return nil
}

// reserve begins a Send. Who sends the next request is done with the last.
func (a *Asker) reserve(call bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.call && !call:
		return a.core.OutOfTurn("send", "a Request is under way")
	case a.sending || a.stage == askWaiting || a.stage == askAnswered:
		return a.core.OutOfTurn("send", "the reply to the last request has not been received")
	}
	a.sending = true
	if a.stage != askIdle {
		a.finish()
	}
	return nil
}

// keep puts a request into the spool. That the one before is done with is safe first: no later process takes that one, the
// end of which may be in memory only, for one that has no reply.
func (a *Asker) keep(ctx context.Context, e spool.Entry) (spool.Receipt, error) {
	if err := a.spool.Commit(); err != nil {
		return spool.Receipt{}, a.failed(err)
	}
	return a.put(ctx, e)
}

// finish has done with the request. a.mu held.
func (a *Asker) finish() {
	if a.stage != askLost {
		a.drop(a.request.Sequence)
	}
	a.stage, a.request, a.from, a.handed, a.why = askIdle, request{}, nil, nil, nil
	for _, n := range a.aside {
		a.check(a.consumer.Return(n))
	}
	a.aside = nil
}

// drop takes a request out of the spool. a.mu held.
func (a *Asker) drop(n uint64) { a.check(a.consumer.Ack(spool.Range{First: n, Last: n})) }

// changed tells those who wait for their turn.
func (a *Asker) changed() {
	a.prod()
	a.core.SendChanged()
	a.core.RecvChanged()
}

// dispatch writes the request, which has come out of the spool, to a peer. Send lock held.
func (a *Asker) dispatch(m *ringmq.Message, borrowed bool) error {
	if now, err := a.due(m); !now {
		return err
	}
	return a.core.pattern.Send(m, borrowed)
}

// due reports whether the item is the request, and may be written now. Otherwise it has to wait if the error is
// ErrWouldBlock, or has been dealt with. Send lock held.
func (a *Asker) due(m *ringmq.Message) (now bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.item.Sequence
	switch {
	case a.consumer.Settled(n): // meanwhile
		a.drop(n) // it is not in flight
		return false, nil
	case a.sending:
		return false, ringmq.ErrWouldBlock
	case a.stage == askIdle:
		a.adopt(a.item, m)
	case a.request.Sequence != n:
		a.aside = append(a.aside, n)
		return false, nil
	case a.stage != askWaiting:
		return false, ringmq.ErrWouldBlock
	}
	a.request.Item = a.item
	return true, nil
}

// Number is what tells the request that is being written from others, on every connection and after a restart. Send lock
// held.
func (a *Asker) Number() uint32 { return uint32(a.item.Sequence) }

// Asked notes that the request was written to p. Send lock held.
func (a *Asker) Asked(p *Pipe) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stage == askWaiting {
		a.from = p
	}
}

// wrote notes that a request was written to a peer that does not acknowledge. The outbox's lock is held.
func (a *Asker) wrote(n uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.request.Sequence == n {
		a.request.kept = false
	}
}

// Answer decides what becomes of a reply that has come over p, to the request of a number.
func (a *Asker) Answer(p *Pipe, number uint32) Verdict {
	a.mu.Lock()
	n := a.request.Sequence
	due := a.stage == askWaiting && number == uint32(n) && !p.Leaving()
	if due {
		a.stage, a.from = askAnswered, p
	}
	a.mu.Unlock()
	if !due {
		return Discard
	}
	a.forget(n)
	return Enqueue
}

// MayRecv returns the error of a Recv that is out of turn, or to which there is no reply. call: it is a Request's.
func (a *Asker) MayRecv(call bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.call && !call:
		a.core.RecvChanged() // it may have been the Request that was to be woken
		return a.core.OutOfTurn("receive", "the reply is for a Request that is under way")
	case a.stage == askIdle, a.stage == askHanded:
		return a.core.OutOfTurn("receive", "no request has been sent")
	case a.stage != askLost:
		return nil
	}
	err := a.why
	a.finish()
	a.changed()
	return err
}

// HandOver gives the program a reply to the request of a number: it is acknowledged by that. It returns false if nobody
// waits for that reply any more.
func (a *Asker) HandOver(m *ringmq.Message, number uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stage != askAnswered || number != uint32(a.request.Sequence) {
		return false
	}
	r := &a.request
	t := &answer{a: a, of: ringmq.Delivery{Producer: r.Producer, Sequence: r.Sequence, Count: r.Deliveries}}
	t.chunk.Deliver(m, t)
	a.stage, a.handed, a.call = askHanded, t, false
	if a.auto {
		a.finish()
	}
	a.changed()
	return true
}

// EndCall ends a Request that has no reply. The request stays.
func (a *Asker) EndCall() {
	a.mu.Lock()
	a.call = false
	a.mu.Unlock()
	a.changed()
}

// Gone is told that p has lost its peer, or is leaving. Send lock held.
func (a *Asker) Gone(p *Pipe) {
	a.mu.Lock()
	defer a.mu.Unlock()
	unheard := a.stage == askAnswered && p.Leaving() // the reply is thrown away
	switch {
	case a.from != p || !unheard && a.stage != askWaiting:
	case !a.request.kept:
		a.lose(a.core.PeerGone(p))
	case unheard:
		a.stage = askWaiting
		a.check(a.consumer.Nack(a.request.Sequence, 0))
		a.prod()
	}
}

// lose notes that no reply is going to come. a.mu held.
func (a *Asker) lose(why error) {
	a.stage, a.why = askLost, why
	a.core.SendChanged()
	a.core.RecvChanged()
}

// errGivenUp is for a request that was sent too often, or that has been removed from the spool.
var errGivenUp = fmt.Errorf("%w: the request was given up by the spool's rules", ringmq.ErrNoRoute)

// inquire finds out whether the request is still in the spool. The pump calls it.
func (a *Asker) inquire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stage == askWaiting && a.request.kept && a.consumer.Settled(a.request.Sequence) {
		a.lose(&ringmq.Error{Socket: a.core.kind.Name, Op: "receive", Err: errGivenUp})
	}
}

// Unanswered returns a copy of the request that waits for its reply; false if there is none.
func (a *Asker) Unanswered() (ringmq.Message, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stage != askWaiting && a.stage != askAnswered {
		return ringmq.Message{}, false
	}
	return a.request.message.Clone(), true
}

// GiveUp takes the request out of the spool. The error is for one that is not there, or that a Request waits for.
func (a *Asker) GiveUp() error {
	n, err := a.giveUp()
	if err != nil {
		return err
	}
	a.forget(n)
	a.changed()
	return nil
}

func (a *Asker) giveUp() (n uint64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.core.closing.Load():
		return 0, a.core.errClosed("give up")
	case a.call:
		return 0, a.core.OutOfTurn("give up", "a Request is under way")
	case a.stage != askWaiting && a.stage != askAnswered:
		return 0, a.core.OutOfTurn("give up", "there is no request without a reply")
	}
	n = a.request.Sequence
	a.finish()
	return n, nil
}

// CanSend reports whether it is the program's turn to send.
func (a *Asker) CanSend() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.sending && !a.call && a.stage != askWaiting && a.stage != askAnswered
}

// CanRecv reports whether there is a reply, or the news that none will come.
func (a *Asker) CanRecv() bool {
	a.core.CanNext() // which takes replies in, and has the next one announced
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.call && (a.stage == askAnswered || a.stage == askLost)
}

// answer is the ticket of a reply: what is done with it is done with the request.
type answer struct {
	a     *Asker
	of    ringmq.Delivery
	chunk ringmq.Chunk
}

// Ack is for [ringmq.Message.Ack].
func (t *answer) Ack() error {
	if ours, err := t.end(func() error { t.a.finish(); return nil }); !ours || err != nil {
		return err
	}
	t.a.changed()
	return nil
}

// Nack is for [ringmq.Message.Nack].
func (t *answer) Nack(delay time.Duration) error {
	a := t.a
	var it delivery.Item
	ours, err := t.end(func() error {
		if !a.request.kept {
			return a.core.OutOfTurn("refuse", "the peer does not acknowledge, and the request is not in the spool any more")
		}
		a.stage, a.handed, it = askWaiting, nil, a.request.Item
		return nil
	})
	if !ours || err != nil {
		return err
	}
	a.refuse(it, delay)
	a.changed()
	return nil
}

// end does what the program says about the reply, the first time. ours is false for a reply that it is done with.
func (t *answer) end(do func() error) (ours bool, err error) {
	t.a.mu.Lock()
	defer t.a.mu.Unlock()
	switch {
	case t.a.handed != t:
		return false, nil
	case t.a.core.closing.Load():
		return true, t.a.core.errClosed("acknowledge")
	}
	return true, do()
}

// Delivery is for [ringmq.Message.Delivery].
func (t *answer) Delivery() ringmq.Delivery { return t.of }
