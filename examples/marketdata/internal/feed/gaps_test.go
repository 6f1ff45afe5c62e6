package feed

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGapTracker(t *testing.T) {
	type seen struct {
		symbol  string
		seq     uint64
		skipped uint64
	}
	cases := []struct {
		name               string
		first              uint64
		seen               []seen
		gaps, missed, late uint64
	}{
		{"complete", 1, []seen{{"A", 1, 0}, {"B", 1, 0}, {"A", 2, 0}, {"B", 2, 0}}, 0, 0, 0},
		{"missed the start", 1, []seen{{"A", 4, 3}, {"A", 5, 0}}, 1, 3, 0},
		{"joined late", 0, []seen{{"A", 4, 0}, {"A", 5, 0}, {"B", 9, 0}}, 0, 0, 0},
		{"by symbol", 1, []seen{{"A", 1, 0}, {"B", 3, 2}, {"A", 2, 0}, {"A", 5, 2}}, 2, 4, 0},
		{"repeated", 1, []seen{{"A", 1, 0}, {"A", 1, 0}, {"A", 2, 0}}, 0, 0, 1},
		{"out of order", 1, []seen{{"A", 3, 2}, {"A", 1, 0}, {"A", 4, 0}}, 1, 2, 1},
		{"sequence 0", 1, []seen{{"A", 0, 0}, {"A", 1, 0}}, 0, 0, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := NewGapTracker(c.first)
			for _, s := range c.seen {
				require.Equal(t, s.skipped, g.Observe(s.symbol, s.seq))
			}
			require.Equal(t, []uint64{c.gaps, c.missed, c.late}, []uint64{g.Gaps(), g.Missed(), g.Late()})
		})
	}
}
