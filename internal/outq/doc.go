// Package outq holds the outbound queue of one peer: encoded bytes in order, joined lock-free between the goroutine
// that sends and the goroutine that writes to the connection.
//
// The queue is a list of spans. A span is a range of a shared, reference-counted block of encoded frames, or a large
// frame that is referenced instead of copied. The sender either encodes into the queue's own block, or, when one
// message goes to many peers, encodes once into a [Broadcast] and adds the range to each queue; a range that follows
// the one before merges with it, so a subscriber that takes everything has a single growing span and is written to
// straight from the shared block.
//
//	Broadcast block   |m1|m2|m3|m4|m5|m6|…
//	queue A (all)     [------------------>   one span
//	queue B (m2, m5)  [m2][m5]               copies in B's own block
//
//	span list   [ span ] -> [ span ] -> [ span ]
//	              ^   ^                     ^
//	            base  cursor               tail: the sender extends it with one atomic store
//
// cursor is how far bytes were written; base is the start of the first message that is not wholly written, which is
// where writing begins again on another connection.
//
// Bytes in the queue are ZMTP 2.0/3.x frames (RFC 23, section "Framing"), whatever the peer speaks: the frames can be
// walked, so the queue needs no index of message boundaries.
package outq
