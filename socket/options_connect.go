package socket

import (
	"errors"
	"io/fs"
	"syscall"
)

// connecting is the options of what Connect makes.
type connecting struct {
	immediate bool
	stop      ReconnectStop
}

// WithImmediate keeps messages from being queued for a peer that is not there: neither before the first handshake is
// through, so that they go to the peers that are, nor after a connection is lost, when what was queued is dropped and
// counted. With no peer at all Send waits. It holds for inproc too. Default off: a queue begins with Connect and
// outlives connections. (ZMQ_IMMEDIATE)
func WithImmediate() Option {
	return option("Immediate", true, true, "", func(c *config, on bool) { c.immediate = on })
}

// Immediate reports whether only peers that are there get messages; see [WithImmediate].
func (c *Core) Immediate() bool { return c.cfg.immediate }

// ReconnectStop says when Connect gives up; see [WithReconnectStop].
type ReconnectStop uint8

// Reasons to give up; they can be added up.
const (
	// StopRefused: the peer's system refused the connection, or there is no such Unix socket. Nobody listens there.
	StopRefused ReconnectStop = 1 << iota
	// StopHandshakeFailed: a connection ended, for whatever reason, before its handshake was through.
	StopHandshakeFailed
	// StopAfterDisconnect: Disconnect was called. Without it, Disconnect still waits up to the linger period for a
	// connection to send what is queued.
	StopAfterDisconnect

	stopAlways
)

// WithReconnectStop has Connect give up after what when says, instead of trying again: it is then as if it had not been
// called, and may be called again. What was queued is dropped and counted. Over inproc there is nobody to refuse: Connect
// waits for the name. Default never, but for peers that do not understand each other. (ZMQ_RECONNECT_STOP)
func WithReconnectStop(when ReconnectStop) Option {
	return option("ReconnectStop", when, when < stopAlways, "StopRefused, StopHandshakeFailed, StopAfterDisconnect, a sum of them or 0",
		func(c *config, when ReconnectStop) { c.stop = c.stop&stopAlways | when })
}

// WithNoReconnect has Connect make one attempt: if that fails, and when the connection is lost, it is as if it had not
// been called, and may be called again. What was queued is dropped and counted. (ZMQ_RECONNECT_IVL of -1)
func WithNoReconnect() Option {
	return option("NoReconnect", true, true, "", func(c *config, _ bool) { c.stop |= stopAlways })
}

// once reports whether Connect gives up after any failure, and stopsAt whether it does for the reason given.
func (c *connecting) once() bool                        { return c.stop&stopAlways != 0 }
func (c *connecting) stopsAt(reason ReconnectStop) bool { return c.stop&reason != 0 }

// wsaRefused is ECONNREFUSED on Windows, where package syscall has another number of its own invention for it.
const wsaRefused = syscall.Errno(10061)

// connRefused reports whether a dial failed because nobody listens there.
func connRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused) || errors.Is(err, fs.ErrNotExist)
}
