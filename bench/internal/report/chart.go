package report

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/result"
)

// Charts writes a chart for each table, as SVG and as PNG, into the folder dir.
func Charts(dir string, p *plan.Plan, r *result.Report) error {
	for _, t := range p.Tables {
		c := newChart(t, rowsOf(r, t))
		if len(c.bars) == 0 {
			continue
		}
		for _, ext := range []string{".svg", ".png"} {
			if err := c.save(filepath.Join(dir, t.Name+ext)); err != nil {
				return err
			}
		}
	}
	return nil
}

// chart is a group of bars for each row, on a logarithmic scale: the first metric's median, with a whisker to its least
// and most; for latencies, from the median up to p99 and p99.9.
type chart struct {
	table  plan.Table
	groups []string  // names of rows
	middle []float64 // of each group, in bars
	bars   []bar
	names  []string // of the legend, in order of appearance
	width  float64  // of all groups, in bars
}

// bar is one entry of one row.
type bar struct {
	at    float64 // place of its left edge, in bars
	name  string
	value float64
	marks []float64 // ends of whiskers
}

const (
	// groupGap is the room between two groups, in bars.
	groupGap = 1
	// labelRoom is the room for a label, in bars.
	labelRoom = 4
	// legendRoom is that of the legend, right of the groups.
	legendRoom = 9
)

func newChart(t plan.Table, rows []*result.Row) *chart {
	c := &chart{table: t}
	for _, row := range rows {
		begin := c.width
		for _, e := range row.Entries {
			c.add(t, e)
		}
		if c.width == begin {
			continue // nothing of it was measured
		}
		c.widen(begin)
		c.groups = append(c.groups, row.Name)
		c.middle = append(c.middle, (begin+c.width)/2)
		c.width += groupGap
	}
	return c
}

// widen puts the bars of the last group, which begins there, into the middle of the room that its label needs.
func (c *chart) widen(begin float64) {
	lack := labelRoom - (c.width - begin)
	if lack <= 0 {
		return
	}
	for i := range c.bars {
		if c.bars[i].at >= begin {
			c.bars[i].at += lack / 2
		}
	}
	c.width += lack
}

func (c *chart) add(t plan.Table, e *result.Entry) {
	s := e.Summary(t.Metrics[0])
	if s.N == 0 || s.Median <= 0 {
		return // no place on a logarithmic scale
	}
	b := bar{at: c.width, name: e.Name, value: s.Median, marks: []float64{s.Min, s.Max}}
	if t.Metrics[0].Key == plan.P50.Key {
		b.marks = []float64{e.Summary(plan.P99).Median, e.Summary(plan.P999).Median}
	}
	c.bars = append(c.bars, b)
	c.width++
	if !slices.Contains(c.names, e.Name) {
		c.names = append(c.names, e.Name)
	}
}

// labels are the names of rows without the words that all begin with, in short lines.
func labels(names []string) []string {
	words := make([][]string, len(names))
	for i, n := range names {
		words[i] = strings.Fields(n)
	}
	for len(words) > 1 && sameFirst(words) {
		for i := range words {
			words[i] = words[i][1:]
		}
	}
	lines := make([]string, len(names))
	for i, w := range words {
		lines[i] = wrap(w)
	}
	return lines
}

// sameFirst reports whether all begin with the same word, and none is of that word alone.
func sameFirst(words [][]string) bool {
	return !slices.ContainsFunc(words, func(w []string) bool { return len(w) < 2 || w[0] != words[0][0] })
}

func wrap(words []string) string {
	const most = 12
	var lines []string
	line := ""
	for _, word := range words {
		if line != "" && len(line)+1+len(word) > most {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}
