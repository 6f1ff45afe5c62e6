// Package clientserver has the asynchronous sockets of messages of one frame: CLIENT and SERVER (RFC 41), and PEER
// (RFC 51), which is a SERVER among its like.
//
//	CLIENT ──┐              a CLIENT sends to its servers in turn and receives from any
//	CLIENT ──┼── SERVER     a SERVER sees whom a message comes from and says whom it goes to
//	CLIENT ──┘
//	PEER ────── PEER        each as a SERVER; it has the id of a peer as soon as it connects
//
// There are no turns to keep, and no envelope: where REQ and ROUTER put the way back into the message, a SERVER has a
// number for each connection, its routing id. The peer never sees it, and it means nothing to another socket.
//
// A message of a SERVER or PEER has the id as its first frame, as four bytes in network order, and the body as its
// second; on the wire is the body alone. So whatever works with messages (batches, iterators, codecs, proxies) carries
// the address with it, as with a ROUTER. [RoutingID] reads the id of a message that was received, and [To] makes one
// that is to be sent:
//
//	m, err := server.Recv(ctx)
//	id, request := clientserver.RoutingID(m), m.Frame(1)
//	err = server.Send(ctx, clientserver.To(id, answer))
//
// Nothing is dropped on the way: Send waits where the peer is at its high-water mark, and where a SERVER's or PEER's
// message has no peer it returns [ringmq.ErrNoRoute].
package clientserver
