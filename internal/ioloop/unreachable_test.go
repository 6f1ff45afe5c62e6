//go:build linux && !ringmq_portable

package ioloop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestUnanswered: silence by itself is not a fault, and neither is a closed window whose probes are answered.
func TestUnanswered(t *testing.T) {
	for name, test := range map[string]struct {
		limit time.Duration
		info  unix.TCPInfo
		want  bool
	}{
		"idle":                {time.Second, unix.TCPInfo{Last_ack_recv: 100_000}, false},
		"just sent":           {time.Second, unix.TCPInfo{Last_ack_recv: 999, Unacked: 3}, false},
		"not acknowledged":    {time.Second, unix.TCPInfo{Last_ack_recv: 1000, Unacked: 1}, true},
		"acknowledged late":   {time.Millisecond, unix.TCPInfo{Last_ack_recv: 499, Unacked: 1}, false},
		"too late":            {time.Millisecond, unix.TCPInfo{Last_ack_recv: 500, Unacked: 1}, true},
		"window closed":       {time.Second, unix.TCPInfo{Last_ack_recv: 100_000, Probes: 1}, false},
		"probes not answered": {time.Second, unix.TCPInfo{Last_ack_recv: 10, Probes: maxProbes}, true},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, unanswered(&test.info, test.limit)) })
	}
}
