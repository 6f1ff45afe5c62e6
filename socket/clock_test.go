package socket

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// It goes on while somebody asks, and costs nothing when nobody does.
func TestCoarseClock(t *testing.T) {
	const patience = 20 * time.Second
	c := new(coarseClock)
	before := now()
	first := c.now()
	require.GreaterOrEqual(t, first, before)
	require.LessOrEqual(t, first, now())
	require.Eventually(t, func() bool { return c.now() > first }, patience, time.Millisecond, "it ticks")
	require.LessOrEqual(t, c.now(), now())
	require.Eventually(t, func() bool { return c.at.Load() == 0 }, patience, time.Millisecond, "it stands still")
	before = now()
	require.GreaterOrEqual(t, c.now(), before, "it is right at once")
}
