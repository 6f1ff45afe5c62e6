// Package limit is what a socket library could reach at best on this machine, with TCP and with Unix sockets: the same
// frames on the wire, but no library. It works on bare file descriptors.
//
// Throughput: messages are framed into a buffer of 64 KiB, which is written when it is full; the other side reads as much
// as is there into such a buffer and takes the messages out of it. There are no queues, no other goroutine, and nothing
// is ever sent early. Latency: one message back and forth, both sides spinning on descriptors that do not block.
//
// Logs: a file that is preallocated, a write(2) and an fdatasync(2) for so many messages at a time.
package limit
