package udp

import (
	"errors"
	"net"

	"github.com/ringmq/ringmq/transport"
)

// options are set on each socket. What concerns multicast does nothing for other datagrams.
type options struct {
	ipv4    bool
	nic     *net.Interface // multicast datagrams leave by it; nil: as the system's routes say
	onlyOwn bool           // of multicast datagrams only those of groups that the socket itself has joined
	transport.Multicast
}

// tuned sets the options; on an error the socket is closed.
func tuned(c *net.UDPConn, o options) error {
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return err
	}
	var optErr error
	err = raw.Control(func(fd uintptr) { optErr = o.set(handle(fd)) })
	if err = errors.Join(err, optErr); err != nil {
		c.Close()
	}
	return err
}

func (o options) set(fd handle) error {
	set := o.setIPv6
	if o.ipv4 {
		set = o.setIPv4
	}
	return errors.Join(set(fd), o.setOnlyOwn(fd))
}

// outgoing is the address of the interface that IPv4 knows it by; ok is false if there is none.
func (o options) outgoing() (ip [4]byte, ok bool) {
	if o.nic == nil {
		return ip, false
	}
	ips, err := addresses(o.nic)
	if err != nil || len(ips) == 0 {
		return ip, false
	}
	best := preferred(ips)
	if !best.Is4() {
		return ip, false
	}
	return best.As4(), true
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
