package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/net/proxy"

	"github.com/ringmq/ringmq/transport"
)

// throughProxy asks the proxy, which dial connects to, for a connection to target. That is a *net.TCPConn.
func throughProxy(ctx context.Context, p *transport.Proxy, target hostport, dial proxyDialer) (net.Conn, error) {
	toProxy := &keeper{dial: dial}
	socks, err := proxy.SOCKS5("tcp", p.Address, credentials(p), toProxy)
	if err != nil {
		return nil, err
	}
	if _, err = socks.(proxy.ContextDialer).DialContext(ctx, "tcp", target.String()); err != nil {
		return nil, fmt.Errorf("SOCKS5 proxy %s: %w", p.Address, ended(ctx, err))
	}
	return toProxy.conn, nil
}

// ended adds that ctx has ended, where that is why: the error of a read or a write says only that it took too long, and
// may come a moment before ctx does.
func ended(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

func credentials(p *transport.Proxy) *proxy.Auth {
	if p.Username == "" {
		return nil
	}
	return &proxy.Auth{User: p.Username, Password: p.Password}
}

// proxyDialer connects to a proxy.
type proxyDialer func(context.Context) (net.Conn, error)

// keeper connects to the proxy and keeps the connection: package proxy returns it in a type of its own, whose
// descriptor is out of reach. One call of it is made.
type keeper struct {
	dial proxyDialer
	conn net.Conn
}

var _ proxy.ContextDialer = (*keeper)(nil)

// Dial is there for the interface; DialContext is what is called.
func (k *keeper) Dial(network, addr string) (net.Conn, error) {
	return k.DialContext(context.Background(), network, addr)
}

// DialContext connects to the proxy, which is all that it is asked for.
func (k *keeper) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	var err error
	k.conn, err = k.dial(ctx)
	return k.conn, err
}
