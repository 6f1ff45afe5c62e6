package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var nan = math.NaN()

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		name   string
		rounds []float64
		want   Summary
	}{
		{"none", nil, Summary{}},
		{"only failures", []float64{nan, nan}, Summary{}},
		{"one", []float64{3}, Summary{3, 3, 3, 1}},
		{"odd", []float64{9, 1, 5}, Summary{5, 1, 9, 3}},
		{"even", []float64{8, 1, 4, 2}, Summary{3, 1, 8, 4}},
		{"a failure is left out", []float64{8, nan, 4}, Summary{6, 4, 8, 2}},
	} {
		require.Equal(t, c.want, Summarize(c.rounds), c.name)
	}
}

func TestSummarizeLeavesTheRoundsInOrder(t *testing.T) {
	rounds := []float64{3, 1, 2}
	Summarize(rounds)
	require.Equal(t, []float64{3, 1, 2}, rounds)
}

func TestCombine(t *testing.T) {
	require.Nil(t, Combine(nil, Ratio))
	require.Equal(t, []float64{2, 5}, Combine([][]float64{{10, 20}, {5, 4}}, Ratio))
	require.Equal(t, []float64{5, 16}, Combine([][]float64{{10, 20, 30}, {5, 4}}, Difference), "of the shorter")
	require.Equal(t, []float64{0.25, 1}, Combine([][]float64{{1, 2}, {4, 2}, {2, 2}}, Evenness))
	for _, f := range []func([]float64) float64{Ratio, Difference, Evenness} {
		require.True(t, math.IsNaN(Combine([][]float64{{1}, {nan}}, f)[0]))
		require.True(t, math.IsNaN(Combine([][]float64{{nan}, {1}}, f)[0]))
	}
}

// TestRatioByRound: a disturbance that meets both sides of a round falls out, which it does not from medians.
func TestRatioByRound(t *testing.T) {
	us, them := []float64{40, 4, 40, 10, 20}, []float64{10, 1, 10, 2.5, 5}
	require.Equal(t, Summary{4, 4, 4, 5}, Summarize(Combine([][]float64{us, them}, Ratio)))
}

func TestBest(t *testing.T) {
	series := [][]float64{{nan}, {1, 9, 2}, {3, 3, 3}}
	require.Equal(t, 2, Best(series, true))
	require.Equal(t, 1, Best(series, false))
	require.Equal(t, -1, Best(series[:1], true))
	require.Equal(t, -1, Best(nil, true))
}
