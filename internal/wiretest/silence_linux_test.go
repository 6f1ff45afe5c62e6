//go:build !ringmq_portable

package wiretest

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// vanish has the peer's system ignore whatever arrives for the connection, as one does that is cut off.
func (p *peer) vanish() {
	p.t.Helper()
	raw, err := p.conn.(syscall.Conn).SyscallConn()
	require.NoError(p.t, err)
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0}
	require.NoError(p.t, raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
	}))
	require.NoError(p.t, err)
}

// A peer that is gone without a word, with its system, is given up even by lenient heartbeats.
func TestLenientHeartbeatGivesUpLostSystems(t *testing.T) {
	t.Parallel()
	for _, l := range links[:2] {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			push := open(t, pipeline.NewPush, socket.WithHeartbeat(lenient), quickly)
			seen := watch(t, push)
			at := l.meet(t, push)
			p := at.peer()
			p.shake(1, "PULL")
			seen.ready(at, 1)
			p.expect(ping(0, ""))
			p.vanish()
			seen.ended(at, p, cause{typ: socket.Disconnected, text: "nothing within 60ms of a PING"})
			if l.connecting {
				at.peer().shake(1, "PULL")
			}
		})
	}
}
