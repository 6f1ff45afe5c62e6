package socket

import (
	"sync"
	"time"

	"github.com/ringmq/ringmq"
)

// OfferBytes is how many bytes of messages are given to a connection at a time, where messages wait as such: under
// [WithSendMaxAge], [WithSendHWMBytes], [WithConflate], [DropOldest] and [Conflate]. What was given is not taken back
// while the connection lasts. One message is given whatever its size.
const OfferBytes = 16 << 10

// backlog holds what waits for a peer as whole messages, for options that take messages out again; without one of them
// a pipe has none. Senders add, the holder of the flush task gives them on:
//
//	Send ──> waiting ──offer──> out (encoded) ──> write(2)
//	            │ dropped,        │ offered has the same messages until they are written, for when
//	            v replaced        v the connection ends
//
// The sending half of out is the flush task's holder's then. Over inproc messages go on to the peer's mailbox; send
// lock. The methods take mu, unless they say that it is held.
type backlog struct {
	pipe *Pipe
	opts *queueing
	hwm  int // messages; 0: no limit

	mu      sync.Mutex
	waiting deque
	offered deque
	places  map[string]uint64 // of Conflate: where in waiting a key is
	asked   ringmq.Message    // what the key is asked for
	lost    Losses
	seen    uint64 // messages of out that are known to be written
	refused int    // bytes of the message that found no room last, until one does
	timer   *time.Timer

	moved    uint64 // messages ever given to out
	returned uint64 // of those, taken back when a connection ended
	givenUp  uint64 // messages given up with the peer that out did not have
}

func newBacklog(p *Pipe) *backlog {
	c := &p.core.cfg
	b := &backlog{pipe: p, opts: &c.queueing, hwm: p.opts.sendHWM}
	if c.conflate {
		b.hwm = 1
	}
	if c.overflow.kind == conflateByKey {
		b.places = make(map[string]uint64)
	}
	return b
}

// add queues env and m as one message, which k copies where it must; without k, m stays good as it is. It returns false
// if there is no room; see [queueing.drops]. Send lock held.
func (b *backlog) add(k *keeper, env [][]byte, m *ringmq.Message, borrowed bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire()
	msg := kept{m: *m, size: sizeOf(env, m)}
	if !b.opts.drops() && b.full(msg.size) {
		b.refuse(msg.size)
		return false
	}
	b.refused = 0
	if k != nil {
		msg.m = k.keep(env, m, borrowed)
	}
	if b.opts.maxAge > 0 {
		msg.at = now()
	}
	if b.places != nil && b.conflate(&msg) {
		b.trim()
		return true
	}
	for b.full(msg.size) {
		b.dropOldest()
	}
	b.enter(b.waiting.pushBack(msg))
	return true
}

// full reports whether a message of so many bytes is too much. Where older ones make way, only those that can count. mu
// held.
func (b *backlog) full(size int) bool {
	n, bytes := b.waiting.n, b.waiting.bytes
	if !b.opts.drops() {
		b.settle()
		n, bytes = n+b.offered.n, bytes+b.offered.bytes
	}
	return b.hwm > 0 && n >= b.hwm || b.opts.maxBytes > 0 && n > 0 && bytes+size > b.opts.maxBytes
}

// trim drops the oldest messages that wait until the marks are kept. mu held.
func (b *backlog) trim() {
	for w := &b.waiting; b.hwm > 0 && w.n > b.hwm || b.opts.maxBytes > 0 && w.n > 1 && w.bytes > b.opts.maxBytes; {
		b.dropOldest()
	}
}

func (b *backlog) dropOldest() {
	b.pop()
	if b.opts.conflate {
		b.lost.Conflated++
	} else {
		b.lost.Oldest++
	}
}

// conflate puts a message into the place of the one of its key, if there is one; it sets its key. mu held.
func (b *backlog) conflate(msg *kept) bool {
	first, _ := msg.m.Parts()
	if key := b.opts.overflow.key; key != nil {
		b.asked = msg.m // which may get to the heap by this, and is there
		first = key(&b.asked)
		b.asked = ringmq.Message{}
	}
	place, ok := b.places[string(first)]
	if !ok {
		msg.key = string(first)
		return false
	}
	msg.key = b.waiting.slot(place).key
	b.waiting.replace(place, *msg)
	b.lost.Conflated++
	return true
}

// enter notes where a message is. mu held.
func (b *backlog) enter(place uint64) {
	if b.places != nil {
		b.places[b.waiting.slot(place).key] = place
	}
}

// pop takes the message that has waited longest. mu held; there is one.
func (b *backlog) pop() kept {
	msg := b.waiting.popFront()
	if b.places != nil {
		delete(b.places, msg.key)
	}
	return msg
}

// expire drops the messages in front that have waited for too long. mu held.
func (b *backlog) expire() {
	if b.opts.maxAge == 0 {
		return
	}
	for limit := now() - int64(b.opts.maxAge); b.waiting.n > 0 && b.waiting.front().at <= limit; {
		b.pop()
		b.lost.Expired++
	}
}

// wakeAtExpiry has senders and Close, if they wait, look again when the oldest message has expired. mu held.
func (b *backlog) wakeAtExpiry() {
	if b.opts.maxAge == 0 || b.waiting.n == 0 {
		return
	}
	wait := b.opts.maxAge - time.Duration(now()-b.waiting.front().at)
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.expired)
	} else {
		b.timer.Reset(wait)
	}
}

func (b *backlog) expired() {
	b.pipe.core.writable.wake()
	b.pipe.core.quiet.wake()
}

// left is the number of messages that wait and are not offered. Close, and the end of a pipe, wait for them no longer
// than they are good for. mu held.
func (b *backlog) left() int {
	b.expire()
	if b.pipe.muted.Load() || b.pipe.core.closing.Load() {
		b.wakeAtExpiry()
	}
	return b.waiting.n
}

// next takes the next message that is to be sent. mu held.
func (b *backlog) next() (msg kept, ok bool) {
	b.expire() // in front of each: one that took another's place may be younger than those behind it
	if b.waiting.n == 0 {
		return msg, false
	}
	return b.pop(), true
}

// offer gives messages to out when everything that it had is written. Holder of the flush task.
func (b *backlog) offer() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.settle(); b.offered.n > 0 {
		return
	}
	for b.offered.bytes < OfferBytes {
		msg, ok := b.next()
		if !ok {
			return
		}
		b.pipe.out.Append(nil, &msg.m, true)
		b.moved++
		b.offered.pushBack(msg)
	}
}

// settle forgets the offered messages that are written. mu held.
func (b *backlog) settle() {
	for done := b.pipe.out.Done(); b.seen < done; b.seen++ {
		b.offered.popFront()
	}
}

// takeBack takes back what was offered and is not wholly written: the connection has ended. Holder of the flush task.
func (b *backlog) takeBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	n := uint64(b.pipe.out.Drop())
	b.seen += n
	b.returned += n
	for b.offered.n > 0 {
		msg := b.offered.popBack()
		if _, newer := b.places[msg.key]; newer {
			b.lost.Conflated++
			continue
		}
		b.enter(b.waiting.pushFront(msg))
	}
	if b.opts.drops() {
		b.trim()
	}
}

// giveUp drops everything for good, and returns how much of it out had. Holder of the flush task.
func (b *backlog) giveUp() (offered int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	offered = b.pipe.out.Drop()
	b.seen += uint64(offered)
	b.givenUp += uint64(b.waiting.n)
	b.waiting, b.offered = deque{}, deque{}
	clear(b.places)
	if b.timer != nil {
		b.timer.Stop()
	}
	return offered
}

// depth is the number of messages that wait and are not offered.
func (b *backlog) depth() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left()
}

// takes reports whether a message of the size has room.
func (b *backlog) takes(size int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire()
	if b.opts.drops() || !b.full(size) {
		return true
	}
	b.refuse(size)
	return false
}

// writable reports whether the message that was refused last has room, or else any. So one who waits for that and sends
// a message again is not told of room that is too small for it.
func (b *backlog) writable() bool {
	b.mu.Lock()
	size := max(b.refused, 1)
	b.mu.Unlock()
	return b.takes(size)
}

// refuse notes that there is no room for so many bytes. mu held.
func (b *backlog) refuse(size int) {
	b.refused = size
	b.wakeAtExpiry()
}

// halved reports whether the queue is down to half of each mark.
func (b *backlog) halved() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	n, bytes := b.waiting.n+b.offered.n, b.waiting.bytes+b.offered.bytes
	return (b.hwm == 0 || n <= b.hwm/2) && (b.opts.maxBytes == 0 || bytes <= b.opts.maxBytes/2)
}

// appended is the number of messages that were ever given to out or are going to be.
func (b *backlog) appended() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moved + uint64(b.left())
}

// losses is what was dropped while it waited.
func (b *backlog) losses() Losses {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// doneWith is [Pipe.doneWith].
func (b *backlog) doneWith() (done, takenBack, givenUp uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pipe.out.Done(), b.returned, b.givenUp
}
