// Package ringmq is the contestant that all of this is about: plain SendBytes, Recv and Release on sockets with the
// library's defaults, one goroutine a socket.
package ringmq
