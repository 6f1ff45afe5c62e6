package outq

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Sizes of blocks, in bytes.
const (
	// smallBlock is what a queue begins with: little, for a thousand quiet peers.
	smallBlock = 4 << 10
	// denseBlock is what a queue goes on with when it fills faster than it drains; one write(2) of this size reaches
	// the bandwidth that larger ones do.
	denseBlock = 64 << 10
	// growth is how many times larger the next block of a queue that fills is.
	growth = 4
	// largestPooled is the largest block that is kept for reuse.
	largestPooled = 8 << 20
)

// Block is a piece of memory for encoded frames. The sender writes ahead of what the spans cover; the bytes that a
// span covers do not change. It returns to its pool with the last reference.
type Block struct {
	buf  []byte
	refs atomic.Int32
}

const smallestClass = 12 // 4 KiB

// pools holds free blocks by the power of two of their size.
var pools [24 - smallestClass]sync.Pool

// newBlock returns a block of at least size bytes with one reference.
func newBlock(size int) *Block {
	class := bits.Len(uint(max(size, smallBlock) - 1))
	if 1<<class > largestPooled {
		b := &Block{buf: make([]byte, size)}
		b.refs.Store(1)
		return b
	}
	b, _ := pools[class-smallestClass].Get().(*Block)
	if b == nil {
		b = &Block{buf: make([]byte, 1<<class)}
	}
	b.refs.Store(1)
	return b
}

func (b *Block) retain() { b.refs.Add(1) }

func (b *Block) release() {
	if b.refs.Add(-1) != 0 {
		return
	}
	if n := len(b.buf); n <= largestPooled {
		pools[bits.Len(uint(n-1))-smallestClass].Put(b)
	}
}
