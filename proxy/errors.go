package proxy

import "errors"

// Side is one of the sockets of a proxy.
type Side string

// The sides of a proxy.
const (
	Frontend Side = "frontend"
	Backend  Side = "backend"
	Capture  Side = "capture"
)

// Error says which socket ended a proxy. It wraps the socket's own error: [ringmq.ErrClosed] if the socket was closed.
type Error struct {
	Side Side
	Err  error
}

// Error reads "proxy: backend: ringmq: PUSH send: socket is closed".
func (e *Error) Error() string { return "proxy: " + string(e.Side) + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errStopped is the cause with which Stop cuts short what it has waited for long enough.
var errStopped = errors.New("the proxy was stopped")
