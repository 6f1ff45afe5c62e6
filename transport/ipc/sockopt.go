package ipc

import (
	"fmt"
	"net"
	"sync"
	"syscall"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// prepare returns what gives a new socket its options before it connects or listens.
func prepare(o transport.Options) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error { return transport.SetBuffers(raw, o) }
}

// admit gives an accepted connection its options, if the filters let it in; unlike TCP's it does not have those of the
// listener.
func admit(c *net.UnixConn, o transport.Options) error {
	if err := o.Processes.Admit(c); err != nil {
		return err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return transport.SetBuffers(raw, o)
}

// adopt takes over the listener in o. On an error it is the caller's. Whether Close removes the socket from the file
// system is for the listener to say: one that came as a descriptor leaves it.
func adopt(o transport.Options) (*listener, error) {
	ul, ok := o.Listener.(*net.UnixListener)
	if !ok || ul.Addr().Network() != "unix" {
		return nil, fmt.Errorf("a %T does not listen for streams of Unix sockets: %w", o.Listener, ringmq.ErrInvalidOption)
	}
	if err := transport.SetBacklog(ul, o.Backlog); err != nil {
		return nil, err
	}
	return &listener{
		UnixListener: ul, path: ul.Addr().String(), options: o, close: sync.OnceValue(ul.Close),
	}, nil
}
