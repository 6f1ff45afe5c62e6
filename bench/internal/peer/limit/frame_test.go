package limit

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFrames(t *testing.T) {
	var wire []byte
	sizes := []int{1, 255, 256, 70_000}
	for _, n := range sizes {
		before := len(wire)
		wire = appendFrame(wire, bytes.Repeat([]byte{byte(n)}, n))
		require.Equal(t, frameLen(n), len(wire)-before)
	}
	for _, n := range sizes {
		for _, have := range []int{0, 1, 2, 8, 9, frameLen(n) - 1} {
			if have < frameLen(n) {
				body, rest := cutFrame(wire[:have])
				require.Nil(t, body)
				require.Len(t, rest, have)
			}
		}
		var body []byte
		body, wire = cutFrame(wire)
		require.Equal(t, bytes.Repeat([]byte{byte(n)}, n), body)
	}
	require.Empty(t, wire)
}
