package tcp

import (
	"net"
	"syscall"

	"github.com/ringmq/ringmq/transport"
)

// prepare returns what gives a new socket its options before it connects or listens. With reuse it may take an address
// whose last connection is in TIME_WAIT.
func prepare(o transport.Options, reuse bool) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		if reuse {
			if err := reuseSource(raw); err != nil {
				return err
			}
		}
		if err := transport.SetBuffers(raw, o); err != nil {
			return err
		}
		return transport.OnDescriptor(raw, func(fd uintptr) error {
			if err := setDevice(fd, o.Device); err != nil {
				return err
			}
			return setOptions(fd, o)
		})
	}
}

// settle gives a connection that this side has made the options that a socket has only then, unless it goes nowhere.
func settle(c *net.TCPConn, o transport.Options) error {
	if isSelf(c) {
		return errSelf
	}
	return keepAlive(c, o)
}

// admit gives an accepted connection its options, if the filters let it in: what it inherits of its listener differs
// from system to system.
func admit(c *net.TCPConn, o transport.Options) error {
	if err := o.Networks.Admit(c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()); err != nil {
		return err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	if err := transport.SetBuffers(raw, o); err != nil {
		return err
	}
	if err := transport.OnDescriptor(raw, func(fd uintptr) error { return setOptions(fd, o) }); err != nil {
		return err
	}
	return keepAlive(c, o)
}

// keepAlive is left to package net, which knows the options of each system.
func keepAlive(c *net.TCPConn, o transport.Options) error {
	if !o.KeepAlive.Enable {
		return nil
	}
	return c.SetKeepAliveConfig(o.KeepAlive)
}
