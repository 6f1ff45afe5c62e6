package stats

import (
	"math"
	"slices"
)

// Summary is what is shown of a figure that was taken in several rounds. It is of no round at all if N is 0.
type Summary struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	N      int     `json:"rounds"`
}

// Summarize leaves out what is not a number: rounds that failed.
func Summarize(rounds []float64) Summary {
	vs := slices.DeleteFunc(slices.Clone(rounds), math.IsNaN)
	n := len(vs)
	if n == 0 {
		return Summary{}
	}
	slices.Sort(vs)
	return Summary{Median: (vs[(n-1)/2] + vs[n/2]) / 2, Min: vs[0], Max: vs[n-1], N: n}
}

// Combine makes one number of the figures of each round that all series have. Series may be of different lengths.
func Combine(series [][]float64, f func(round []float64) float64) []float64 {
	rounds := math.MaxInt
	for _, s := range series {
		rounds = min(rounds, len(s))
	}
	if len(series) == 0 {
		return nil
	}
	out := make([]float64, rounds)
	for i := range out {
		round := make([]float64, len(series))
		for j, s := range series {
			round[j] = s[i]
		}
		out[i] = f(round)
	}
	return out
}

// Ratio is the first by the second.
func Ratio(round []float64) float64 { return round[0] / round[1] }

// Difference is the first less the second.
func Difference(round []float64) float64 { return round[0] - round[1] }

// Evenness is the least by the greatest.
func Evenness(round []float64) float64 {
	if slices.ContainsFunc(round, math.IsNaN) {
		return math.NaN()
	}
	return slices.Min(round) / slices.Max(round)
}

// Best is the series with the greatest median, or with the least if more is not better; -1 if none has a figure.
func Best(series [][]float64, more bool) int {
	best, at := 0.0, -1
	for i, s := range series {
		m := Summarize(s)
		if m.N > 0 && (at < 0 || (m.Median > best) == more) {
			best, at = m.Median, i
		}
	}
	return at
}
