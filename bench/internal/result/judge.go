package result

import (
	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/stats"
)

// Verdict is what became of a target.
type Verdict struct {
	Row    string `json:"row"`
	Target string `json:"target"`
	// Number is what the target bounds, over the rounds; of none if something was not measured.
	Number stats.Summary `json:"number"`
	// Best is the entry that was compared with, where the target names several.
	Best string `json:"best,omitempty"`
	Met  bool   `json:"met"`
	// RoundsMet of Number's rounds meet the target by themselves.
	RoundsMet int `json:"rounds_met"`
}

// What a verdict can be.
const (
	Met         = "met"
	Missed      = "missed"
	NotMeasured = "not measured"
)

// Outcome is the verdict in a word.
func (v Verdict) Outcome() string {
	switch {
	case v.Number.N == 0:
		return NotMeasured
	case v.Met:
		return Met
	}
	return Missed
}

// Judge makes the verdicts on the targets of all rows that were measured.
func (r *Report) Judge(targets []plan.Target) {
	r.Verdicts = nil
	for _, t := range targets {
		if r.Row(t.Row) != nil {
			r.Verdicts = append(r.Verdicts, r.judge(t))
		}
	}
}

func (r *Report) judge(t plan.Target) Verdict {
	v := Verdict{Row: t.Row, Target: t.String()}
	rounds, best := r.numbers(t)
	v.Best = best
	v.Number = stats.Summarize(rounds)
	v.Met = v.Number.N > 0 && meets(t, v.Number.Median)
	for _, n := range rounds {
		if meets(t, n) {
			v.RoundsMet++
		}
	}
	return v
}

// meets is false for what is not a number.
func meets(t plan.Target, number float64) bool {
	if t.AtLeast > 0 {
		return number >= t.AtLeast
	}
	return number <= t.AtMost
}

// numbers are what the target bounds, a round each, and the entry that was the best of several.
func (r *Report) numbers(t plan.Target) (rounds []float64, best string) {
	of := r.series(t.Of)
	var against [][]float64
	for _, f := range t.Against {
		against = append(against, r.series(f))
	}
	switch t.Compare {
	case plan.Value:
		return of, ""
	case plan.Difference:
		return stats.Combine([][]float64{of, against[0]}, stats.Difference), ""
	case plan.Evenness:
		return stats.Combine(append([][]float64{of}, against...), stats.Evenness), ""
	}
	i := stats.Best(against, t.Of.Metric.More)
	if i < 0 {
		return nil, ""
	}
	if len(against) > 1 {
		best = t.Against[i].Entry
	}
	return stats.Combine([][]float64{of, against[i]}, stats.Ratio), best
}
