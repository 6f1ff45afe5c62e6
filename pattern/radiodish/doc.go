// Package radiodish has the sockets of groups (RFC 48): RADIO sends each message to the peers that have joined its
// group, DISH joins groups and receives.
//
// A message has two frames, the group and the body. A group is a name of 0 to 255 bytes, none of them zero, and is
// matched as a whole, not by its beginning as a topic is. The radio filters, so what nobody wants does not travel; the
// dish filters once more, since the radio learns a little later that a group was left.
//
// A radio never waits for a dish. A message for a dish at its high-water mark is dropped for that one and counted in
// [socket.Socket.Stats]; the others get it. A message whose group nobody has joined is not counted. Whoever joins
// receives from the next message on.
//
// Over udp (package transport/udp) a RADIO connects and a DISH is bound, to an address or to a multicast group. Each
// message is then one datagram, of at most [socket.MaxDatagram] bytes; nobody learns who has joined what, so the radio
// sends all of them and the dish alone filters. Datagrams may be lost on their way. One that finds the dish at its
// high-water mark for receiving is dropped, and counted there.
//
//	RADIO ──> index of groups ──> the dishes' queues; the message is encoded once for all of them
package radiodish
