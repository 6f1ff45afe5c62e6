// Package udp is the transport "udp": single datagrams over IPv4 and IPv6, to one host or to a multicast group.
// Importing it registers it.
//
// Endpoints, after zmq_udp(7):
//
//	bind      udp://HOST:PORT            receives what is sent to that address of this machine
//	          udp://GROUP:PORT           receives what is sent to the multicast group
//	          udp://INTERFACE;GROUP:PORT the same, over that interface
//	connect   udp://HOST:PORT            sends to the host
//	          udp://GROUP:PORT           sends to the multicast group
//	          udp://INTERFACE;GROUP:PORT the same, over that interface
//
//	HOST      to bind: * (every IPv4 interface), an address of this machine, or an interface, which stands for its first
//	          IPv4 address, or its first IPv6 address if it has none. To connect: an address or a host name, of which the
//	          first IPv4 address is taken, or its first if it has none. IPv6 addresses are in brackets
//	GROUP     a multicast address: 224.0.0.0 to 239.255.255.255, or [ff00::] and above
//	INTERFACE its name (eth0), one of its addresses, or * for the one that the system's routes give
//	PORT      1 to 65535; to bind also * or 0 for one that the system chooses and the bound endpoint then tells
//
// The address of a bound socket is its own, as over tcp: a second one that binds there is refused, where libzmq lets it
// take the datagrams away. A group may be bound by any number of sockets at once, and each receives everything.
//
// A datagram may be lost, doubled or overtaken on its way, and there is nobody to tell. What a receiver does not fetch
// in time the system throws away.
package udp
