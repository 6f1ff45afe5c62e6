//go:build unix

package udp

import (
	"errors"

	"golang.org/x/sys/unix"
)

type handle = int

// setIPv4 sets bytes where others set integers: that is what every Unix takes.
func (o options) setIPv4(fd handle) error {
	err := errors.Join(
		unix.SetsockoptByte(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, byte(o.Hops)),
		unix.SetsockoptByte(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, byte(flag(o.Loop))))
	if ip, ok := o.outgoing(); ok {
		err = errors.Join(err, unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, ip))
	}
	return err
}

func (o options) setIPv6(fd handle) error {
	err := errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, o.Hops),
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, flag(o.Loop)))
	if o.nic != nil {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, o.nic.Index))
	}
	return err
}
