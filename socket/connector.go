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
	datagram transport.Datagram

	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex
	stopped    bool
	delay      time.Duration // before the next attempt
	timer      *time.Timer
	cancelWait func() bool // of a local transport
	waits      int         // times that it was asked to wait
}

func (c *Core) connectStream(t transport.Stream, endpoint, addr string, opts *config) *connector {
	d := &connector{core: c, endpoint: endpoint, addr: addr, stream: t, delay: opts.reconnectMin}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.pipe = c.pipeAs(opts, endpoint, false)
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
		d.core.event(d.about(ConnectDelayed, nil))
		if err := d.attempt(); err != nil {
			d.failed(err)
		}
	})
}

func (d *connector) attempt() error {
	if d.datagram != nil {
		return d.aim()
	}
	nc, err := d.call()
	if err != nil {
		return err
	}
	connected := d.about(Connected, nil)
	connected.Peer = address(nc)
	d.core.event(connected)
	_, err = d.core.connect(nc, d.pipe, d)
	if err != nil && d.endedBy(err) { // each Connected is followed by one end
		closed := d.about(Closed, nil)
		closed.Peer = connected.Peer
		d.core.event(closed)
	}
	return err
}

// about is an event of the attempts to connect.
func (d *connector) about(t EventType, err error) Event {
	return Event{Type: t, Endpoint: d.endpoint, PeerID: d.pipe.id, Err: err}
}

// endedBy reports whether it was this side that ended an attempt with err: by Disconnect, or by Close, which refuses
// connections a little before it stops the connectors.
func (d *connector) endedBy(err error) bool { return d.isStopped() || errors.Is(err, ringmq.ErrClosed) }

// failed is told of an attempt that did not make a connection. Of one that this side ended nothing is to be told: whoever
// looks for the reason that nobody is there would take "canceled" for it.
func (d *connector) failed(err error) {
	if d.endedBy(err) {
		return
	}
	d.pipe.blame(bare(err))
	over := d.pipe.opts.once() || connRefused(err) && d.pipe.opts.stopsAt(StopRefused)
	over = over || errors.Is(err, ringmq.ErrInvalidEndpoint)
	if over {
		d.core.drop(d)
	}
	d.core.event(d.about(ConnectFailed, d.core.failed("connect", d.endpoint, err)))
	if over {
		d.tellStopped(err)
		return
	}
	d.retry()
}

// giveUp ends the attempts, and the pipe with them.
func (d *connector) giveUp(err error) {
	d.core.drop(d)
	d.tellStopped(err)
}

// tellStopped tells that there will be no further attempts. They have ended.
func (d *connector) tellStopped(why error) {
	d.core.event(d.about(ConnectStopped, d.core.failed("connect", d.endpoint, why)))
}

// retry makes another attempt after the delay, which doubles.
func (d *connector) retry() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	wait := d.delay + rand.N(d.delay/4+1)
	d.delay = min(2*d.delay, d.pipe.opts.reconnectMax)
	d.timer = time.AfterFunc(wait, d.dial)
	retried := d.about(ConnectRetried, nil)
	retried.Delay = wait
	d.core.event(retried)
}

// succeeded is told of a completed handshake.
func (d *connector) succeeded() {
	d.pipe.blameless()
	d.mu.Lock()
	d.delay = d.pipe.opts.reconnectMin
	d.mu.Unlock()
}

// over reports whether there is to be no connection after cn.
func (d *connector) over(cn *conn) bool {
	stop := d.pipe.opts.once() || !cn.open.Load() && d.pipe.opts.stopsAt(StopHandshakeFailed)
	return stop || permanent(cn.failure)
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
