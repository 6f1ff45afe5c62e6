package seglog

import (
	"sync"

	"github.com/ringmq/ringmq"
)

// block is a chunk of a segment that was read, with the list that the frames of its messages are parts of.
type block struct {
	chunk *ringmq.Chunk
	lists [][]byte
}

// listSize is how many frames, after the first of each message, there is a list for in a block.
const listSize = 512

// blocks holds those that nobody refers to.
var blocks sync.Pool

// newBlock returns a block of at least n bytes. One of the usual size comes from the pool, and goes back there when the
// last of its messages is released.
func newBlock(n int) *block {
	if n > blockSize {
		return &block{chunk: ringmq.NewChunk(make([]byte, n), nil, nil)}
	}
	b, ok := blocks.Get().(*block)
	if !ok {
		b = &block{lists: make([][]byte, 0, listSize)}
		b.chunk = ringmq.NewChunk(make([]byte, blockSize), nil, func(*ringmq.Chunk) { blocks.Put(b) })
	}
	clear(b.lists)
	b.lists = b.lists[:0]
	b.chunk.Reset(nil)
	return b
}

// list returns an empty list with a capacity of n that nobody else has.
func (b *block) list(n int) [][]byte {
	if n == 0 {
		return nil
	}
	if cap(b.lists)-len(b.lists) < n {
		if n > listSize {
			return make([][]byte, 0, n)
		}
		b.lists = make([][]byte, 0, listSize)
	}
	end := len(b.lists) + n
	b.lists = b.lists[:end]
	return b.lists[end-n : end-n : end]
}

// scratch is a list that is used up with the record that it is for.
func (b *block) scratch(n int) [][]byte {
	if cap(b.lists) < n {
		return make([][]byte, 0, n)
	}
	return b.lists[:0]
}
