package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerProcess asks for the credentials that the peer had when it connected.
func peerProcess(c *net.UnixConn) (process, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return process{}, err
	}
	var p process
	err = OnDescriptor(raw, func(fd uintptr) error {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			p = process{pid: int(cred.Pid), uid: int(cred.Uid), gid: int(cred.Gid)}
		}
		return err
	})
	return p, err
}
