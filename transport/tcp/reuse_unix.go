//go:build unix

package tcp

import (
	"syscall"

	"github.com/ringmq/ringmq/transport"
)

// reuseSource lets a connector with a fixed source port connect again while its last connection is in TIME_WAIT.
func reuseSource(raw syscall.RawConn) error {
	return transport.OnDescriptor(raw, func(fd uintptr) error {
		return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	})
}
