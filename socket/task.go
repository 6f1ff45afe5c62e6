package socket

import (
	"runtime"
	"sync/atomic"
)

// task is a state word that gives one goroutine at a time the right to do a piece of recurring work, and makes sure
// that a wake-up that comes meanwhile is not lost. Each pipe has one for writing, each connection one for reading.
//
//	          wake                 begin                 end
//	idle ───────────> scheduled ─────────> running ───────────> idle
//	  └──────── tryBegin, start ────────────^  │ wake, start
//	                                           v
//	blocked <── block ── running            notified ── end ──> running (go round again)
//	   └──── unblock ──> scheduled
//	watched <── watch ── running
//	   ├──── claim, start ──> running
//	   └──── wake ──> scheduled
type task struct{ state atomic.Uint32 }

const (
	taskIdle      uint32 = iota // nothing to do
	taskScheduled               // posted to a loop, which will begin
	taskRunning                 // somebody works
	taskNotified                // somebody works, and must look again before ending
	taskBlocked                 // nothing can be done before an unblock
	taskWatched                 // idle, and the loop comes by shortly: work may be left to it
	taskOver                    // never again
)

// wake says that there is work. If it returns true the caller must have a loop begin. A blocked task is left alone: it
// will look when it is unblocked.
func (t *task) wake() bool { return t.call(false, taskScheduled) }

// start is wake for a loop that is there already: if it returns true the caller has begun. Nobody sees the task
// scheduled in between.
func (t *task) start() bool { return t.call(false, taskRunning) }

// unblock is wake for what a blocked task waits for.
func (t *task) unblock() bool { return t.call(true, taskScheduled) }

func (t *task) call(blockedToo bool, to uint32) bool {
	for {
		s := t.state.Load()
		switch {
		case s == taskIdle, s == taskWatched, s == taskBlocked && blockedToo:
			if t.state.CompareAndSwap(s, to) {
				return true
			}
		case s == taskRunning:
			if t.state.CompareAndSwap(taskRunning, taskNotified) {
				return false
			}
		default:
			return false
		}
	}
}

// begin takes up a scheduled task. It returns false if somebody has seized it since.
func (t *task) begin() bool { return t.state.CompareAndSwap(taskScheduled, taskRunning) }

// tryBegin takes up an idle task on the spot.
func (t *task) tryBegin() bool { return t.state.CompareAndSwap(taskIdle, taskRunning) }

// claim takes up a watched task.
func (t *task) claim() bool { return t.state.CompareAndSwap(taskWatched, taskRunning) }

// take takes up a task that nobody is about.
func (t *task) take() bool {
	for _, s := range [...]uint32{taskWatched, taskIdle, taskBlocked} {
		if t.state.CompareAndSwap(s, taskRunning) {
			return true
		}
	}
	return false
}

// end gives the task up; false means that there is more to do.
func (t *task) end() bool { return t.leave(taskIdle) }

// block gives the task up until an unblock; false means that one has come already.
func (t *task) block() bool { return t.leave(taskBlocked) }

// watch gives the task up to whoever comes first, the loop on its next visit or a claim; false is end's.
func (t *task) watch() bool { return t.leave(taskWatched) }

func (t *task) leave(to uint32) bool {
	if t.state.CompareAndSwap(taskRunning, to) {
		return true
	}
	t.state.Store(taskRunning) // it was notified
	return false
}

// seize takes the task up whatever its state, waiting for whoever is at work, which is never for long: a system call
// that does not block and the pattern's part. It returns false if the task is over. The caller holds no lock.
func (t *task) seize() bool {
	for {
		if done, ok := t.trySeize(); done {
			return ok
		}
		runtime.Gosched()
	}
}

// trySeize is one attempt at seize; done unless somebody is at work.
func (t *task) trySeize() (done, ok bool) {
	switch s := t.state.Load(); s {
	case taskOver:
		return true, false
	case taskRunning, taskNotified:
		return false, false
	default:
		ok = t.state.CompareAndSwap(s, taskRunning)
		return ok, ok
	}
}
