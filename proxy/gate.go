package proxy

import (
	"context"
	"sync"
)

// gate is where pumps wait while the proxy is paused, and where they learn that it was stopped. Inside, a pump passes
// messages for a period, which the next pause or stop ends:
//
//	enter ── RecvBatch, SendBatch, RecvBatch, … until the period ends ── leave
//
// Its methods may be called by any number of goroutines at once.
type gate struct {
	mu      sync.Mutex
	abort   context.CancelCauseFunc // of Run; nil before it
	paused  bool
	stopped bool
	inside  int             // pumps that may have messages in hand
	period  context.Context // nil between periods
	end     context.CancelFunc
	changed chan struct{} // closed, and replaced, when pumps or Pause have to look again
}

// start returns false if it was called before.
func (g *gate) start(abort context.CancelCauseFunc) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.abort != nil {
		return false
	}
	g.abort = abort
	return true
}

// enter waits until the gate is open and returns the period, a child of ctx, that must be the same in every call. The
// period is nil once the proxy is stopped, or with the cause if ctx ends.
func (g *gate) enter(ctx context.Context) (period context.Context, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.paused && !g.stopped && ctx.Err() == nil {
		g.await(ctx)
	}
	if ctx.Err() != nil || g.stopped {
		return nil, context.Cause(ctx)
	}
	if g.period == nil {
		g.period, g.end = context.WithCancel(ctx)
	}
	g.inside++
	return g.period, nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.notify()
}

// pause returns when no pump is inside, or the pause is over.
func (g *gate) pause(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = true
	g.endPeriod()
	for g.inside > 0 && g.paused {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		g.await(ctx)
	}
	return nil
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = false
	g.notify()
}

// stop returns how to abort Run, or nil if it has not begun.
func (g *gate) stop() (abort context.CancelCauseFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	g.endPeriod()
	g.notify()
	return g.abort
}

// endPeriod has pumps that wait for messages leave. Lock held.
func (g *gate) endPeriod() {
	if g.period != nil {
		g.end()
		g.period, g.end = nil, nil
	}
}

// await gives up the lock until something changes or ctx ends.
func (g *gate) await(ctx context.Context) {
	changed := g.changed
	g.mu.Unlock()
	defer g.mu.Lock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
}

// notify wakes those who await. Lock held.
func (g *gate) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// isPaused reports whether there is a pause.
func (g *gate) isPaused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}
