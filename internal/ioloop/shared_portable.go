//go:build !linux || ringmq_portable

package ioloop

import "net"

// AttachShared is Attach: there is no shared memory here.
func (l *Loop) AttachShared(c net.Conn, h Handler, _ bool) (Stream, error) { return l.Attach(c, h) }
