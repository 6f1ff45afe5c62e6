package interop_test

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/transport"
)

// life is what a socket of zmq4 has open. Any goroutine may use it.
//
// zmq4's Close ends the connections and stops to listen after that. A peer that is quick to connect again may so be
// accepted by a socket that is closed, and have a connection on which nothing ever happens. A process that is killed does
// not do that, and neither does who loses its life first.
type life struct {
	mu   sync.Mutex
	over bool
	open []io.Closer // the listener and the connections, also those that have ended
}

// lifeKey is of the context that a socket is made with, and passes on to its transport.
type lifeKey struct{}

func (l *life) keep(c io.Closer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = append(l.open, c)
	if l.over {
		_ = c.Close()
	}
}

// end closes everything, and whatever is opened later.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, c := range l.open {
		_ = c.Close() // zmq4 may have closed it
	}
}

func (l *life) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// mortalScheme comes before the scheme of an endpoint in zmq4's registry of transports.
const mortalScheme = "mortal-"

func init() {
	for scheme, network := range map[string]string{"tcp": "tcp", "ipc": "unix"} {
		if err := zmq4.RegisterTransport(mortalScheme+scheme, mortalTransport{transport.New(network)}); err != nil {
			panic(err)
		}
	}
}

// mortalTransport is a transport whose sockets can be ended at once.
type mortalTransport struct{ transport.Transport }

func (m mortalTransport) Dial(ctx context.Context, d transport.Dialer, addr string) (net.Conn, error) {
	c, err := m.Transport.Dial(ctx, d, addr)
	if err == nil {
		ctx.Value(lifeKey{}).(*life).keep(c)
	}
	return c, err
}

func (m mortalTransport) Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := m.Transport.Listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	owner := ctx.Value(lifeKey{}).(*life)
	owner.keep(l)
	return mortalListener{l, owner}, nil
}

type mortalListener struct {
	net.Listener
	owner *life
}

func (l mortalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.owner.keep(c)
	}
	return c, err
}
