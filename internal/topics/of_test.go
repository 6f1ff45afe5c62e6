package topics

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSubscriptionsOfAPeer: its own, each once, in order, whoever else has them.
func TestSubscriptionsOfAPeer(t *testing.T) {
	var ix Index[int]
	of := func(p int) (topics []string) {
		ix.Of(p, func(topic []byte) { topics = append(topics, string(topic)) })
		return topics
	}
	require.Zero(t, ix.Peers())
	require.Empty(t, of(1))
	for _, topic := range []string{"b", "", "ab", "a", "b"} {
		ix.Add([]byte(topic), 1)
	}
	ix.Add([]byte("ab"), 2)
	require.Equal(t, []string{"", "a", "ab", "b"}, of(1))
	require.Equal(t, []string{"ab"}, of(2))
	require.Equal(t, 2, ix.Peers())
	ix.Remove([]byte("ab"), 2)
	require.Empty(t, of(2))
	require.Equal(t, 1, ix.Peers())
	ix.RemovePeer(1, nil)
	require.Empty(t, of(1))
	require.Zero(t, ix.Peers())
}
