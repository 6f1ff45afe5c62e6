//go:build unix

package tcp

import (
	"errors"
	"syscall"
)

// reuseSource lets a connector with a fixed source port connect again while its last connection is in TIME_WAIT.
func reuseSource(_, _ string, raw syscall.RawConn) error {
	var optErr error
	err := raw.Control(func(fd uintptr) {
		optErr = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	})
	return errors.Join(err, optErr)
}
