// Package pubsub has the sockets of publish and subscribe (RFC 29): PUB sends each message to every peer that subscribes
// to it, SUB subscribes and receives; XPUB and XSUB do the same with the subscriptions as messages, for proxies.
//
// A subscription is a prefix of the message's first frame; the empty one matches everything. Publishers filter, so what
// nobody wants does not travel; subscribers filter once more, since a publisher learns of the end of a subscription a
// little later.
//
// A publisher does not wait for its subscribers unless it is told to. A message for one at its high-water mark is dropped
// for that one, or another in its place, as [socket.WithOverflow] says, and counted in [socket.Socket.Stats]; the others
// get it. A message that nobody subscribes to is not counted. Whoever joins receives from the next message on;
// [Pub.WaitSubscribers] is the way to wait for those who are to come.
//
//	PUB ──> index of subscriptions ──> the subscribers' queues; the message is encoded once for all of them
package pubsub
