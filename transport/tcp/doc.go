// Package tcp is the transport "tcp": ZMTP over TCP, IPv4 and IPv6. Importing it registers it.
//
// Endpoints, after zmq_tcp(7):
//
//	bind      tcp://HOST:PORT
//	          HOST  *              every IPv4 interface; with the option IPv6 every interface, IPv6 and IPv4
//	                192.0.2.1      an address of this machine; 0.0.0.0 is every IPv4 interface
//	                [2001:db8::1]  the same for IPv6, in brackets; [::] is every interface, IPv6 and IPv4
//	                [fe80::1%eth0] with a zone
//	                eth0           a network interface: its first IPv4 address, or its first IPv6 address if it has none
//	                localhost      a host name: its first IPv4 address, or its first if it has none
//	                               (with the option IPv6 it is the other way round for the last two)
//	          PORT  1 to 65535, or * or 0 for one that the system chooses and the bound endpoint then tells
//	connect   tcp://HOST:PORT
//	          tcp://SOURCE:PORT;HOST:PORT
//	          HOST is an address or a host name, PORT 1 to 65535. SOURCE:PORT is the local address to connect from, and
//	          has the form of an address to bind to.
//
// Names of interfaces and hosts are looked up when they are needed: at each Listen and at each Dial, so that a
// connector follows a host that moves, and finds one that was not known before. Of a name with several addresses each is
// tried a quarter of a second after the one before, or as soon as one has failed, IPv6 and IPv4 in turn; the first that
// answers is taken (RFC 8305).
//
// Through a proxy (RFC 1928) the target is asked for as the endpoint has it, and it is for the proxy to look a name up;
// SOURCE is the address from which the proxy is connected to, and the peer's address is the proxy's.
//
// Where libzmq takes what was probably a mistake, this package refuses it: digits followed by something else as a port
// ("567bad"), an IPv6 address without brackets, an IPv4 address that is short or out of range ("10.1", "256.0.0.1").
//
// Sockets have TCP_NODELAY on: when small messages are put together is for the batching policy to say, not for Nagle.
// Keep-alive is as the system has it by default, which is off, as in libzmq; ZMTP heartbeats do that work. What
// [transport.Options] ask for is set before a socket connects or listens, and again on what a listener accepts, which
// does not inherit everything. Listeners
// set SO_REUSEADDR where that only means "also while old connections linger", that is not on Windows.
package tcp
