package transport

import (
	"context"
	"net"
	"time"
)

// Options carries what a socket's options say to its transports. The zero value is the default of every field.
type Options struct {
	// Backlog is the number of connections that the system completes and holds before Accept takes them; 0 is the
	// system's own figure (net.core.somaxconn on Linux, which is also the most it grants). Windows fixes it when the
	// listener is made and ignores this field; see HasBacklog.
	Backlog int
	// SendBuffer and RecvBuffer are the sizes of the system's buffers of a connection, in bytes; 0 leaves them. The
	// system may grant less (net.core.wmem_max and rmem_max on Linux, which also doubles them for its own use).
	SendBuffer, RecvBuffer int
	// Listener is bound and listens already: Listen takes it over instead of making one, and Close closes it.
	Listener net.Listener
	// Processes are those that may connect to a listener of Unix sockets.
	Processes ProcessFilter

	// What follows is for TCP alone.

	// KeepAlive are the probes of an idle connection (RFC 9293, 3.8.4). Not enabled is as the system has it.
	KeepAlive net.KeepAliveConfig
	// TOS is the byte of IPv4 packets that was the type of service, and the traffic class of IPv6: a DSCP in the upper
	// six bits (RFC 2474). 0 leaves it. See HasTOS.
	TOS int
	// Priority is that of the packets in the queues of this machine (SO_PRIORITY of socket(7)); 0 leaves it. See
	// HasPriority.
	Priority int
	// UserTimeout is how long sent bytes may stay without an acknowledgement before the connection is given up (RFC
	// 5482), in milliseconds at the finest; 0 is the system's. See HasUserTimeout.
	UserTimeout time.Duration
	// Device is the network interface that alone is used, such as "eth0"; see HasDevice.
	Device string
	// IPv6 has the wildcard host stand for every interface, IPv6 and IPv4, and of the addresses of a name to bind to
	// prefers IPv6.
	IPv6 bool
	// Networks are those whose peers may connect to a listener.
	Networks AddrFilter
	// Proxy is asked for the connections that Dial makes; nil makes them directly.
	Proxy *Proxy
}

// Proxy is a SOCKS5 proxy (RFC 1928).
type Proxy struct {
	// Address is HOST:PORT, as an endpoint of TCP to connect to has it.
	Address string
	// Username and Password are for the proxy (RFC 1929), each of at most 255 bytes; without a Username none are sent.
	Username, Password string
}

// Transport is what every transport has. It is also a [Stream], a [Local] or a [Datagram]. All methods of all may
// be called by many goroutines at once.
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
	// error, such as a want of descriptors, the listener is still good and the caller tries again after a pause. An
	// error with a Peer, made by [TurnedAway], is about one connection, which is closed: the caller goes on at once.
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
