// Package pair has the sockets that talk to one peer: PAIR (RFC 31), and CHANNEL (RFC 52), which has messages of one
// frame only. They join two stable parts of a program, or of two.
//
//	PAIR <──────> PAIR
//
// Send waits while there is no peer, or it is at its high-water mark; a peer that is connected to counts as one before
// it is there. A second peer is turned away for as long as the first is there: its connections are closed before any
// message passes, and since it tries again it gets its turn when the first has left. A socket that has its peer refuses
// to Connect.
package pair
