package peer

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// clockBase and clockOffset turn Go's monotonic clock into CLOCK_MONOTONIC, which all processes of a machine share.
var clockBase, clockOffset = calibrate()

// calibrate reads both clocks together and keeps the reading that was interrupted least.
func calibrate() (base time.Time, offset int64) {
	base = time.Now()
	shortest := int64(math.MaxInt64)
	for range 100 {
		before := int64(time.Since(base))
		var ts unix.Timespec
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
			continue // it cannot fail; if it did all latencies would be absurd
		}
		after := int64(time.Since(base))
		if after-before < shortest {
			shortest = after - before
			offset = ts.Nano() - (before+after)/2
		}
	}
	return base, offset
}

// now is CLOCK_MONOTONIC in ns.
func now() int64 { return clockOffset + int64(time.Since(clockBase)) }

// spinBefore is how long before a message is due the pacer stops sleeping: more than a sleep is ever late on an idle
// core.
const spinBefore = int64(150 * time.Microsecond)

// pacer waits until messages are due. It belongs to one goroutine, whose thread it locks with the first wait: the sleep
// is one of that thread.
type pacer struct {
	rate  int64
	begun int64 // ns; 0: not yet
}

func newPacer(rate int) *pacer { return &pacer{rate: int64(rate)} }

// wait returns when message k is due, or at once if that is past, and in any case the time at which it was due: late
// sending counts as latency.
func (p *pacer) wait(k uint64) (due uint64) {
	if p.begun == 0 {
		p.begun = now()
	}
	at := p.begun + int64(k)*int64(time.Second)/p.rate
	if early := at - spinBefore; early > now() {
		sleepUntil(early)
	}
	for now() < at {
	}
	return uint64(at)
}

// sleepUntil sleeps until the clock shows t ns.
func sleepUntil(t int64) {
	ts := unix.NsecToTimespec(t)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}
