package ioloop

// Sharer is a stream between two processes of one machine that can go on in memory that they share. Both sides agree on
// it during their handshake: the one that connects offers memory with its first bytes, which a peer that knows nothing
// of it does not notice, and the other says in the handshake whether it takes the offer.
type Sharer interface {
	Stream
	// Offered reports whether there is an offer, ours or the peer's, that can be used.
	Offered() bool
	// Share goes on in the shared memory, after the first handshake bytes that are sent: whatever follows them, in either
	// direction, does not go over the descriptor any more. What was read beyond the peer's handshake is of no meaning.
	// The caller is the goroutine that reads; nothing may have been given to Writev that lies beyond those bytes.
	Share(handshake int64)
}
