package conformance_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/socket"
)

// TestSharedMemory: two sockets agree on shared memory over ipc if both want it, and nowhere else; what they say to each
// other is the same either way.
func TestSharedMemory(t *testing.T) {
	for name, c := range map[string]struct {
		bound, connecting bool
		want              bool
	}{
		"both":               {true, true, true},
		"not the bound one":  {false, true, false},
		"not the other one":  {true, false, false},
		"neither of the two": {false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			onStreams(t, func(t *testing.T, fresh func() string) {
				endpoint := fresh()
				a := open(t, pair.NewPair, socket.WithSharedMemory(c.bound))
				b := open(t, pair.NewPair, socket.WithSharedMemory(c.connecting))
				link(t, a, b, endpoint)
				for name, sizes := range shapes() {
					if !c.want && strings.HasPrefix(name, "8 MiB") {
						continue // it travels like any other, see TestFramesArriveAsSent
					}
					want := shaped(sizes)
					for _, way := range [][2]*pair.Pair{{a, b}, {b, a}} {
						require.NoError(t, way[0].SendBytes(deadline(t), want...))
						m, err := way[1].Recv(deadline(t))
						require.NoError(t, err)
						requireFrames(t, want, m)
					}
				}
				require.NoError(t, a.SendBytes(deadline(t), []byte("whence")))
				m, err := b.Recv(deadline(t))
				require.NoError(t, err)
				_, shared := m.Property("X-Ringmq-Shm")
				require.Equal(t, c.want && canShare && strings.HasPrefix(endpoint, "ipc:"), shared)
			})
		})
	}
}

// canShare: Linux has sealed memory that a descriptor stands for; the portable loop does without.
var canShare = runtime.GOOS == "linux" && !portable
