package udp

import "golang.org/x/sys/unix"

// setOnlyOwn: Linux gives a socket by default what comes for any group that anybody on the machine has joined
// (IP_MULTICAST_ALL of ip(7)).
func (o options) setOnlyOwn(fd handle) error {
	switch {
	case !o.onlyOwn:
		return nil
	case o.ipv4:
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
}
