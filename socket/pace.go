package socket

import (
	"sync/atomic"

	"github.com/ringmq/ringmq/batching"
)

// pace tells how densely a socket sends, whomever to.
type pace struct {
	burst int          // see batching.State; send lock
	last  int64        // when it was last counted; send lock
	cut   int64        // when a gap cut a stream short, or 0; send lock
	stuck bool         // the last message had to wait; send lock
	wrote atomic.Int64 // when a write was last over
}

// count takes note of a message at t. A gap ends a burst, and the message after it is nobody's follower; but if the burst
// was a stream, and messages come densely again within streamGap of its end, then it was the scheduler's gap, not the program's, and
// they are counted as a stream from the second one. That holds once: a stream has to show anew that it is one. Send lock
// held.
func (p *pace) count(t int64) {
	end := max(p.last, p.wrote.Load())
	switch {
	case !p.stuck && t-end >= int64(batching.DenseGap):
		if p.burst > batching.DenseBurst {
			p.cut = end
		}
		p.burst = 0
	case p.cut != 0 && t-p.cut < int64(streamGap):
		p.burst, p.cut = batching.DenseBurst, 0
	default:
		p.burst++
		p.cut = 0
	}
	p.last, p.stuck = t, false
}
