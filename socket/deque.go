package socket

import "github.com/ringmq/ringmq"

// kept is a message that waits for a peer.
type kept struct {
	m    ringmq.Message
	key  string // of Conflate
	size int    // bytes of its frames
	at   int64  // when it came; see now
}

// deque is a queue of messages that is open at both ends. Each has a place, which is good as long as it is in: places
// count up from the front. One goroutine at a time.
type deque struct {
	ring  []kept // len is 0 or a power of two
	first uint64 // place of the front
	n     int
	bytes int // of all
}

// smallDeque is the number of messages that a deque has room for at first, idleDeque that which it keeps room for when
// it has become empty: a few of 100 bytes for a peer that keeps up, what is offered at a time for one that does not.
const (
	smallDeque = 16
	idleDeque  = 256
)

func (d *deque) slot(place uint64) *kept { return &d.ring[place&uint64(len(d.ring)-1)] }

// front is the message at the front; there is one.
func (d *deque) front() *kept { return d.slot(d.first) }

func (d *deque) pushBack(k kept) (place uint64) {
	d.reserve()
	place = d.first + uint64(d.n)
	*d.slot(place) = k
	d.n++
	d.bytes += k.size
	return place
}

func (d *deque) pushFront(k kept) (place uint64) {
	d.reserve()
	d.first--
	*d.slot(d.first) = k
	d.n++
	d.bytes += k.size
	return d.first
}

func (d *deque) popFront() (k kept) {
	k = d.take(d.first)
	d.first++
	d.tidy()
	return k
}

func (d *deque) popBack() (k kept) {
	k = d.take(d.first + uint64(d.n) - 1)
	d.tidy()
	return k
}

func (d *deque) take(place uint64) (k kept) {
	s := d.slot(place)
	k, *s = *s, kept{}
	d.n--
	d.bytes -= k.size
	return k
}

// replace puts k into the place of another message.
func (d *deque) replace(place uint64, k kept) {
	s := d.slot(place)
	d.bytes += k.size - s.size
	*s = k
}

func (d *deque) reserve() {
	if d.n < len(d.ring) {
		return
	}
	old := *d
	d.ring = make([]kept, max(2*len(old.ring), smallDeque))
	for i := range old.n {
		place := old.first + uint64(i)
		*d.slot(place) = *old.slot(place)
	}
}

// tidy gives the memory of a deque back that is empty and was long.
func (d *deque) tidy() {
	if d.n == 0 && len(d.ring) > idleDeque {
		d.ring = nil
	}
}
