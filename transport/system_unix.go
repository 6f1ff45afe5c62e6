//go:build unix

package transport

import (
	"errors"
	"syscall"
)

// IsAddrInUse reports whether err says that the address is taken.
func IsAddrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// IsRefused reports whether err says that nobody listens at the address.
func IsRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// SetBacklog sets the backlog of a listener, as [Options].Backlog describes; 0 and less leave it. Package net has no
// such option, but listen(2) on a socket that listens already does only this.
func SetBacklog(l syscall.Conn, backlog int) error {
	if backlog <= 0 {
		return nil
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return OnDescriptor(raw, func(fd uintptr) error { return syscall.Listen(int(fd), backlog) })
}

func setsockopt(fd uintptr, level, opt, value int) error {
	return syscall.SetsockoptInt(int(fd), level, opt, value)
}
