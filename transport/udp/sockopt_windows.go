package udp

import (
	"errors"

	"golang.org/x/sys/windows"
)

type handle = windows.Handle

func (o options) setIPv4(fd handle) error {
	err := errors.Join(
		windows.SetsockoptInt(fd, windows.IPPROTO_IP, windows.IP_MULTICAST_TTL, o.Hops),
		windows.SetsockoptInt(fd, windows.IPPROTO_IP, windows.IP_MULTICAST_LOOP, flag(o.Loop)))
	if ip, ok := o.outgoing(); ok {
		err = errors.Join(err, windows.SetsockoptInet4Addr(fd, windows.IPPROTO_IP, windows.IP_MULTICAST_IF, ip))
	}
	return err
}

func (o options) setIPv6(fd handle) error {
	err := errors.Join(
		windows.SetsockoptInt(fd, windows.IPPROTO_IPV6, windows.IPV6_MULTICAST_HOPS, o.Hops),
		windows.SetsockoptInt(fd, windows.IPPROTO_IPV6, windows.IPV6_MULTICAST_LOOP, flag(o.Loop)))
	if o.nic != nil {
		err = errors.Join(err, windows.SetsockoptInt(fd, windows.IPPROTO_IPV6, windows.IPV6_MULTICAST_IF, o.nic.Index))
	}
	return err
}
