//go:build linux && !ringmq_portable

// Only streams of the epoll loop can be driven by receivers.

package socket

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/zmtp"
)

// What a receiver has read and left is told without giving the reading back to the loop; when nothing whole is left it
// is, by the poller that waits.
func TestReadyOfWhatAReceiverLeft(t *testing.T) {
	s, addr := newTaker(t)
	peer := rawPeer(t, addr)
	require.NoError(t, s.WaitPeers(within(t), 1))
	p := NewPoller()
	defer p.Close()
	require.NoError(t, p.Add(s, Readable))
	ready := make([]Ready, 1)
	require.Zero(t, p.Poll(ready))

	s.core.drive.active.Store(true) // the watch is not to begin
	cn := drivenConn(t, s)
	whole := zmtp.AppendFrame(nil, 0, []byte("whole"))
	_, err := peer.Write(slices.Concat(whole, whole, whole[:3]))
	require.NoError(t, err)
	waitFor(t, "the receiver has read it", func() bool {
		if cn.read.tryBegin() {
			cn.driveOnce()
		}
		direct := false
		s.core.HoldsRecv(func() { direct = cn.pipe.direct == cn })
		return direct
	})
	_, err = s.TryRecv() // as a receiver does that has read
	require.NoError(t, err)
	require.True(t, s.core.canRecv())
	require.True(t, cn.driven, "the loop does not read")
	n, err := p.Wait(within(t), ready)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = s.TryRecv()
	require.NoError(t, err)
	require.False(t, s.core.canRecv(), "a part of a message is none")

	_, err = peer.Write(whole[3:])
	require.NoError(t, err)
	n, err = p.Wait(within(t), ready)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	m, err := s.TryRecv()
	require.NoError(t, err)
	require.Equal(t, "whole", string(m.Frame(0)))
}
