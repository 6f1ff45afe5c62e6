// Package scattergather has the sockets that hand out work in messages of one frame (RFC 49): SCATTER sends each
// message to one of its peers, in turn, and GATHER receives from all of its peers, in turn. They are to PUSH and PULL,
// whose rules they keep, what CLIENT is to DEALER.
//
//	ventilator  SCATTER ──┬──> GATHER  worker  SCATTER ──┐
//	                      ├──> GATHER  worker  SCATTER ──┼──> GATHER  sink
//	                      └──> GATHER  worker  SCATTER ──┘
//
// A SCATTER socket does not drop what it cannot send yet: while every peer is at its high-water mark, or there is none,
// Send waits. What is queued is given up, and counted, only with its peer, as a PUSH does. A message of several frames is [ringmq.ErrInvalidMessage]; a GATHER throws away one that a peer sends.
package scattergather
