package transport

import (
	"context"
	"net"
)

// Options carries what a socket's options say to its transports. The zero value is the default of every field.
type Options struct {
	// Backlog is the number of connections that the system completes and holds before Accept takes them; 0 is the
	// system's own figure (net.core.somaxconn on Linux, which is also the most it grants). Windows fixes it when the
	// listener is made and ignores this field.
	Backlog int
}

// Transport is what every transport has. It is also a [Stream] or a [Local]. All methods of all three may be called
// by many goroutines at once.
//
// addr is the endpoint without the prefix and its "://".
type Transport interface {
	// ValidateBind checks an address to bind to, without touching the network or the file system. The error wraps
	// [ringmq.ErrInvalidEndpoint].
	ValidateBind(addr string) error
	// ValidateConnect checks an address to connect to, in the same way.
	ValidateConnect(addr string) error
}

// Stream is a transport whose connections are byte streams that carry ZMTP.
type Stream interface {
	Transport
	// Listen binds to addr. ctx ends a name lookup and the like; it has no hold on the listener once that is there.
	Listen(ctx context.Context, addr string, o Options) (Listener, error)
	// Dial makes one attempt to connect, and looks names up anew each time. It gives up when ctx ends. An error that
	// wraps [ringmq.ErrInvalidEndpoint] will come again at every attempt; any other may not.
	//
	// The connection is the system's own, such as *net.TCPConn, so that an event loop can take its descriptor.
	Dial(ctx context.Context, addr string, o Options) (net.Conn, error)
}

// Listener is a bound address of a [Stream] transport. It may be used by many goroutines at once.
type Listener interface {
	// Accept waits for the next connection. After Close it returns an error that wraps [net.ErrClosed]; on any other
	// error, such as a want of descriptors, the listener is still good and the caller tries again after a pause.
	Accept() (net.Conn, error)
	// Close frees the address and makes Accept return. Connections that were accepted stay. Calls after the first do
	// nothing and return what the first returned.
	Close() error
	// Endpoint is the complete endpoint with the real port or path, such as "tcp://127.0.0.1:43211": what Unbind takes,
	// and what a peer on this machine connects to where the address allows.
	Endpoint() string
}

// Local is a transport whose peers are in this process and are joined without bytes. What a peer is, the sockets
// agree on among themselves.
type Local interface {
	Transport
	// Bind takes the name addr. accept is called once for each peer that connects, waiting ones included, on the
	// connecting or the binding goroutine, and never with a lock of the transport held; several goroutines may be in it
	// at once. Peers that waited are handed over in the order in which they connected, before Bind returns.
	//
	// bound is the complete endpoint. unbind frees the name; peers already joined stay. A call of accept that began
	// before unbind may end after it: accept then has to turn the peer away itself. Calls of unbind after the first do
	// nothing.
	Bind(addr string, accept func(peer any)) (bound string, unbind func(), err error)
	// Connect hands peer to whoever is bound at addr, now or when somebody binds. cancel takes back a peer that still
	// waits, and says whether it did: if so the peer is never accepted, if not it was or is being accepted.
	Connect(addr string, peer any) (cancel func() bool, err error)
}
