package feed

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSequencer(t *testing.T) {
	var s Sequencer
	want := []struct {
		symbol         string
		seq, symbolSeq uint64
	}{{"A", 1, 1}, {"B", 2, 1}, {"A", 3, 2}, {"A", 4, 3}, {"B", 5, 2}}
	for _, w := range want {
		tick := Tick{Symbol: w.symbol}
		s.Stamp(&tick)
		require.Equal(t, Tick{Symbol: w.symbol, Seq: w.seq, SymbolSeq: w.symbolSeq}, tick)
	}
}
