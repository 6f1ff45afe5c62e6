package transport

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// IsAddrInUse reports whether err says that the address is taken. Winsock returns codes of its own, not those of package
// syscall.
func IsAddrInUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }

// IsRefused reports whether err says that nobody listens at the address.
func IsRefused(err error) bool {
	return errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, syscall.ECONNREFUSED)
}

// SetBacklog does nothing: Winsock takes the backlog only once, and package net has used that up.
func SetBacklog(syscall.Conn, int) error { return nil }

func setsockopt(fd uintptr, level, opt, value int) error {
	return syscall.SetsockoptInt(syscall.Handle(fd), level, opt, value)
}
