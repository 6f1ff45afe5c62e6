package transport

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// peerProcess asks for the credentials that the peer had when it connected.
func peerProcess(c *net.UnixConn) (net.Addr, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var p process
	var optErr error
	err = raw.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, optErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); optErr == nil {
			p = process{pid: int(cred.Pid), uid: int(cred.Uid), gid: int(cred.Gid)}
		}
	})
	return p, errors.Join(err, optErr)
}
