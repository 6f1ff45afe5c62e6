package socket

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSign: each who asks is told of a sign since it asked last, whoever else has asked.
func TestSign(t *testing.T) {
	var s sign
	require.True(t, s.ask(askedByPulse), "the handshake was one")
	require.False(t, s.ask(askedByPulse))
	require.True(t, s.ask(askedByTTL))
	s.given()
	require.True(t, s.ask(askedByPulse))
	require.True(t, s.ask(askedByTTL))
	require.False(t, s.ask(askedByTTL))
	require.False(t, s.ask(askedByPulse))
}

// TestDefaultHeartbeat is lenient: nobody has asked for it.
func TestDefaultHeartbeat(t *testing.T) {
	hb := defaults().heartbeat
	require.Equal(t, Heartbeat{Interval: 30 * time.Second, Timeout: 60 * time.Second, Lenient: true}, hb)
	require.True(t, hb.valid())
}

func TestLeavesMachine(t *testing.T) {
	require.True(t, leavesMachine(&net.TCPAddr{}))
	require.False(t, leavesMachine(&net.UnixAddr{Net: "unix"}))
	require.False(t, leavesMachine(nil))
}

// TestPaceOfUnaskedPongs follows the PINGs, but not those that have waited and come at once.
func TestPaceOfUnaskedPongs(t *testing.T) {
	cn := new(conn)
	cn.obey(0)
	h := cn.theirs.Load()
	require.Equal(t, unaskedPong/2, h.pace())
	h.lastPing -= int64(time.Second)
	cn.obey(0)
	require.InDelta(t, time.Second/2, h.pace(), float64(100*time.Millisecond))
	h.lastPing = now() + int64(time.Hour)
	pace := h.pace()
	cn.obey(0)
	require.Equal(t, pace, h.pace())
}
