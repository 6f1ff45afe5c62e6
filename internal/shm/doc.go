// Package shm is a pair of byte rings in memory that two processes share: the fast path between two ringmq programs on
// one machine that talk over a Unix domain socket.
//
//	offset   0  version of this layout
//	       128  ring 0: head, tail, reader waits, writer waits, each on a cache line of its own
//	      1024  ring 1, likewise
//	      4096  the bytes of ring 0, then of ring 1
//
// The side that offers the memory writes to ring 0, the other to ring 1. A ring has one writer and one reader. head is
// the number of bytes ever written, tail the number ever read; each side keeps its own in private memory and only
// stores it in the shared word, so that a peer that scribbles there hurts nobody but itself: what it says is bounded
// before it is used, and bytes are copied out before anybody looks at them.
//
// A side that is about to sleep says so in a word of the ring, looks again, and is then woken by the other through the
// socket: Write and Read say when that is due. While both are awake they pass bytes without a system call.
//
// The memory is sealed against shrinking, so that a peer cannot take it away under a reader. Only Linux has that; on
// other systems there is nothing to create.
package shm
