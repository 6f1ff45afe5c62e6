package tcp

import (
	"fmt"
	"net"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// adopt takes over the listener in o, and gives it the options that can still be set. On an error it is the caller's.
func adopt(o transport.Options) (*net.TCPListener, error) {
	l, ok := o.Listener.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("a %T does not listen for TCP: %w", o.Listener, ringmq.ErrInvalidOption)
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := prepare(o, false)("", "", raw); err != nil {
		return nil, err
	}
	return l, transport.SetBacklog(l, o.Backlog)
}
