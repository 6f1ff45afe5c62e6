// Package scattergather has the sockets that hand out work in messages of one frame (RFC 49): SCATTER sends each
// message to one of its peers, in turn, and GATHER receives from all of its peers, in turn. They are to PUSH and PULL,
// whose rules they keep, what CLIENT is to DEALER.
//
//	ventilator  SCATTER ──┬──> GATHER  worker  SCATTER ──┐
//	                      ├──> GATHER  worker  SCATTER ──┼──> GATHER  sink
//	                      └──> GATHER  worker  SCATTER ──┘
//
// A SCATTER socket never drops a message on the way: while every peer is at its high-water mark, or there is none, Send
// waits. A message of several frames is [ringmq.ErrInvalidMessage]; a GATHER throws away one that a peer sends.
package scattergather
