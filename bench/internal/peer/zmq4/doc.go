// Package zmq4 is the contestant github.com/go-zeromq/zmq4, another implementation of ZeroMQ in Go: plain Send and Recv.
package zmq4
