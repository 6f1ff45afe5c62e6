//go:build linux && !ringmq_portable

package ioloop

import (
	"time"

	"golang.org/x/sys/unix"
)

var _ Reporter = (*fdStream)(nil)

// maxProbes is the number of unanswered probes of a closed window, or of a quiet connection, after which the peer is
// not reachable. They come less and less often, and the kernel waits for 15.
const maxProbes = 3

// slowestAck is how long a system that is well may put an acknowledgement off (RFC 1122, section 4.2.3.2).
const slowestAck = 500 * time.Millisecond

// Unreachable asks TCP; connections of other kinds do not leave the machine.
func (s *fdStream) Unreachable(d time.Duration) bool {
	if !s.enter() {
		return false
	}
	defer s.leave()
	info, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && unanswered(info, d)
}

// unanswered judges by the time since the last acknowledgement, which is long also if there was nothing to acknowledge.
func unanswered(info *unix.TCPInfo, d time.Duration) bool {
	silence := time.Duration(info.Last_ack_recv) * time.Millisecond
	return info.Probes >= maxProbes || info.Unacked > 0 && silence >= max(d, slowestAck)
}
