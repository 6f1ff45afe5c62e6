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
		var cred *unix.Xucred
		if cred, optErr = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); optErr != nil {
			return
		}
		p = process{uid: int(cred.Uid), gid: int(cred.Groups[0])}
		p.pid, _ = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	})
	return p, errors.Join(err, optErr)
}
