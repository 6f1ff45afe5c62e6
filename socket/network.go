package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/ipc"
	"github.com/ringmq/ringmq/transport/tcp"
)

// listen binds, with a listener that the program gave if there is one.
func (c *Core) listen(t transport.Stream, scheme, addr string, opts *config) (transport.Listener, error) {
	o := opts.transport
	o.Listener = c.takeGiven(scheme)
	l, err := t.Listen(context.Background(), addr, o)
	if err != nil && o.Listener != nil {
		c.giveBack(o.Listener)
	}
	return l, err
}

// takeGiven returns the next listener for the scheme, or nil.
func (c *Core) takeGiven(scheme string) net.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.given, func(l net.Listener) bool { return schemeOf(l) == scheme })
	if i < 0 {
		return nil
	}
	l := c.given[i]
	c.given = slices.Concat(c.given[:i], c.given[i+1:]) // the options keep theirs
	return l
}

func (c *Core) giveBack(l net.Listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = slices.Concat([]net.Listener{l}, c.given)
}

// schemeOf returns the scheme of the transport that can take l over, or "".
func schemeOf(l net.Listener) string {
	switch l := l.(type) {
	case *net.TCPListener:
		if l != nil {
			return tcp.Scheme
		}
	case *net.UnixListener:
		if l != nil && l.Addr().Network() == "unix" {
			return ipc.Scheme
		}
	}
	return ""
}

// errConnectTimeout marks the end of an attempt by [WithConnectTimeout].
var errConnectTimeout = fmt.Errorf("connect timeout: %w", context.DeadlineExceeded)

// call dials once.
func (d *connector) call() (net.Conn, error) {
	limit := d.pipe.opts.connectTimeout
	if limit == 0 {
		return d.stream.Dial(d.ctx, d.addr, d.pipe.opts.transport)
	}
	deadline := time.Now().Add(limit)
	ctx, cancel := context.WithDeadline(d.ctx, deadline)
	defer cancel()
	nc, err := d.stream.Dial(ctx, d.addr, d.pipe.opts.transport)
	if e, ok := errors.AsType[*ringmq.Error](err); ok && !time.Now().Before(deadline) {
		e.Err = fmt.Errorf("%w: %w", errConnectTimeout, e.Err)
	}
	return nc, err
}

// peerIn is the peer that an error is about, or "".
func peerIn(err error) string {
	if e, ok := errors.AsType[*ringmq.Error](err); ok {
		return e.Peer
	}
	return ""
}
