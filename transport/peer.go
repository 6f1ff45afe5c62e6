package transport

import (
	"fmt"
	"net"
)

// PeerAddr returns the address of the peer of c, for monitor events and the "Peer-Address" property. It is
// c.RemoteAddr() wherever that says something. The connecting side of a Unix socket has no name, so that every peer of
// a bound ipc endpoint would look alike: for those it names the process, "pid=4711,uid=1000,gid=1000", as far as the
// system tells.
func PeerAddr(c net.Conn) net.Addr {
	remote := c.RemoteAddr()
	uc, ok := c.(*net.UnixConn)
	if !ok || named(remote) {
		return remote
	}
	if p, err := peerProcess(uc); err == nil {
		return p
	}
	return c.LocalAddr()
}

// named reports whether a is the address of a socket that was bound; "@" is how package net shows no name on Linux.
func named(a net.Addr) bool { return a != nil && a.String() != "" && a.String() != "@" }

// process is the address of a peer that is known only by its process.
type process struct {
	pid, uid, gid int
}

// Network is "unix", as for a named peer.
func (process) Network() string { return "unix" }

// String leaves out the process id where the system did not tell it.
func (p process) String() string {
	if p.pid == 0 {
		return fmt.Sprintf("uid=%d,gid=%d", p.uid, p.gid)
	}
	return fmt.Sprintf("pid=%d,uid=%d,gid=%d", p.pid, p.uid, p.gid)
}
