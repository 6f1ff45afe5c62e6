package peer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// plainSum is the sum by the letter of its description.
func plainSum(b []byte) (sum uint64) {
	for i, c := range b {
		sum += uint64(c) << (8 * (i % 8))
	}
	return sum
}

func TestMessage(t *testing.T) {
	b := fill(27, true)
	require.Equal(t, "S0000000", string(b[:8]))
	require.Equal(t, make([]byte, 16), b[8:24])
	for i := 24; i < 27; i++ {
		require.EqualValues(t, (i*31+7)%256, b[i])
	}
	require.EqualValues(t, (16*31+7)%256, fill(27, false)[16])
}

func FuzzSum(f *testing.F) {
	for _, n := range []int{0, 1, 7, 8, 16, 31, 32, 33, 64, 100} {
		f.Add(fill(n+16, false)[16:])
	}
	f.Fuzz(func(t *testing.T, b []byte) { require.Equal(t, plainSum(b), Sum(b)) })
}
