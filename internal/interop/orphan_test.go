package interop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPeerEndsWithItsTest: a peer whose test is gone, and with it the other end of its standard input, ends by itself
// even in the middle of a stream that never blocks.
func TestPeerEndsWithItsTest(t *testing.T) {
	p := libzmq(t, "PUB", "bind", endpoint(t, "tcp"))
	require.Equal(t, "sent", do(p, "stream %d", enough))
	start(p, "stream %d", endless)
	require.NoError(t, p.in.Close())
	select {
	case line, ok := <-p.lines:
		require.False(t, ok, "the stream has ended: %s", line)
	case <-time.After(patience):
		require.FailNow(t, "the peer goes on", p.name)
	}
}
