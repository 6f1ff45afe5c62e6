package transport

import (
	"context"
	"net"
	"net/netip"
)

// Datagram is a transport of single datagrams, without connections: what is sent arrives as a whole, once, more than
// once or not at all, and in any order.
type Datagram interface {
	Transport
	// Open makes a socket that receives what is sent to addr, an address to bind to.
	Open(ctx context.Context, addr string, m Multicast) (DatagramSocket, error)
	// Aim makes a socket that sends to addr, an address to connect to. It looks names up anew each time.
	Aim(ctx context.Context, addr string, m Multicast) (DatagramSocket, error)
}

// Multicast is how multicast datagrams are sent.
type Multicast struct {
	Hops int  // the number of networks that they pass through, 1 to 255
	Loop bool // they come back to this machine
}

// DatagramSocket is an open socket of a [Datagram] transport.
type DatagramSocket struct {
	*net.UDPConn
	// Endpoint is the complete endpoint with the real port.
	Endpoint string
	// Target is where a socket sends that was made by Aim.
	Target netip.AddrPort
}
