package socket

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// EventType says what happened.
type EventType uint8

// The events, after those of zmq_socket_monitor(3).
const (
	Listening          EventType = iota + 1 // Bind succeeded
	BindFailed                              // Bind failed; Err
	Accepted                                // a peer connected to us; the handshake is next
	AcceptFailed                            // taking a connection failed; Err
	ListenerClosed                          // a listener was closed
	Connected                               // we connected to a peer; the handshake is next
	ConnectFailed                           // an attempt to connect failed; Err
	ConnectRetried                          // the next attempt comes after Delay
	HandshakeSucceeded                      // messages may flow
	HandshakeFailed                         // a connection ended before that; Err
	Disconnected                            // a connection ended; Err
)

var eventNames = [...]string{
	"", "listening", "bind failed", "accepted", "accept failed", "listener closed", "connected", "connect failed",
	"connect retried", "handshake succeeded", "handshake failed", "disconnected",
}

// String is the event's name, such as "handshake succeeded".
func (t EventType) String() string {
	if int(t) < len(eventNames) {
		return eventNames[t]
	}
	return fmt.Sprintf("event %d", uint8(t))
}

// Event is something that happened to a socket's connections.
type Event struct {
	Type     EventType
	Time     time.Time
	Endpoint string // as Bind returned it, or as it was given to Connect
	Peer     string // address of the peer, if there is one
	Identity string // routing id that the peer announced
	Delay    time.Duration
	Err      error
}

// watcher is one reader of events; stop takes back what waits for the end of its context.
type watcher struct {
	ch   chan Event
	stop func() bool
}

// monitors are the readers of a socket's events.
type monitors struct {
	list   []watcher // c.mu
	any    atomic.Bool
	missed atomic.Uint64
}

func (c *Core) watch(ctx context.Context) <-chan Event {
	ch := make(chan Event, monitorBuffer)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		close(ch)
		return ch
	}
	c.monitor.any.Store(true)
	stop := context.AfterFunc(ctx, func() { c.unwatch(ch) })
	c.monitor.list = append(c.monitor.list, watcher{ch, stop})
	return ch
}

func (c *Core) unwatch(ch chan Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range c.monitor.list {
		if w.ch == ch {
			c.monitor.list = append(c.monitor.list[:i], c.monitor.list[i+1:]...)
			close(ch)
			return
		}
	}
}

func (c *Core) stopMonitors() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.monitor.list {
		w.stop()
		close(w.ch)
	}
	c.monitor.list = nil
}

// event tells the monitors; c.mu is not held.
func (c *Core) event(e Event) {
	if !c.monitor.any.Load() {
		return
	}
	e.Time = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.monitor.list {
		select {
		case w.ch <- e:
		default:
			c.monitor.missed.Add(1)
		}
	}
}

// ending is the event of the connection's end.
func (cn *conn) ending() Event {
	e := Event{Type: Disconnected, Endpoint: cn.pipe.endpoint, Peer: cn.peer, Identity: string(cn.pipe.Identity())}
	phase := "connection"
	if !cn.open.Load() {
		e.Type, phase = HandshakeFailed, "handshake"
	}
	e.Err = cn.wrapped(phase)
	return e
}
