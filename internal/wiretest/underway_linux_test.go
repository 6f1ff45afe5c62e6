package wiretest

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestCloseWaitsForWhatIsUnderway: what the kernel has taken, and the peer's has not, would be lost if the connection
// were closed and the peer then sent something. So Close lingers for it.
func TestCloseWaitsForWhatIsUnderway(t *testing.T) {
	t.Parallel()
	for _, l := range links {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			dealer := open(t, reqrep.NewDealer, socket.WithLinger(patience), socket.WithSendBuffer(1<<20))
			p := l.meet(t, dealer).peer().slow()
			p.shake(1, "ROUTER")
			const n = 8
			for i := range n {
				require.NoError(t, dealer.Send(within(t), numbered(i)))
			}
			require.Eventually(t, func() bool { return dealer.Stats().Queued == 0 }, patience, time.Millisecond)
			closed := make(chan error, 1)
			go func() { closed <- dealer.Close() }()
			if l.network == "tcp" { // a Unix socket loses nothing
				select {
				case err := <-closed:
					require.Fail(t, "it does not linger", "%v", err)
				case <-time.After(500 * time.Millisecond): // more than it gives a peer to say goodbye
				}
			}
			p.send(message("an answer that comes late"))
			for i := range n {
				require.Equal(t, i, p.readNumbered())
			}
			p.expectEnd()
			p.hangUp()
			require.NoError(t, <-closed)
		})
	}
}

// arrived waits until the system of the socket has all that the peer has sent: a reset would take back the rest.
func (p *peer) arrived() {
	p.t.Helper()
	raw, err := p.conn.(syscall.Conn).SyscallConn()
	if p.conn.LocalAddr().Network() != "tcp" {
		return
	}
	require.NoError(p.t, err)
	require.Eventually(p.t, func() bool {
		underway := 1
		_ = raw.Control(func(fd uintptr) { underway, _ = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ) })
		return underway == 0
	}, patience, time.Millisecond)
}

// TestPeerThatAsksAndLeavesIsHeard: a peer that sends, and closes without reading what it is sent, has the system reset
// the connection. A socket that notices so when it writes still receives what has come before, however slowly it does.
func TestPeerThatAsksAndLeavesIsHeard(t *testing.T) {
	const asked = 40
	overLinks(t, func(t *testing.T, l link) {
		router := open(t, reqrep.NewRouter, socket.WithRecvHWM(1), quickly)
		events := watch(t, router)
		at := l.meet(t, router)
		for range 5 {
			p := at.peer()
			p.shake(1, "DEALER", "Identity", "asks")
			p.send(message("first"))
			require.Equal(t, []string{"asks", "first"}, recv(t, router))
			send(t, router, "asks", "an answer that it does not read")
			for range asked { // more than is read at once, and less than the kernel takes for us
				p.send(message(text(1000)))
			}
			p.arrived()
			p.hangUp()
			for range 3 { // they meet a closed connection
				_ = router.TrySend(ringmq.NewString("asks", text(5000)))
			}
			for i := range asked {
				require.Equal(t, []string{"asks", text(1000)}, recv(t, router), "message %d of %d", i, asked)
			}
			events.of(socket.Disconnected, at)
		}
	})
}
