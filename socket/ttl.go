package socket

import (
	"fmt"
	"sync/atomic"
	"time"
)

// ttlLooks is the number of times within a peer's time-to-live that it is looked for signs of life.
const ttlLooks = 4

// theirs is what a peer's PINGs ask of us. Methods of a nil one do nothing: it is of a peer that sends none.
//
// A peer expects an answer to its PINGs, or anything else. While our mailbox is full nothing is read, so no PING is
// seen; the peer is sent PONGs then that it has not asked for, at its own pace.
type theirs struct {
	cn       *conn
	stopped  atomic.Bool
	lastPing int64        // holder of read
	gap      atomic.Int64 // between its PINGs

	ttl    atomic.Int64
	silent int         // looks in a row that found no sign of life; the timer's
	limit  *time.Timer // of its time-to-live

	speaking atomic.Bool
	speak    *time.Timer // for unasked PONGs; holder of speaking
}

// obey takes up what a PING says. Holder of read.
func (cn *conn) obey(tenths uint16) {
	h := cn.theirs.Load()
	if h == nil {
		h = &theirs{cn: cn}
		h.gap.Store(int64(unaskedPong))
		cn.theirs.Store(h)
	}
	h.measure()
	if tenths == 0 {
		return
	}
	h.ttl.Store(int64(time.Duration(tenths) * 100 * time.Millisecond))
	if h.limit == nil {
		startTimer(&h.limit, h.tick(), h.expire)
	}
}

// measure notes the time between two PINGs. Those that have waited for us to read come at once and say nothing.
func (h *theirs) measure() {
	t := now()
	if gap := t - h.lastPing; h.lastPing != 0 && gap >= int64(minPongGap) {
		h.gap.Store(gap)
	}
	h.lastPing = t
}

// startTimer sets t before the timer can fire: its function uses it.
func startTimer(t **time.Timer, d time.Duration, f func()) {
	*t = time.AfterFunc(time.Hour, f)
	(*t).Reset(d)
}

func (h *theirs) tick() time.Duration { return time.Duration(h.ttl.Load() / ttlLooks) }

// expire looks for signs of life within the time-to-live.
func (h *theirs) expire() {
	switch {
	case h.stopped.Load():
		return
	case h.cn.signs.ask(askedByTTL), h.cn.pipe.in.paused.Load(): // or it is we who do not read
		h.silent = 0
	default:
		h.silent++
	}
	if h.silent >= ttlLooks {
		h.cn.fail(fmt.Errorf("%w: nothing within its own time-to-live of %v", ErrPeerSilent, time.Duration(h.ttl.Load())))
		return
	}
	h.limit.Reset(h.tick())
}

// paused is told that nothing is read for want of room.
func (h *theirs) paused() {
	if h == nil || h.speaking.Load() || h.speaking.Swap(true) {
		return
	}
	if h.speak == nil {
		startTimer(&h.speak, h.pace(), h.pong)
		return
	}
	h.speak.Reset(h.pace())
}

// pace is such that a PONG goes out within whatever time the peer grants between two PINGs.
func (h *theirs) pace() time.Duration { return time.Duration(h.gap.Load() / 2) }

// pong sends one that was not asked for, as long as the pause lasts.
func (h *theirs) pong() {
	if h.stopped.Load() {
		return
	}
	if full := &h.cn.pipe.in.paused; !full.Load() {
		h.speaking.Store(false)
		if !full.Load() || h.speaking.Swap(true) {
			return
		}
	}
	h.cn.pong(nil)
	h.speak.Reset(h.pace())
}

// stop ends the waiting.
func (h *theirs) stop() {
	if h != nil {
		h.stopped.Store(true)
	}
}

// end is stop for good. Holder of read.
func (h *theirs) end() {
	if h.stop(); h != nil && h.limit != nil {
		h.limit.Stop()
	}
}
