// Package dgram has the socket of plain datagrams: DGRAM, whose peers are any programs that speak UDP.
//
// A message has two frames, the address of the peer, such as "192.0.2.1:5555", and the datagram. A received one is
// answered by sending to its first frame.
//
//	DGRAM udp://*:5555 ──["192.0.2.1:7000", bytes]──> peer at 192.0.2.1:7000
//	                   <──["192.0.2.1:7000", bytes]──
//
// The socket is bound to one udp endpoint, see package transport/udp, and does not connect. Datagrams may be lost on
// their way. One that finds the socket's high-water mark for receiving reached is dropped, and counted in
// [socket.Socket.Stats]; so is one that the system refuses to send.
package dgram
