// Package stream has the socket for peers that speak no ZMTP: STREAM, which sends and receives the bytes of plain TCP
// and Unix connections, as clients and servers of HTTP and the like have them (zmq_socket(3), "Native pattern").
//
// A message has two frames, the routing id of the peer and bytes: what one read has brought, or what is to be written.
// TCP keeps no borders, so what the peer has written at once may arrive as several messages, and the other way round.
//
//	[id, ""]       a peer has connected
//	[id, "GET /…"] it has sent something
//	[id, ""]       it has gone
//
// The empty messages are what [socket.WithStreamNotify] turns off. A program that sends one ends the connection; what
// it has sent before is written first. It is told no more of that peer.
//
// A connection ends where the peer ends its direction of it, as in libzmq: what a peer would still read after that is
// not sent.
package stream
