package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// Scheme is the prefix of the endpoints of this transport.
const Scheme = "tcp"

func init() { transport.Register(Scheme, Transport{}) }

// Transport is the TCP transport. It has no state.
type Transport struct {
	resolver *net.Resolver // nil: net.DefaultResolver
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
	nl, err := t.open(ctx, h, o)
	if err != nil {
		return nil, err
	}
	return &listener{TCPListener: nl, options: o, close: sync.OnceValue(nl.Close)}, nil
}

// open takes over the listener that there is, or makes one.
func (t Transport) open(ctx context.Context, h hostport, o transport.Options) (*net.TCPListener, error) {
	if o.Listener != nil {
		return adopt(o)
	}
	local, err := h.local(ctx, t.names(), o.IPv6)
	if errors.Is(err, errNoAddress) {
		err = fmt.Errorf("%w: %w", ringmq.ErrInvalidEndpoint, err)
	}
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{KeepAlive: -1, Control: prepare(o, false)} // keep-alive is set on what is accepted
	lc.SetMultipathTCP(false)                                         // package net would, and no peer asks for it
	nl, err := lc.Listen(ctx, network(local.Addr()), local.String())
	if err != nil {
		return nil, err
	}
	tl := nl.(*net.TCPListener)
	if err := transport.SetBacklog(tl, o.Backlog); err != nil {
		tl.Close()
		return nil, err
	}
	return tl, nil
}

// network keeps an IPv4 address to IPv4: with "tcp" package net would bind 0.0.0.0 as [::]. For [::] "tcp" is right, as
// libzmq too lets it accept both.
func network(ip netip.Addr) string {
	if ip.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// Dial connects to addr, trying the addresses that a host has now until one answers, as RFC 8305 describes. The
// connection is a *net.TCPConn. That a name is not known is no [ringmq.ErrInvalidEndpoint]: it may be the next time.
func (t Transport) Dial(ctx context.Context, addr string, o transport.Options) (net.Conn, error) {
	r, err := parseConnect(addr)
	if err != nil {
		return nil, err
	}
	c, err := t.dial(ctx, r, o)
	if err != nil {
		return nil, transport.Failed(Scheme, addr, err)
	}
	return c, nil
}

func (t Transport) dial(ctx context.Context, r route, o transport.Options) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, Control: prepare(o, r.source != nil)}
	if r.source != nil {
		source, err := r.source.local(ctx, t.names(), o.IPv6)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = net.TCPAddrFromAddrPort(source)
	}
	if o.Proxy == nil {
		return t.reach(ctx, &d, r.target, o)
	}
	via, err := parser{o.Proxy.Address}.connect(o.Proxy.Address)
	if err != nil {
		return nil, err
	}
	return throughProxy(ctx, o.Proxy, r.target, func(ctx context.Context) (net.Conn, error) { return t.reach(ctx, &d, via, o) })
}

// reach connects to one of the addresses that h has now.
func (t Transport) reach(ctx context.Context, d *net.Dialer, h hostport, o transport.Options) (net.Conn, error) {
	addrs, err := h.remote(ctx, t.names())
	if err != nil {
		return nil, err
	}
	return race(ctx, addrs, func(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
		c, err := d.DialContext(ctx, "tcp", addr.String())
		if err != nil {
			return nil, err
		}
		if err := settle(c.(*net.TCPConn), o); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	})
}

// names is what looks names up.
func (t Transport) names() *net.Resolver {
	if t.resolver == nil {
		return net.DefaultResolver
	}
	return t.resolver
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
	options transport.Options
	close   func() error
}

// Accept waits for the next connection, and gives it its options if the filters let it in.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if err := admit(c, l.options); err != nil {
		return nil, transport.TurnedAway(l.Endpoint(), c, err)
	}
	return c, nil
}

// Close frees the port.
func (l *listener) Close() error { return l.close() }

// Endpoint has the address and the port that the system gave, "tcp://0.0.0.0:43211" for "tcp://*:*".
func (l *listener) Endpoint() string { return transport.Endpoint(Scheme, l.Addr().String()) }
