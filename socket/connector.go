package socket

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/transport"
)

// connector keeps one Connect alive: it dials, and dials again when the connection is lost. It has a goroutine only
// while it dials.
type connector struct {
	core     *Core
	pipe     *Pipe
	endpoint string
	addr     string
	stream   transport.Stream // or
	local    transport.Local

	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex
	stopped    bool
	delay      time.Duration // before the next attempt
	timer      *time.Timer
	cancelWait func() bool // of a local transport
}

func (c *Core) connectStream(t transport.Stream, endpoint, addr string) *connector {
	d := &connector{core: c, endpoint: endpoint, addr: addr, stream: t, delay: c.cfg.reconnectMin}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.pipe = c.newPipe(endpoint, false)
	d.pipe.dialer = d
	return d
}

// dial makes one attempt, on a goroutine of its own.
func (d *connector) dial() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.core.spawn(func() {
		nc, err := d.stream.Dial(d.ctx, d.addr, transport.Options{})
		if err == nil {
			d.core.event(Event{Type: Connected, Endpoint: d.endpoint, Peer: address(nc)})
			_, err = d.core.connect(nc, d.pipe, d)
		}
		if err != nil {
			d.core.event(Event{Type: ConnectFailed, Endpoint: d.endpoint, Err: err})
			d.failed(err)
		}
	})
}

// failed is told of an attempt that did not make a connection.
func (d *connector) failed(err error) {
	if errors.Is(err, ringmq.ErrInvalidEndpoint) {
		d.core.drop(d)
		return
	}
	d.retry()
}

// retry makes another attempt after the delay, which doubles.
func (d *connector) retry() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	wait := d.delay + rand.N(d.delay/4+1)
	d.delay = min(2*d.delay, d.core.cfg.reconnectMax)
	d.timer = time.AfterFunc(wait, d.dial)
	d.core.event(Event{Type: ConnectRetried, Endpoint: d.endpoint, Delay: wait})
}

// succeeded is told of a completed handshake.
func (d *connector) succeeded() {
	d.mu.Lock()
	d.delay = d.core.cfg.reconnectMin
	d.mu.Unlock()
}

// lost is told of the end of the connection.
func (d *connector) lost(err error) {
	if permanent(err) {
		d.core.drop(d)
		return
	}
	d.retry()
}

// permanent reports whether a failure will only repeat itself: the peers do not understand each other.
func permanent(err error) bool {
	var h *session.HandshakeError
	if errors.As(err, &h) {
		return !h.Reconnect()
	}
	return errors.Is(err, ringmq.ErrProtocol) || errors.Is(err, ringmq.ErrTooLarge)
}

// isStopped reports whether stop was called.
func (d *connector) isStopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopped
}

// stop ends the attempts; a connection that is there stays.
func (d *connector) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.stopped = true
	if d.cancel != nil {
		d.cancel()
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	if d.cancelWait != nil {
		d.cancelWait()
	}
}
