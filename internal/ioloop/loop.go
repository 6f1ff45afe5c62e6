package ioloop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Runner is a piece of work for a loop.
type Runner interface {
	Run()
}

// idleRounds is how often a loop that finds nothing to do looks again, giving way to other goroutines in between,
// before it sleeps. Sleeping and being woken costs some 5 µs on each side; a round costs about 0.5 µs.
const idleRounds = 4

// Work for later waits for pauseTime; where there is much of it, for pauseShare times as long as it took the last time,
// up to maxPause: work that comes by for what has gathered finds the more, the longer it stays away, and must not keep
// the loop from everything else.
const (
	pauseTime  = 100 * time.Microsecond
	pauseShare = 4
	maxPause   = time.Millisecond
)

// poller waits for the operating system. Every method but wake belongs to the loop's goroutine.
type poller interface {
	// poll handles what is ready and reports whether there was anything.
	poll(l *Loop) bool
	// block waits until something is ready or wake was called, without handling it.
	block()
	// alarm makes a block that is going on after d, or the next one after that, return. Any goroutine may call it.
	alarm(d time.Duration)
	// wake makes a block that is going on, or the next one, return.
	wake()
	close()
}

// Loop is one I/O loop. Its methods may be called by any goroutine.
type Loop struct {
	cfg    loopConfig
	poller poller

	mu     sync.Mutex
	posted []Runner
	spare  []Runner  // the loop's; swapped with posted
	later  []Runner  // see Later
	due    []Runner  // the loop's; swapped with later
	since  time.Time // of the oldest in later
	pause  time.Duration
	inDue  bool // due is being run, and the alarm set when that is over

	depth   atomic.Int32 // len(posted)
	pauses  atomic.Bool  // later is not empty
	asleep  atomic.Bool
	stopped atomic.Bool
	done    chan struct{}
}

type loopConfig struct {
	cpu    int  // core to pin to; -1: not pinned
	pinned bool // locked to its thread, and spinning instead of sleeping
}

func newLoop(cfg loopConfig) (*Loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	l := &Loop{cfg: cfg, poller: p, pause: pauseTime, done: make(chan struct{})}
	go l.run()
	return l, nil
}

// Post has the loop call r.Run soon, once for each Post.
func (l *Loop) Post(r Runner) {
	l.mu.Lock()
	l.posted = append(l.posted, r)
	l.depth.Store(int32(len(l.posted)))
	l.mu.Unlock()
	l.ring()
}

// Later has the loop call r.Run once after a short pause: 100 µs, and up to a millisecond where there is much to do.
func (l *Loop) Later(r Runner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.later = append(l.later, r); len(l.later) == 1 {
		l.since = time.Now()
		l.pauses.Store(true)
		if !l.inDue {
			l.poller.alarm(l.pause)
		}
	}
}

// PutOff begins the pause of Later anew, and it is a short one, if r alone waits for it and has done so for half as long.
func (l *Loop) PutOff(r Runner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inDue || len(l.later) != 1 || l.later[0] != r {
		return
	}
	if t := time.Now(); t.Sub(l.since) >= pauseTime/2 {
		l.since, l.pause = t, pauseTime
		l.poller.alarm(l.pause)
	}
}

// ring wakes the loop if it sleeps.
func (l *Loop) ring() {
	if l.asleep.Load() && l.asleep.CompareAndSwap(true, false) {
		l.poller.wake()
	}
}

// stop ends the loop after the work that is posted; it returns when the loop has ended.
func (l *Loop) stop() {
	l.stopped.Store(true)
	l.poller.wake()
	<-l.done
	l.poller.close() // not before: wake uses it
}

func (l *Loop) run() {
	defer close(l.done)
	defer l.pin()()
	for idle := 0; ; {
		ran := l.runPosted()
		if l.poller.poll(l) || ran {
			idle = 0
			l.runLater()
			continue
		}
		if l.stopped.Load() && l.depth.Load() == 0 {
			return
		}
		if idle++; !l.pauses.Load() && (idle < idleRounds || l.cfg.pinned) {
			runtime.Gosched()
			continue
		}
		l.sleep()
		l.runLater()
		idle = 0
	}
}

// runLater runs what was left for later long enough ago.
func (l *Loop) runLater() {
	if !l.pauses.Load() {
		return
	}
	l.mu.Lock()
	start := time.Now()
	if start.Sub(l.since) < l.pause {
		l.mu.Unlock()
		return
	}
	l.due, l.later = l.later, l.due[:0]
	l.pauses.Store(false)
	l.inDue = true
	l.mu.Unlock()
	for i, r := range l.due {
		l.due[i] = nil
		r.Run()
	}
	l.setPause(time.Since(start))
}

// setPause decides on the next pause after work that took d, and sets the alarm for one that has begun meanwhile.
func (l *Loop) setPause(d time.Duration) {
	l.mu.Lock()
	l.pause = min(max(pauseTime, pauseShare*d), maxPause)
	l.inDue = false
	if len(l.later) > 0 {
		l.poller.alarm(l.pause)
	}
	l.mu.Unlock()
}

func (l *Loop) runPosted() bool {
	if l.depth.Load() == 0 {
		return false
	}
	l.mu.Lock()
	work := l.posted
	l.posted = l.spare[:0]
	l.depth.Store(0)
	l.mu.Unlock()
	for i, r := range work {
		work[i] = nil
		r.Run()
	}
	l.spare = work
	return true
}

// sleep blocks unless work was posted. A Post that comes after asleep was set sees it and wakes; one that came before
// has raised depth.
func (l *Loop) sleep() {
	l.asleep.Store(true)
	if l.depth.Load() == 0 && !l.stopped.Load() {
		l.poller.block()
	}
	l.asleep.Store(false)
}
