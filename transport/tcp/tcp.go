package tcp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/ringmq/ringmq/transport"
)

// Scheme is the prefix of the endpoints of this transport.
const Scheme = "tcp"

func init() { transport.Register(Scheme, Transport{}) }

// Transport is the TCP transport. It has no state.
type Transport struct {
	resolver *net.Resolver // nil: the system's
}

var _ transport.Stream = Transport{}

// ValidateBind checks an address to bind to; see the package for the syntax.
func (Transport) ValidateBind(addr string) error {
	_, err := parseBind(addr)
	return err
}

// ValidateConnect checks an address to connect to; see the package for the syntax.
func (Transport) ValidateConnect(addr string) error {
	_, err := parseConnect(addr)
	return err
}

// Listen binds to addr. The error wraps [ringmq.ErrAddrInUse] if the port is taken, [ringmq.ErrInvalidEndpoint] if
// addr does not parse or names neither an interface nor a host, and EADDRNOTAVAIL if the address is not one of this
// machine's.
func (t Transport) Listen(ctx context.Context, addr string, o transport.Options) (transport.Listener, error) {
	h, err := parseBind(addr)
	if err != nil {
		return nil, err
	}
	l, err := t.listen(ctx, h, o)
	if err != nil {
		return nil, transport.Failed(Scheme, addr, err)
	}
	return l, nil
}

func (t Transport) listen(ctx context.Context, h hostport, o transport.Options) (*listener, error) {
	local, err := h.local(ctx, t.resolver)
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{KeepAlive: -1} // as the system has it
	lc.SetMultipathTCP(false)             // package net would listen with MPTCP, which no peer asks for
	nl, err := lc.Listen(ctx, network(local.Addr()), local.String())
	if err != nil {
		return nil, err
	}
	tl := nl.(*net.TCPListener)
	if err := transport.SetBacklog(tl, o.Backlog); err != nil {
		tl.Close()
		return nil, err
	}
	return &listener{TCPListener: tl, close: sync.OnceValue(tl.Close)}, nil
}

// network keeps an IPv4 address to IPv4: with "tcp" package net would bind 0.0.0.0 as [::]. For [::] "tcp" is right, as
// libzmq too lets it accept both.
func network(ip netip.Addr) string {
	if ip.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// Dial connects to addr, trying each of a host's addresses until one answers. The connection is a *net.TCPConn.
func (t Transport) Dial(ctx context.Context, addr string, _ transport.Options) (net.Conn, error) {
	r, err := parseConnect(addr)
	if err != nil {
		return nil, err
	}
	c, err := t.dial(ctx, r)
	if err != nil {
		return nil, transport.Failed(Scheme, addr, err)
	}
	return c, nil
}

func (t Transport) dial(ctx context.Context, r route) (net.Conn, error) {
	d := net.Dialer{Resolver: t.resolver, KeepAlive: -1} // keep-alive as the system has it
	if r.source != nil {
		source, err := r.source.local(ctx, t.resolver)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = net.TCPAddrFromAddrPort(source)
		d.Control = reuseSource
	}
	c, err := d.DialContext(ctx, "tcp", r.target.String())
	if err != nil {
		return nil, err
	}
	if isSelf(c) {
		c.Close()
		return nil, errSelf
	}
	return c, nil
}

// errSelf passes for a refusal, which it is but for the accident: nobody is bound to the port, and an attempt may
// succeed once somebody is.
var errSelf = fmt.Errorf("nobody listens, the connection had reached itself: %w", syscall.ECONNREFUSED)

// isSelf reports whether both ends of c are the same socket. That happens when a connector keeps trying a port of this
// machine out of the range from which the system takes ports for connecting, and is given that very port (simultaneous
// open, RFC 9293, 3.5). Such a connection would talk to itself, and keep the port from whoever wants to bind it.
func isSelf(c net.Conn) bool { return c.LocalAddr().String() == c.RemoteAddr().String() }

// listener adds to a TCPListener what [transport.Listener] asks for.
type listener struct {
	*net.TCPListener
	close func() error
}

// Close frees the port.
func (l *listener) Close() error { return l.close() }

// Endpoint has the address and the port that the system gave, "tcp://0.0.0.0:43211" for "tcp://*:*".
func (l *listener) Endpoint() string { return transport.Endpoint(Scheme, l.Addr().String()) }
