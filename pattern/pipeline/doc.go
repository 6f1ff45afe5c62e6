// Package pipeline has the sockets that hand out work: PUSH sends each message to one of its peers, in turn, and PULL
// receives from all of its peers, in turn (RFC 30).
//
//	ventilator  PUSH ──┬──> PULL  worker  PUSH ──┐
//	                   ├──> PULL  worker  PUSH ──┼──> PULL  sink
//	                   └──> PULL  worker  PUSH ──┘
//
// A PUSH socket does not drop what it cannot send yet: while every peer is at its high-water mark, or there is none, Send
// waits. A peer that is connected to but not there yet counts as a peer: messages queue for it up to the mark. What is
// queued is given up, and counted in Stats, only with its peer: when an accepted connection ends, or when the peer does
// not fit or breaks the rules of the protocol, after which it is not connected to again (socket.ConnectStopped).
package pipeline
