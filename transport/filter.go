package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// ErrFiltered is what [TurnedAway] wraps for a peer that the filters of its listener do not admit.
var ErrFiltered = errors.New("no filter admits the peer")

// AddrFilter is the networks whose peers may connect; an empty one admits all.
type AddrFilter []netip.Prefix

// Admit returns an error that wraps [ErrFiltered] unless the peer is of one of the networks. An IPv4 address that a
// listener of IPv6 sees is taken for what it is.
func (f AddrFilter) Admit(peer netip.Addr) error {
	if len(f) == 0 {
		return nil
	}
	peer = peer.Unmap().WithZone("")
	if slices.ContainsFunc(f, func(p netip.Prefix) bool { return p.Contains(peer) }) {
		return nil
	}
	return fmt.Errorf("%w: %v is in none of %v", ErrFiltered, peer, []netip.Prefix(f))
}

// ProcessFilter is the processes that may connect to a Unix socket: one whose user, group or process id is listed. An
// empty one admits all. It needs [HasCredentials].
type ProcessFilter struct {
	UIDs, GIDs, PIDs []int
}

func (f ProcessFilter) isEmpty() bool { return len(f.UIDs)+len(f.GIDs)+len(f.PIDs) == 0 }

// Admit returns an error unless the peer of c is listed: one that wraps [ErrFiltered], or that of the system, which may
// be [errors.ErrUnsupported].
func (f ProcessFilter) Admit(c *net.UnixConn) error {
	if f.isEmpty() {
		return nil
	}
	p, err := peerProcess(c)
	if err != nil {
		return err
	}
	if slices.Contains(f.UIDs, p.uid) || slices.Contains(f.GIDs, p.gid) || slices.Contains(f.PIDs, p.pid) {
		return nil
	}
	return fmt.Errorf("%w: %v", ErrFiltered, p)
}
