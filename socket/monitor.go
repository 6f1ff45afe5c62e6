package socket

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
)

// watcher is one reader of events. Its channel has room for one more than monitorBuffer, so that MonitorStopped is
// never missed.
type watcher struct {
	ch     chan Event
	stop   func() bool // takes back what waits for the end of its context
	missed uint64      // since the last event that it got; c.mu
}

// monitors are the readers of a socket's events.
type monitors struct {
	list   []*watcher // c.mu
	any    atomic.Bool
	missed atomic.Uint64
}

func (c *Core) watch(ctx context.Context) <-chan Event {
	w := &watcher{ch: make(chan Event, monitorBuffer+1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		w.finish(c.errClosed("monitor"))
		return w.ch
	}
	c.monitor.any.Store(true)
	w.stop = context.AfterFunc(ctx, func() { c.unwatch(w, ctx) })
	c.monitor.list = append(c.monitor.list, w)
	return w.ch
}

func (c *Core) unwatch(w *watcher, ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, o := range c.monitor.list {
		if o == w {
			c.monitor.list = append(c.monitor.list[:i], c.monitor.list[i+1:]...)
			w.finish(&ringmq.Error{Socket: c.kind.Name, Op: "monitor", Err: ended(ctx)})
			return
		}
	}
}

func (c *Core) stopMonitors() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.monitor.list {
		w.stop()
		w.finish(c.errClosed("monitor"))
	}
	c.monitor.list = nil
}

// finish ends the reader's channel. Nobody sends to it any more.
func (w *watcher) finish(why error) {
	w.ch <- Event{Type: MonitorStopped, Time: time.Now(), Missed: w.missed, Err: why}
	close(w.ch)
}

// event tells the monitors; c.mu is not held. It never waits for a reader.
func (c *Core) event(e Event) {
	if !c.monitor.any.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e.Time = time.Now() // with the lock held: the times are in the order of the events
	for _, w := range c.monitor.list {
		if len(w.ch) >= monitorBuffer { // only readers change that meanwhile
			w.missed++
			c.monitor.missed.Add(1)
			continue
		}
		e.Missed, w.missed = w.missed, 0
		w.ch <- e
	}
}
