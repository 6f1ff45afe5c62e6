package socket

import (
	"slices"
	"sync"
	"sync/atomic"
)

// pollItem is one socket in one poller. It is either queued, to be looked at, or armed: counted among those who wait for
// the socket, so that whoever changes the socket signals it. One that is told to be ready stays queued, and costs the
// socket nothing.
//
//	queued ── look: not ready ──> armed ── signal ──> queued and armed ── look: ready ──> told, queued
type pollItem struct {
	poller *Poller
	socket Pollable
	core   *Core

	mu       sync.Mutex // before the socket's locks
	interest Readiness
	armed    Readiness
	gone     bool

	queued atomic.Bool // stored with the poller's lock held
	next   *pollItem   // in the queue; the poller's lock
}

// enter has the socket know of the item, unless it was taken out already.
func (it *pollItem) enter() {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		return
	}
	it.core.readable.polls.add(it.core, it)
	it.core.writable.polls.add(it.core, it)
}

// leave undoes enter, and takes the item out of the poller. It returns false if that was done before.
func (it *pollItem) leave() bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		return false
	}
	it.gone = true
	it.disarm()
	it.core.readable.polls.remove(it.core, it)
	it.core.writable.polls.remove(it.core, it)
	it.poller.forget(it)
	return true
}

func (it *pollItem) change(interest Readiness) {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.disarm()
	it.interest = interest
}

// look returns what the socket is ready for. If that is nothing the item is armed.
func (it *pollItem) look() (ready Readiness) {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.gone {
		return 0
	}
	if ready = it.state(); ready == 0 {
		it.arm()
		ready = it.state() // since then it is signalled
	}
	if ready != 0 {
		it.disarm()
	}
	return ready
}

func (it *pollItem) state() (ready Readiness) {
	if it.core.closing.Load() {
		return Ended
	}
	if it.interest&Readable != 0 && it.core.canRecv() {
		ready |= Readable
	}
	if it.interest&Writable != 0 && it.core.canSend() {
		ready |= Writable
	}
	return ready
}

// arm counts the item among those who wait, as a receiver does before it parks, and a sender. A receiver that reads by
// itself from then on takes a message of what it has read, and signals what it leaves.
func (it *pollItem) arm() {
	missing := it.interest &^ it.armed
	it.armed = it.interest
	if missing&Readable != 0 {
		it.core.readable.n.Add(1)
	}
	if missing&Writable != 0 {
		it.core.writable.waiting.Add(1)
	}
	if it.interest&Readable != 0 {
		it.core.drive.handBack() // from here on the loop reads
	}
}

func (it *pollItem) disarm() {
	if it.armed&Readable != 0 {
		it.core.readable.n.Add(-1)
	}
	if it.armed&Writable != 0 {
		it.core.writable.waiting.Add(-1)
	}
	it.armed = 0
}

// signal has the item looked at. Any goroutine may call it, holding any lock but the poller's.
func (it *pollItem) signal() {
	if !it.queued.Load() {
		it.poller.push(it)
		it.poller.ring()
	}
}

// pollers are the items of a socket that wait for one of its directions.
type pollers struct{ list atomic.Pointer[[]*pollItem] } // replaced with c.mu held

func (p *pollers) signal() {
	if list := p.list.Load(); list != nil {
		for _, it := range *list {
			it.signal()
		}
	}
}

func (p *pollers) add(c *Core, it *pollItem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.set(append(p.copied(), it))
}

func (p *pollers) remove(c *Core, it *pollItem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.set(slices.DeleteFunc(p.copied(), func(o *pollItem) bool { return o == it }))
}

func (p *pollers) copied() []*pollItem {
	if list := p.list.Load(); list != nil {
		return slices.Clone(*list)
	}
	return nil
}

func (p *pollers) set(list []*pollItem) {
	if len(list) == 0 {
		p.list.Store(nil)
		return
	}
	p.list.Store(&list)
}

// pollQueue is a queue of items, each at most once. The poller's lock guards it.
type pollQueue struct {
	head, tail *pollItem
	n          int
}

// push puts an item at the end, unless it is queued.
func (p *Poller) push(it *pollItem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := &p.queue
	switch {
	case !p.mayQueue(it):
		return
	case q.tail == nil:
		q.head = it
	default:
		q.tail.next = it
	}
	q.tail = it
}

// putBack undoes pop: the item keeps its turn.
func (p *Poller) putBack(it *pollItem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := &p.queue
	if !p.mayQueue(it) {
		return
	}
	if it.next, q.head = q.head, it; q.tail == nil {
		q.tail = it
	}
}

// mayQueue counts an item in, unless it is queued or gone.
func (p *Poller) mayQueue(it *pollItem) bool {
	if it.queued.Load() || p.items[it.core] != it {
		return false
	}
	it.queued.Store(true)
	p.queue.n++
	return true
}

// pop takes the first item; nil if there is none. What changes from here on is signalled anew.
func (p *Poller) pop() *pollItem {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := &p.queue
	it := q.head
	if it == nil {
		return nil
	}
	q.head, it.next = it.next, nil
	if q.head == nil {
		q.tail = nil
	}
	q.n--
	it.queued.Store(false)
	return it
}

func (p *Poller) queued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.n
}

func (p *Poller) find(s Pollable) *pollItem {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.items[s.pollCore()]
}

func (p *Poller) forget(it *pollItem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.items, it.core)
}

func (p *Poller) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// ring wakes the goroutine that waits.
func (p *Poller) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
