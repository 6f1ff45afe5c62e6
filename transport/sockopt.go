package transport

import (
	"errors"
	"os"
	"syscall"
)

// OnDescriptor calls f with the descriptor of a socket. The error is that of f, or says that the socket is closed.
func OnDescriptor(raw syscall.RawConn, f func(fd uintptr) error) error {
	var fErr error
	err := raw.Control(func(fd uintptr) { fErr = f(fd) })
	return errors.Join(err, fErr)
}

// SetBuffers sets the sizes of the buffers that the system keeps for a socket, as [Options] describes them. On Linux
// those of a listener hold for what it accepts, but for Unix sockets; a TCP socket has them set before it connects or
// listens, since the window scale is agreed on in the first packet (RFC 7323).
func SetBuffers(raw syscall.RawConn, o Options) error {
	if o.SendBuffer == 0 && o.RecvBuffer == 0 {
		return nil
	}
	return OnDescriptor(raw, func(fd uintptr) error {
		return errors.Join(
			setBuffer(fd, syscall.SO_SNDBUF, o.SendBuffer),
			setBuffer(fd, syscall.SO_RCVBUF, o.RecvBuffer),
		)
	})
}

func setBuffer(fd uintptr, opt, bytes int) error {
	if bytes == 0 {
		return nil
	}
	return os.NewSyscallError("setsockopt", setsockopt(fd, syscall.SOL_SOCKET, opt, bytes))
}
