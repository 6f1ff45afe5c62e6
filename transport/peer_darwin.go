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
		cred, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err == nil {
			p = process{uid: int(cred.Uid), gid: int(cred.Groups[0])}
			p.pid, _ = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		}
		return err
	})
	return p, err
}
