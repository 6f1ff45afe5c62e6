package batching

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDecide(t *testing.T) {
	inline, deferred := Decision{Action: Inline}, Decision{Action: Deferred}
	hold := Decision{Action: Hold, Delay: time.Millisecond}
	for _, c := range []struct {
		name string
		p    Policy
		s    State
		want Decision
	}{
		{"adaptive: a lone message goes at once", Adaptive(), State{Messages: 1, Peers: 1}, inline},
		{"adaptive: a short burst too", Adaptive(), State{Messages: 1, Burst: DenseBurst - 1, Peers: 1}, inline},
		{"adaptive: a dense stream is coalesced", Adaptive(), State{Messages: 1, Burst: DenseBurst, Peers: 1}, Decision{Action: Coalesce, Bytes: coalesceBytes}},
		{"adaptive: few peers are written to at once", Adaptive(), State{Messages: 1, Peers: inlinePeers}, inline},
		{"adaptive: many peers are the loop's", Adaptive(), State{Messages: 1, Peers: inlinePeers + 1}, deferred},
		{"immediate: always", Immediate(), State{Messages: 1, Burst: 1000, Peers: 1000}, inline},
		{"fixed: waits", Fixed(10, 1000, time.Millisecond), State{Messages: 9, Bytes: 999}, hold},
		{"fixed: until enough messages", Fixed(10, 1000, time.Millisecond), State{Messages: 10, Bytes: 1}, inline},
		{"fixed: or enough bytes", Fixed(10, 1000, time.Millisecond), State{Messages: 1, Bytes: 1000}, inline},
		{"fixed: 0 is no limit", Fixed(0, 0, time.Millisecond), State{Messages: 1 << 20, Bytes: 1 << 30}, hold},
		{"fixed: no delay, no waiting", Fixed(10, 1000, 0), State{Messages: 1}, inline},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.p.Decide(c.s)) })
	}
}

func TestNames(t *testing.T) {
	require.Equal(t, "adaptive", Adaptive().String())
	require.Equal(t, "immediate", Immediate().String())
	require.Equal(t, "fixed(2 messages, 3 bytes, 1s)", Fixed(2, 3, time.Second).String())
}
