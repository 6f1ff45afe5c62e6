package ring

import (
	"sync"
	"sync/atomic"
)

// blockSlots is the number of slots in a block: large enough that changing blocks does not show, small enough that
// an idle peer's queue of messages stays under 4 KiB.
const blockSlots = 64

// cacheLine keeps the writer's and the reader's words apart; 128 because of the adjacent-line prefetcher.
const cacheLine = 128

// Pool keeps blocks for any number of queues of T. The zero value is ready to use.
type Pool[T any] struct{ blocks sync.Pool }

func (p *Pool[T]) get() *block[T] {
	if p != nil {
		if b, _ := p.blocks.Get().(*block[T]); b != nil {
			return b
		}
	}
	return new(block[T])
}

func (p *Pool[T]) put(b *block[T]) {
	if p != nil {
		p.blocks.Put(b)
	}
}

type block[T any] struct {
	slots [blockSlots]T
	next  *block[T] // written before published moves past the block
}

// Queue is an unbounded FIFO queue of T for one writer and one reader at a time. The zero value is an empty queue.
// Push, Slot, Spare, Commit and Publish belong to the writer, Pop, Peek and Consume to the reader; Len and Empty may be called by anyone.
type Queue[T any] struct {
	// The reader's.
	head *block[T]
	pos  int    // index in head of the oldest element; blockSlots when head is used up
	read uint64 // slots taken
	seen uint64 // published as last seen
	lag  uint64 // how far consumed may lie behind read
	told uint64 // consumed as last stored
	_    [cacheLine - 48]byte

	// The writer's.
	tail  *block[T]
	left  int    // slots of tail that are not filled
	wrote uint64 // slots filled
	_     [cacheLine - 24]byte

	published atomic.Uint64 // slots the reader may take; stored by the writer
	_         [cacheLine - 8]byte
	consumed  atomic.Uint64 // slots taken, at most lag behind; stored by the reader
	_         [cacheLine - 8]byte
	pool      *Pool[T]
	first     atomic.Pointer[block[T]] // the first block ever, for a reader that has none yet
}

// SetLag lets the count of consumed slots that the writer sees lie up to n behind while the queue is not empty, which
// saves the reader a synchronised store for each slot. It is called before the queue is used.
func (q *Queue[T]) SetLag(n int) { q.lag = uint64(max(n, 0)) }

// SetPool has the queue take its blocks from p and give them back. It is called before the queue is used.
func (q *Queue[T]) SetPool(p *Pool[T]) { q.pool = p }

// Push adds v, which the reader does not see before Publish.
func (q *Queue[T]) Push(v T) {
	*q.Slot() = v
	q.Commit()
}

// Slot returns the slot that Commit will add, for the writer to fill; it is the same one until then.
func (q *Queue[T]) Slot() *T {
	if q.left == 0 {
		q.grow()
	}
	return &q.tail.slots[(blockSlots-q.left)%blockSlots]
}

// Spare is Slot, but nil if a block would have to be taken for it.
func (q *Queue[T]) Spare() *T {
	if q.left == 0 {
		return nil
	}
	return &q.tail.slots[(blockSlots-q.left)%blockSlots]
}

// Commit adds the slot that Slot returned; the reader does not see it before Publish.
func (q *Queue[T]) Commit() {
	q.left--
	q.wrote++
}

func (q *Queue[T]) grow() {
	b := q.pool.get()
	if q.tail == nil {
		q.first.Store(b)
	} else {
		q.tail.next = b
	}
	q.tail, q.left = b, blockSlots
}

// Publish makes everything pushed so far visible to the reader.
func (q *Queue[T]) Publish() { q.published.Store(q.wrote) }

// Unpublished is the number of slots pushed since the last Publish. Writer only.
func (q *Queue[T]) Unpublished() int { return int(q.wrote - q.published.Load()) }

// Peek returns the oldest element without taking it, or nil if there is none. The pointer is good until Consume.
func (q *Queue[T]) Peek() *T {
	if q.read == q.seen {
		q.seen = q.published.Load()
		if q.read == q.seen {
			q.Tell()
			return nil
		}
	}
	if q.head == nil || q.pos == blockSlots {
		q.advance()
	}
	return &q.head.slots[q.pos%blockSlots]
}

// advance moves the reader to the next block, which has a published slot, and gives the used one back.
func (q *Queue[T]) advance() {
	q.pos = 0
	old := q.head
	if old == nil {
		q.head = q.first.Swap(nil)
		return
	}
	q.head, old.next = old.next, nil
	q.pool.put(old)
}

// Consume takes the element that Peek returned and clears its slot.
func (q *Queue[T]) Consume() {
	var zero T
	q.head.slots[q.pos%blockSlots] = zero
	q.pos++
	q.read++
	if q.read-q.told > q.lag {
		q.Tell()
	}
}

// Tell brings the count of consumed slots that the writer sees up to date. Reader only.
func (q *Queue[T]) Tell() {
	if q.told != q.read {
		q.told = q.read
		q.consumed.Store(q.read)
	}
}

// Pop takes the oldest element.
func (q *Queue[T]) Pop() (v T, ok bool) {
	p := q.Peek()
	if p == nil {
		return v, false
	}
	v = *p
	q.Consume()
	return v, true
}

// Empty reports whether nothing is published that the reader has not taken. Reader only: it is exact.
func (q *Queue[T]) Empty() bool { return q.read == q.published.Load() }

// Len is the number of slots written and not known to be consumed, unpublished ones included. Writer only.
func (q *Queue[T]) Len() int { return int(q.wrote - q.consumed.Load()) }

// Depth is the number of published slots not known to be consumed. Anyone may call it; it is a snapshot.
func (q *Queue[T]) Depth() int {
	c := q.consumed.Load()
	return int(q.published.Load() - c)
}

// Consumed is the number of slots ever taken, at most the lag behind. Anyone may call it.
func (q *Queue[T]) Consumed() uint64 { return q.consumed.Load() }

// Published is the number of slots ever published. Anyone may call it.
func (q *Queue[T]) Published() uint64 { return q.published.Load() }
