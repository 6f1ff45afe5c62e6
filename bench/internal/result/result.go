package result

import (
	"math"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/stats"
)

// Report is a whole benchmark.
type Report struct {
	System System            `json:"system"`
	Rounds int               `json:"rounds"`
	Quick  bool              `json:"quick,omitempty"`
	Absent map[string]string `json:"absent,omitempty"` // contestants that are not there, and why
	Rows   []*Row            `json:"rows"`
	// Verdicts are made of the rows, by Judge.
	Verdicts []Verdict `json:"verdicts"`
}

// Row is what the entries of a row came to.
type Row struct {
	Name    string   `json:"name"`
	Table   string   `json:"table"`
	Case    string   `json:"case"`            // as arguments
	Quick   string   `json:"quick,omitempty"` // what else was smaller, since the run was quick
	Entries []*Entry `json:"entries"`
}

// Entry is what one entry came to, run by run.
type Entry struct {
	Name       string   `json:"name"`
	Contestant string   `json:"contestant"`
	Set        []string `json:"set,omitempty"`
	Env        []string `json:"env,omitempty"`
	Count      int      `json:"count"` // timed messages a run, as sent
	Runs       []Run    `json:"runs"`
}

// Run is one run: values by the key of their metric, or an error.
type Run struct {
	Values map[string]float64 `json:"values,omitempty"`
	Error  string             `json:"error,omitempty"`
	Tries  int                `json:"tries"` // more than 1: it was repeated, since others were busy; this is the calmest
}

// Row finds a row; nil if it was not measured.
func (r *Report) Row(name string) *Row {
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	return nil
}

// Entry finds an entry; nil if it was not measured.
func (r *Row) Entry(name string) *Entry {
	for _, e := range r.Entries {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Series has the metric of each round; NaN where the round has none.
func (e *Entry) Series(m plan.Metric) []float64 {
	s := make([]float64, len(e.Runs))
	for i, run := range e.Runs {
		v, ok := run.Values[m.Key]
		if !ok {
			v = math.NaN()
		}
		s[i] = v
	}
	return s
}

// Summary is that of the metric over all rounds.
func (e *Entry) Summary(m plan.Metric) stats.Summary { return stats.Summarize(e.Series(m)) }

// Ratio is what e has of the metric for each of what other has, round by round.
func (e *Entry) Ratio(other *Entry, m plan.Metric) stats.Summary {
	return stats.Summarize(stats.Combine([][]float64{e.Series(m), other.Series(m)}, stats.Ratio))
}

// Failure is the error of the first run that failed, and how many did.
func (e *Entry) Failure() (first string, failed int) {
	for _, run := range e.Runs {
		if run.Error == "" {
			continue
		}
		if failed == 0 {
			first = run.Error
		}
		failed++
	}
	return first, failed
}

// Disturbance is a metric over all runs of the rows: one that says how far they were disturbed.
func Disturbance(rows []*Row, m plan.Metric) stats.Summary {
	var all []float64
	for _, row := range rows {
		for _, e := range row.Entries {
			all = append(all, e.Series(m)...)
		}
	}
	return stats.Summarize(all)
}

// series finds the figure; nil if it was not measured.
func (r *Report) series(f plan.Figure) []float64 {
	row := r.Row(f.Row)
	if row == nil {
		return nil
	}
	e := row.Entry(f.Entry)
	if e == nil {
		return nil
	}
	return e.Series(f.Metric)
}
