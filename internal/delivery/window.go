package delivery

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ringmq/ringmq"
)

// Item is a message on its way.
type Item struct {
	Sequence   uint64
	Producer   uint64
	Deliveries int
	Key        string // "" for none
}

// entry is an item under its number. It is live until it has been dealt with.
type entry struct {
	Item
	number uint64
	sent   int64 // when, by the caller's clock
	live   bool
}

// Window is what a sender knows of the messages that one peer has, or is being sent, and has not acknowledged. One
// goroutine at a time may use it.
type Window struct {
	limit   int
	given   uint64  // numbers given out
	entries []entry // in the order of their numbers; those that are dealt with are taken out now and then
	live    int
	late    []entry // not acknowledged in time, at most limit: should it still come
	told    Seq     // what the peer takes the next message for; Producer counts only after the first
}

// NewWindow returns a window of at most limit messages in flight.
func NewWindow(limit int) *Window { return &Window{limit: limit} }

// Len is the number of messages in flight.
func (w *Window) Len() int { return w.live }

// Room is the number of messages that may still be sent.
func (w *Window) Room() int { return w.limit - w.live }

// Send takes an item on, at a time. If the peer must be told which one it is, tell is set, and seq is what it is told.
func (w *Window) Send(it Item, now int64) (seq Seq, tell bool) {
	w.given++
	w.entries = append(w.entries, entry{it, w.given, now, true})
	w.live++
	seq = Seq{it.Sequence, it.Producer, w.given == 1 || it.Producer != w.told.Producer, max(it.Deliveries, 1)}
	tell = seq.Other || seq.Deliveries > 1 || it.Sequence != w.told.Sequence
	w.told = Seq{Sequence: it.Sequence + 1, Producer: it.Producer}
	return seq, tell
}

// Outcome is told what has become of items, once of each.
type Outcome interface {
	Done(it Item)                // acknowledged
	Late(it Item)                // acknowledged after it had been given back for want of that
	Refused(it Item, by Refusal) // not processed
}

// Apply takes a report of the peer. The error wraps [ringmq.ErrProtocol], and nothing was told then.
func (w *Window) Apply(r *Report, to Outcome) error {
	if err := w.check(r); err != nil {
		return err
	}
	w.refuse(r, to)
	w.settle(Range{1, r.Upto}, to.Done)
	for _, rg := range r.Ranges {
		w.settle(rg, to.Done)
	}
	w.expired(r, to.Late)
	w.compact()
	return nil
}

// ApplyRefusals is Apply for items that something else than a report acknowledges: what the peer does not refuse stays in
// flight.
func (w *Window) ApplyRefusals(r *Report, to Outcome) error {
	if err := w.check(r); err != nil {
		return err
	}
	w.refuse(r, to)
	w.compact()
	return nil
}

func (w *Window) refuse(r *Report, to Outcome) {
	for _, f := range r.Refused {
		w.settle(Range{f.Number, f.Number}, func(it Item) { to.Refused(it, f) })
	}
}

// check refuses numbers that have not been given out.
func (w *Window) check(r *Report) error {
	highest := r.Upto
	for _, rg := range r.Ranges {
		highest = max(highest, rg.Last)
	}
	for _, f := range r.Refused {
		highest = max(highest, f.Number)
	}
	if highest > w.given {
		return fmt.Errorf("%w: the acknowledgement of message %d, of %d", ringmq.ErrProtocol, highest, w.given)
	}
	return nil
}

// settle deals with the entries of a range.
func (w *Window) settle(r Range, each func(Item)) {
	i := 0
	if r.First > 1 {
		i, _ = slices.BinarySearchFunc(w.entries, r.First, func(e entry, n uint64) int { return cmp.Compare(e.number, n) })
	}
	for ; i < len(w.entries) && w.entries[i].number <= r.Last; i++ {
		if e := &w.entries[i]; e.live {
			e.live = false
			w.live--
			each(e.Item)
		}
	}
}

// expired deals with acknowledgements that come late. What is refused so late has been given back already.
func (w *Window) expired(r *Report, acknowledged func(Item)) {
	if len(w.late) == 0 {
		return
	}
	refused := func(n uint64) bool {
		return slices.ContainsFunc(r.Refused, func(f Refusal) bool { return f.Number == n })
	}
	w.late = slices.DeleteFunc(w.late, func(e entry) bool {
		covered := e.number <= r.Upto ||
			slices.ContainsFunc(r.Ranges, func(rg Range) bool { return rg.First <= e.number && e.number <= rg.Last })
		if covered && !refused(e.number) {
			acknowledged(e.Item)
		}
		return covered || refused(e.number)
	})
}

// compact takes out the entries that have been dealt with, once they are most.
func (w *Window) compact() {
	if len(w.entries) > 2*w.live+slack {
		w.entries = slices.DeleteFunc(w.entries, func(e entry) bool { return !e.live })
	}
}

// Forget takes an item out that was dealt with otherwise: what a report says of it is passed over.
func (w *Window) Forget(sequence uint64) {
	for i := range w.entries {
		if e := &w.entries[i]; e.live && e.Sequence == sequence {
			e.live = false
			w.live--
		}
	}
	w.late = slices.DeleteFunc(w.late, func(e entry) bool { return e.Sequence == sequence })
	w.compact()
}

// Oldest is when the oldest message in flight was sent; false if there is none.
func (w *Window) Oldest() (int64, bool) {
	for i := range w.entries {
		if w.entries[i].live {
			w.entries = w.entries[i:] // it is the first the next time
			return w.entries[0].sent, true
		}
	}
	return 0, false
}

// Expire gives back the items that were sent at a time or before and are not acknowledged, in their order.
func (w *Window) Expire(before int64, each func(Item)) {
	for i := range w.entries {
		e := &w.entries[i]
		if e.sent > before {
			break
		}
		if e.live {
			e.live = false
			w.live--
			w.keepLate(*e)
			each(e.Item)
		}
	}
	w.compact()
}

func (w *Window) keepLate(e entry) {
	if len(w.late) >= w.limit {
		w.late = slices.Delete(w.late, 0, 1)
	}
	w.late = append(w.late, e)
}

// Drain gives back all items in flight, in their order, at the end of the connection; written says whether the message was
// written to it. The window is not used afterwards.
func (w *Window) Drain(writtenUpto uint64, each func(it Item, written bool)) {
	for _, e := range w.entries {
		if e.live {
			each(e.Item, e.number <= writtenUpto)
		}
	}
	w.entries, w.late, w.live = nil, nil, 0
}

// Given is the number of messages taken on so far.
func (w *Window) Given() uint64 { return w.given }
