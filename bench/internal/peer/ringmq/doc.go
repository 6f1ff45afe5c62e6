// Package ringmq is the contestant that all of this is about: plain SendBytes, Recv and Release on sockets with the
// library's defaults, one goroutine a socket; Append on a spool with its defaults, but for how safe a message is to be. A
// receiver of a sender with a spool says Ack of each message.
package ringmq
