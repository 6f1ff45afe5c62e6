package socket

import (
	"time"

	"github.com/ringmq/ringmq/transport"
)

// listener is one Bind.
type listener struct {
	core  *Core
	bound string
	stop  func()
}

func (c *Core) listenStream(t transport.Stream, l transport.Listener) *listener {
	ln := &listener{core: c, bound: l.Endpoint()}
	done := make(chan struct{})
	ln.stop = func() {
		close(done)
		_ = l.Close()
	}
	c.work.Go(func() { ln.accept(l, done) })
	return ln
}

// accept takes connections until the listener is closed.
func (ln *listener) accept(l transport.Listener, done chan struct{}) {
	c := ln.core
	for {
		nc, err := l.Accept()
		if err == nil {
			c.event(Event{Type: Accepted, Endpoint: ln.bound, Peer: address(nc)})
			_, err = c.connect(nc, c.newPipe(ln.bound, true), nil)
		}
		if err == nil {
			continue
		}
		select {
		case <-done:
			c.event(Event{Type: ListenerClosed, Endpoint: ln.bound})
			return
		default:
		}
		c.event(Event{Type: AcceptFailed, Endpoint: ln.bound, Err: err})
		select { // it would fail again at once, for want of descriptors for example
		case <-done:
		case <-time.After(acceptPause):
		}
	}
}
