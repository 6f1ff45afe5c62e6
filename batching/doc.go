// Package batching decides when queued messages are written to a connection: at once by the goroutine that sends, or
// a little later and together with others by the I/O loop.
//
// A [Policy] is pure: it is told the state of one peer's outbound queue and returns a decision; it keeps no state,
// knows no clock and does no I/O. It is asked only when nobody is writing to the peer: while somebody is, further
// messages join what is written next, whatever the policy.
//
//	quiet   Send ──> write(2)                          one system call a message, least latency
//	dense   Send ──> queue ──> one write(2) for many     one system call in hundreds, most throughput
//
// [Adaptive], the default, moves between the two by itself and never holds a lone message back.
package batching
