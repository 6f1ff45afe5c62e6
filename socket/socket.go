package socket

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"

	_ "github.com/ringmq/ringmq/transport/inproc" // the transports that are there by default
	_ "github.com/ringmq/ringmq/transport/ipc"
	_ "github.com/ringmq/ringmq/transport/tcp"
	_ "github.com/ringmq/ringmq/transport/udp"
)

// Socket is what every socket type has. Its methods may be called by any number of goroutines at once.
type Socket struct{ core *Core }

// NewSocket returns the common part of c.
func NewSocket(c *Core) Socket { return Socket{c} }

// Type is the socket type as it travels in READY, such as "PUSH".
func (s Socket) Type() string { return s.core.kind.Name }

// Bind takes connections at the endpoint. It returns the endpoint with the real address, which is what Unbind takes,
// and what peers may connect to: wildcards and port 0 are replaced. A socket may be bound to many. Errors:
// [ringmq.ErrInvalidEndpoint], [ringmq.ErrUnknownTransport], [ringmq.ErrUnsupported], [ringmq.ErrAddrInUse],
// [ringmq.ErrClosed], and those of the operating system; [ringmq.ErrState] for a DGRAM that is bound.
func (s Socket) Bind(endpoint string) (bound string, err error) { return s.BindWith(endpoint) }

// BindWith is [Socket.Bind] with options for the connections that come there, in place of those of the socket. Which
// options may differ is said at [Option]; for another the error wraps [ringmq.ErrInvalidOption].
func (s Socket) BindWith(endpoint string, opts ...Option) (bound string, err error) {
	c := s.core
	bound, err = c.bind(endpoint, opts)
	if err != nil {
		err = c.failed("bind", endpoint, err)
		c.event(Event{Type: BindFailed, Endpoint: endpoint, Err: err})
		return "", err
	}
	return bound, nil
}

func (c *Core) bind(endpoint string, own []Option) (string, error) {
	opts, err := c.endpointOptions(own, whereBound)
	if err != nil {
		return "", err
	}
	t, scheme, addr, err := transport.Lookup(endpoint)
	if err != nil {
		return "", err
	}
	if err := t.ValidateBind(addr); err != nil {
		return "", err
	}
	if c.closing.Load() {
		return "", ringmq.ErrClosed
	}
	if err := c.kind.suits(t, true); err != nil {
		return "", err
	}
	var ln *listener
	switch t := t.(type) {
	case transport.Stream:
		l, err := c.listen(t, scheme, addr, opts)
		if err != nil {
			return "", err
		}
		if ln = c.listenStream(l, opts); ln == nil {
			_ = l.Close()
			return "", ringmq.ErrClosed
		}
	case transport.Datagram:
		if ln, err = c.bindDatagrams(t, addr, opts); err != nil {
			return "", err
		}
	case transport.Local:
		bound, unbind, err := t.Bind(addr, func(peer any) { c.acceptLocal(endpoint, peer, opts) })
		if err != nil {
			return "", err
		}
		ln = &listener{core: c, bound: bound, stop: func() {
			unbind()
			c.event(Event{Type: ListenerClosed, Endpoint: bound})
		}}
	default:
		return "", fmt.Errorf("%w: the transport can neither listen nor join", ringmq.ErrInvalidEndpoint)
	}
	if !c.addListener(ln) {
		ln.stop()
		return "", ringmq.ErrClosed
	}
	c.event(Event{Type: Listening, Endpoint: ln.bound})
	return ln.bound, nil
}

func (c *Core) addListener(ln *listener) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() {
		return false
	}
	c.listeners = append(c.listeners, ln)
	return true
}

// Connect connects to the endpoint, now and again whenever the connection is lost. It returns at once; messages may be
// sent, and queue, before there is a connection. Over inproc too the peer may bind later. Progress and failures are
// reported as events; see [Socket.Monitor]. A second Connect to one endpoint makes a second connection, except for
// PUB, SUB, REQ and DEALER sockets, where it is a no-op as in libzmq. Errors: [ringmq.ErrInvalidEndpoint],
// [ringmq.ErrUnknownTransport], [ringmq.ErrUnsupported], [ringmq.ErrClosed]; [ringmq.ErrState] for a PAIR or CHANNEL that
// has its peer.
func (s Socket) Connect(endpoint string) error { return s.ConnectWith(endpoint) }

// ConnectWith is [Socket.Connect] with options for the connection, in place of those of the socket. Which options may
// differ is said at [Option]; for another the error wraps [ringmq.ErrInvalidOption]. Where Connect would be a no-op, so
// is this.
func (s Socket) ConnectWith(endpoint string, opts ...Option) error {
	_, err := s.core.Connect(endpoint, opts...)
	return err
}

// Connect is [Socket.ConnectWith]. It returns the pipe that it made, nil where it is a no-op.
func (c *Core) Connect(endpoint string, opts ...Option) (*Pipe, error) {
	return c.ConnectBy(endpoint, func(*Pipe) error { return nil }, opts...)
}

// ConnectBy is Connect; claim looks at the pipe before the pattern gets it, and can refuse it. claim runs with the send
// lock held.
func (c *Core) ConnectBy(endpoint string, claim func(*Pipe) error, opts ...Option) (*Pipe, error) {
	p, err := c.connectTo(endpoint, claim, opts)
	if err != nil {
		return nil, c.failed("connect", endpoint, err)
	}
	return p, nil
}

func (c *Core) connectTo(endpoint string, claim func(*Pipe) error, own []Option) (*Pipe, error) {
	opts, err := c.endpointOptions(own, whereConnected)
	if err != nil {
		return nil, err
	}
	t, _, addr, err := transport.Lookup(endpoint)
	if err != nil {
		return nil, err
	}
	if err := t.ValidateConnect(addr); err != nil {
		return nil, err
	}
	if c.closing.Load() {
		return nil, ringmq.ErrClosed
	}
	if err := c.kind.suits(t, false); err != nil {
		return nil, err
	}
	if c.kind.OneConnect && c.connected(endpoint) {
		return nil, nil
	}
	return c.addDialer(t, endpoint, addr, claim, opts)
}

func (c *Core) connected(endpoint string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.dialers, func(d *connector) bool { return d.endpoint == endpoint })
}

func (c *Core) addDialer(
	t transport.Transport, endpoint, addr string, claim func(*Pipe) error, opts *config,
) (*Pipe, error) {
	var d *connector
	switch t := t.(type) {
	case transport.Stream:
		d = c.connectStream(t, endpoint, addr, opts)
	case transport.Datagram:
		d = c.connectDatagrams(t, endpoint, addr, opts)
	case transport.Local:
		d = c.connectLocal(t, endpoint, addr, opts)
	default:
		return nil, fmt.Errorf("%w: the transport can neither dial nor join", ringmq.ErrInvalidEndpoint)
	}
	if err := c.attach(d.pipe, claim); err != nil {
		d.stop()
		return nil, err
	}
	c.mu.Lock()
	late := c.closing.Load()
	if !late {
		c.dialers = append(c.dialers, d)
	}
	c.mu.Unlock()
	if late {
		c.drop(d)
		return nil, ringmq.ErrClosed
	}
	if err := d.begin(); err != nil {
		c.drop(d)
		return nil, err
	}
	return d.pipe, nil
}

// begin makes the first attempt.
func (d *connector) begin() error {
	if d.local != nil {
		return d.await()
	}
	d.dial()
	return nil
}

// Unbind ends what Bind began; bound is the string that it returned. Connections accepted there are closed once what
// is queued for them is written, or the linger period is over; what they sent and was not yet received is thrown away.
// Over inproc they stay. The address of a DGRAM is free when what is queued is sent. Error: [ringmq.ErrNotFound].
func (s Socket) Unbind(bound string) error {
	c := s.core
	c.mu.Lock()
	i := slices.IndexFunc(c.listeners, func(ln *listener) bool { return ln.bound == bound })
	if i < 0 {
		c.mu.Unlock()
		return c.failed("unbind", bound, ringmq.ErrNotFound)
	}
	ln := c.listeners[i]
	c.listeners = slices.Delete(c.listeners, i, i+1)
	c.mu.Unlock()
	ln.stop() // before the connections are collected: one that comes later sees it
	for _, p := range c.leaving(ln) {
		c.retire(p, nil)
	}
	return nil
}

// leaving is the pipes of what was accepted at a listener, with one added to c.work for each.
func (c *Core) leaving(ln *listener) (pipes []*Pipe) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return nil
	}
	for cn := range c.conns {
		if cn.pipe.accepted && cn.pipe.endpoint == ln.bound {
			pipes = append(pipes, cn.pipe)
		}
	}
	if ln.pipe != nil {
		pipes = append(pipes, ln.pipe)
	}
	c.work.Add(len(pipes))
	return pipes
}

// Disconnect ends what Connect began; endpoint is the string that was given to it. What is queued is written first,
// for as long as the linger period; what was received and not yet taken is thrown away. Error: [ringmq.ErrNotFound].
func (s Socket) Disconnect(endpoint string) error {
	c := s.core
	c.mu.Lock()
	i := slices.IndexFunc(c.dialers, func(d *connector) bool { return d.endpoint == endpoint })
	if i < 0 {
		c.mu.Unlock()
		return c.failed("disconnect", endpoint, ringmq.ErrNotFound)
	}
	d := c.dialers[i]
	c.dialers = slices.Delete(c.dialers, i, i+1)
	c.work.Add(1)
	c.mu.Unlock()
	c.retire(d.pipe, d)
	return nil
}

// failed puts the circumstances into an error.
func (c *Core) failed(op, endpoint string, err error) error {
	var e *ringmq.Error
	if errors.As(err, &e) {
		return &ringmq.Error{
			Socket: c.kind.Name, Op: op, Endpoint: endpoint, Peer: e.Peer, Value: e.Value, Err: e.Err,
		}
	}
	return &ringmq.Error{Socket: c.kind.Name, Op: op, Endpoint: endpoint, Err: err}
}

// Close ends the socket. Calls that wait return [ringmq.ErrClosed]. It waits, for up to the linger period, until what
// is queued is written and, over TCP on Linux, the peer's system has it; if something is not written, or was given up
// with a peer that left meanwhile, it returns a [ringmq.UnsentError]. A publisher owes nothing to a subscriber that has
// left. A second Close waits for the first and returns nil.
func (s Socket) Close() error {
	ctx := context.Background()
	if d := s.core.linger(); d >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d, errLinger)
		defer cancel()
	}
	return s.core.end(ctx)
}

// Shutdown is Close with ctx in place of the linger period.
func (s Socket) Shutdown(ctx context.Context) error { return s.core.end(ctx) }

// Stats returns counts since the socket was made.
func (s Socket) Stats() Stats { return s.core.stats() }

// Peers returns the peers there are, in the order in which they came.
func (s Socket) Peers() []Peer { return s.core.peers() }

// Monitor returns a channel of what happens to the socket's connections, until ctx ends or the socket closes; then the
// channel is closed, and the last event has said why. A reader that falls behind misses events, which the next Event
// and Stats count; it never holds the socket up. What is told, in which order, is said at [EventType]; the attempts to
// connect are not told over inproc, where nothing can fail before there is a peer.
func (s Socket) Monitor(ctx context.Context) <-chan Event { return s.core.watch(ctx) }
