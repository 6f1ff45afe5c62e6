package ipc

import (
	"context"
	"net"

	"github.com/ringmq/ringmq/transport"
)

// Scheme is the prefix of the endpoints of this transport.
const Scheme = "ipc"

func init() { transport.Register(Scheme, Transport{}) }

// Transport is the ipc transport. It has no state.
type Transport struct{}

var _ transport.Stream = Transport{}

// ValidateBind checks an address to bind to; see the package for the syntax.
func (Transport) ValidateBind(addr string) error { return validateBind(addr) }

// ValidateConnect checks an address to connect to; see the package for the syntax.
func (Transport) ValidateConnect(addr string) error { return validateConnect(addr) }

// Listen binds to addr. The error wraps [ringmq.ErrAddrInUse] if somebody listens there or there is a file that is not
// a socket, and [ringmq.ErrInvalidEndpoint] if addr does not parse or TMPDIR is too long for *.
func (Transport) Listen(ctx context.Context, addr string, o transport.Options) (transport.Listener, error) {
	if err := validateBind(addr); err != nil {
		return nil, err
	}
	l, err := listen(ctx, addr, o)
	if err != nil {
		return nil, transport.Failed(Scheme, addr, err)
	}
	return l, nil
}

func listen(ctx context.Context, addr string, o transport.Options) (*listener, error) {
	switch {
	case o.Listener != nil:
		return adopt(o)
	case addr == wildcard:
		return listenWildcard(ctx, o)
	case isAbstract(addr):
		return listenAbstract(ctx, addr, o)
	}
	return listenPath(ctx, addr, o)
}

// Dial connects to addr. The connection is a *net.UnixConn.
func (Transport) Dial(ctx context.Context, addr string, o transport.Options) (net.Conn, error) {
	if err := validateConnect(addr); err != nil {
		return nil, err
	}
	d := net.Dialer{Control: prepare(o)}
	c, err := d.DialContext(ctx, "unix", addr)
	if err != nil {
		return nil, transport.Failed(Scheme, addr, err)
	}
	return c, nil
}
