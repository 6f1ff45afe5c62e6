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

// listenStream returns nil if the socket is closed.
func (c *Core) listenStream(l transport.Listener) *listener {
	ln := &listener{core: c, bound: l.Endpoint()}
	done := make(chan struct{})
	ln.stop = func() {
		close(done)
		_ = l.Close()
	}
	if !c.spawn(func() { ln.accept(l, done) }) {
		return nil
	}
	return ln
}

// accept takes connections until the listener is closed.
func (ln *listener) accept(l transport.Listener, done chan struct{}) {
	c := ln.core
	for {
		nc, err := l.Accept()
		if err == nil {
			c.event(Event{Type: Accepted, Endpoint: ln.bound, Peer: address(nc)})
			var cn *conn
			if cn, err = c.connect(nc, c.newPipe(ln.bound, true), nil); err == nil {
				select {
				case <-done:
					cn.fail(errClosing)
				default:
				}
				continue
			}
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
