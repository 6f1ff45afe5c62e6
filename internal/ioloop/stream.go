package ioloop

import (
	"errors"
	"net"
)

// ErrAgain is what Read and Writev return when they would have to wait.
var ErrAgain = errors.New("ioloop: not ready")

// Events say what a stream may be ready for. They are hints: an attempt may still return [ErrAgain].
type Events uint8

// The events of a stream. An error is reported as all of them.
const (
	Readable Events = 1 << iota
	Writable
	Hangup // the peer has ended its direction: after what is there comes the end
)

// Handler is told of a stream's events, on the loop's goroutine. It must not block.
type Handler interface {
	Ready(ev Events)
}

// Stream is a byte stream that never blocks. At most one goroutine at a time reads and at most one writes; the other
// methods may be called by any goroutine at any time.
type Stream interface {
	// Read reads what is there, up to len(p) bytes. It returns ErrAgain if nothing is, io.EOF at the end.
	Read(p []byte) (int, error)
	// Writev writes as much of bufs as fits and returns the number of bytes, or ErrAgain if none fits. The stream
	// does not keep bufs.
	Writev(bufs [][]byte) (int, error)
	// WatchRead and WatchWrite choose the events that the handler is told of. An event comes once for each change
	// (edge-triggered); a call that adds one reports a readiness that is there already.
	WatchRead(on bool)
	WatchWrite(on bool)
	// Pending is the number of bytes that Writev took and that have not reached the operating system.
	Pending() int
	// Underway is the number of bytes that the peer's system has not acknowledged, of those that this one has. A Close
	// may still lose them: input that comes later makes TCP reset the connection. It is 0 where the system does not say,
	// and where nothing can be lost so.
	Underway() int
	// CloseWrite ends the sending direction after what was written; the peer reads the end of the stream.
	CloseWrite()
	// Close ends the stream at once. Calls in progress on other goroutines are safe; later ones fail.
	Close()
	// Drivable reports whether a goroutine other than the loop's may profitably poll with Read: true for a
	// descriptor of its own.
	Drivable() bool
	// LocalAddr and RemoteAddr are the connection's.
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
}
