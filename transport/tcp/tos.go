//go:build linux || darwin

package tcp

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// setTOS sets the byte for both families: a socket of IPv6 may send packets of IPv4. One that is of IPv4 has only
// that, and on darwin one of IPv6 only the other.
func setTOS(fd, tos int) error {
	if tos == 0 {
		return nil
	}
	v4 := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
	v6 := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, tos)
	if v4 != nil && v6 != nil {
		return fmt.Errorf("setsockopt IP_TOS %d: %w", tos, v4)
	}
	return nil
}
