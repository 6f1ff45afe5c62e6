package socket

import (
	"sync/atomic"
	"time"
)

var epoch = time.Now()

// now is the monotonic clock in nanoseconds; cheaper than time.Now.
func now() int64 { return int64(time.Since(epoch)) }

// coarse is the clock for what is noted on every read.
var coarse coarseClock

// coarseClock gives the time of its last tick, which costs its callers two loads where the clock itself would show. It
// ticks as long as somebody asks between two ticks. Any goroutine may call its methods.
type coarseClock struct {
	at    atomic.Int64 // of now(); 0: it stands still
	asked atomic.Bool  // since the last tick
}

// now is the time, up to two ticks late.
func (c *coarseClock) now() int64 {
	t := c.at.Load()
	if t == 0 {
		return c.start()
	}
	if !c.asked.Load() {
		c.asked.Store(true)
	}
	return t
}

// start has the clock tick, and returns the time.
func (c *coarseClock) start() int64 {
	t := now()
	c.asked.Store(true)
	if c.at.CompareAndSwap(0, t) {
		time.AfterFunc(coarseTick, c.tick)
	}
	return t
}

func (c *coarseClock) tick() {
	if !c.asked.Swap(false) {
		c.at.Store(0)
		return
	}
	c.at.Store(now())
	time.AfterFunc(coarseTick, c.tick)
}

// lastSeen is when something last came from the peer; see [Peer.LastSeen].
func (p *Pipe) lastSeen() time.Time {
	if p.Local() && p.since.Load() != 0 {
		return time.Now()
	}
	seen := p.seen.Load()
	if cn := p.conn.Load(); cn != nil {
		seen = max(seen, cn.seen.Load())
	}
	if seen == 0 {
		return time.Time{}
	}
	return epoch.Add(time.Duration(seen))
}
