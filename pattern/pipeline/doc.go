// Package pipeline has the sockets that hand out work: PUSH sends each message to one of its peers, in turn, and PULL
// receives from all of its peers, in turn (RFC 30).
//
//	ventilator  PUSH ──┬──> PULL  worker  PUSH ──┐
//	                   ├──> PULL  worker  PUSH ──┼──> PULL  sink
//	                   └──> PULL  worker  PUSH ──┘
//
// A PUSH socket never drops a message on the way: while every peer is at its high-water mark, or there is none, Send
// waits. A peer that is connected to but not there yet counts as a peer: messages queue for it up to the mark.
package pipeline
