package tcp

import "syscall"

// reuseSource does nothing: on Windows SO_REUSEADDR would let the socket take a port that another one is using.
func reuseSource(syscall.RawConn) error { return nil }
