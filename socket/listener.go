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
	opts  *config // of the pipes that it brings
	pipe  *Pipe   // of one that receives datagrams
}

// listenStream returns nil if the socket is closed.
func (c *Core) listenStream(l transport.Listener, opts *config) *listener {
	ln := &listener{core: c, bound: l.Endpoint(), opts: opts}
	done, over := make(chan struct{}), make(chan struct{})
	ln.stop = func() {
		close(done)
		err := l.Close()
		<-over
		c.event(Event{Type: ListenerClosed, Endpoint: ln.bound, Err: err})
	}
	if !c.spawn(func() { defer close(over); ln.accept(l, done) }) {
		return nil
	}
	return ln
}

// accept takes connections until the listener is closed, which done announces.
func (ln *listener) accept(l transport.Listener, done chan struct{}) {
	c := ln.core
	for {
		nc, err := l.Accept()
		if err == nil {
			p := c.pipeAs(ln.opts, ln.bound, true)
			c.event(Event{Type: Accepted, Endpoint: ln.bound, Peer: address(nc), PeerID: p.id})
			if _, err = c.connect(nc, p, nil); err == nil {
				continue // whoever stops the listener waits for this, and then ends what it has accepted
			}
		}
		select {
		case <-done:
			return
		default:
		}
		peer := peerIn(err)
		c.event(Event{Type: AcceptFailed, Endpoint: ln.bound, Peer: peer, Err: c.failed("accept", ln.bound, err)})
		if peer != "" { // it was turned away, which says nothing of the next
			continue
		}
		select { // it would fail again at once, for want of descriptors for example
		case <-done:
		case <-time.After(acceptPause):
		}
	}
}
