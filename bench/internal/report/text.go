package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/result"
	"github.com/ringmq/ringmq/bench/internal/stats"
)

// Text writes the tables for a terminal.
func Text(w io.Writer, p *plan.Plan, r *result.Report) error {
	fmt.Fprintf(w, "%s\n\n", heading(r))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range p.Tables {
		if rows := rowsOf(r, t); len(rows) > 0 {
			textTable(tw, t, rows, r)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", tally(r), disturbance(r))
	return err
}

// heading says what was measured on what.
func heading(r *result.Report) string {
	s := r.System
	return fmt.Sprintf("ringmq %s, %s; libzmq %s, NNG %s, NATS %s, zmq4 %s\n%s, %d cores, %s%s\n%s, %s%s",
		s.Commit, s.Go, s.Libzmq, s.NNG, s.NATS, s.Zmq4, s.CPU, s.Cores, s.Kernel, disk(s), s.Date, rounds(r.Rounds), quick(r))
}

func disk(s result.System) string {
	if s.Disk == "" {
		return "" // results of before there were logs
	}
	return ", logs on " + s.Disk
}

func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("medians of %d rounds", n)
}

func quick(r *result.Report) string {
	if r.Quick {
		return ", with one eighth of the messages"
	}
	return ""
}

// tally counts the verdicts.
func tally(r *result.Report) string {
	count := map[string]int{}
	for _, v := range r.Verdicts {
		count[v.Outcome()]++
	}
	return fmt.Sprintf("%d targets met, %d missed, %d not measured",
		count[result.Met], count[result.Missed], count[result.NotMeasured])
}

// disturbance says how much of the machine the programs did not have to themselves.
func disturbance(r *result.Report) string {
	harness, others := result.Disturbance(r.Rows, plan.Harness), result.Disturbance(r.Rows, plan.Others)
	return fmt.Sprintf("while programs ran the harness took %.2g %% of a core (most %.2g %%), "+
		"everything else %.3g %% (most %.3g %%)", harness.Median, harness.Max, others.Median, others.Max)
}

func rowsOf(r *result.Report, t plan.Table) []*result.Row {
	var rows []*result.Row
	for _, row := range r.Rows {
		if row.Table == t.Name {
			rows = append(rows, row)
		}
	}
	return rows
}

func textTable(w io.Writer, t plan.Table, rows []*result.Row, r *result.Report) {
	fmt.Fprintf(w, "%s\n", t.Title)
	for _, row := range rows {
		fmt.Fprintf(w, "\n%s\t", row.Name)
		for _, cell := range head(t, row) {
			fmt.Fprintf(w, "%s\t", cell)
		}
		fmt.Fprintln(w)
		for _, e := range row.Entries {
			fmt.Fprintf(w, "  %s\t", e.Name)
			for _, cell := range cells(t, row, e) {
				fmt.Fprintf(w, "%s\t", cell)
			}
			fmt.Fprintln(w)
		}
		for _, line := range remarks(row, r) {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	fmt.Fprintln(w)
}

// disturbed is how much of a core others may take, in per cent, in half of a row's runs, before that is remarked on.
const disturbed = 10

// remarks are the verdicts on a row, what to know of it if the run was quick, and a warning if it was not measured in
// peace.
func remarks(row *result.Row, r *result.Report) []string {
	var lines []string
	if row.Quick != "" {
		lines = append(lines, "quick: "+row.Quick)
	}
	for _, v := range r.Verdicts {
		if v.Row == row.Name {
			lines = append(lines, verdict(v))
		}
	}
	if others := result.Disturbance([]*result.Row{row}, plan.Others); others.Median > disturbed {
		lines = append(lines, fmt.Sprintf("disturbed: everything else on the machine took %.0f %% of a core", others.Median))
	}
	return lines
}

// head names the columns: each metric's median, the first one's range, and how the row's first entry compares.
func head(t plan.Table, row *result.Row) []string {
	cols := []string{t.Metrics[0].Title, "least .. most"}
	for _, m := range t.Metrics[1:] {
		cols = append(cols, m.Title)
	}
	return append(cols, row.Entries[0].Name+" / this", "")
}

// cells are the columns of an entry, and a failure in place of figures where there are none.
func cells(t plan.Table, row *result.Row, e *result.Entry) []string {
	var cols []string
	for i, m := range t.Metrics {
		s := e.Summary(m)
		cols = append(cols, amount(m, s.Median, s.N))
		if i == 0 {
			cols = append(cols, spread(m, s))
		}
	}
	ratio := ""
	if first := row.Entries[0]; e != first {
		ratio = ratioText(first.Ratio(e, t.Metrics[0]))
	}
	cols = append(cols, ratio)
	if why, failed := e.Failure(); failed > 0 {
		return append(cols, fmt.Sprintf("%d of %d failed: %s", failed, len(e.Runs), why))
	}
	return append(cols, "")
}

func spread(m plan.Metric, s stats.Summary) string {
	if s.N == 0 {
		return ""
	}
	return amount(m, s.Min, s.N) + " .. " + amount(m, s.Max, s.N)
}

func ratioText(s stats.Summary) string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s .. %s)", ratio(s.Median), ratio(s.Min), ratio(s.Max))
}

func ratio(v float64) string { return fmt.Sprintf("%.3g", v) }

func verdict(v result.Verdict) string {
	text := fmt.Sprintf("%s: %s", v.Outcome(), v.Target)
	if v.Number.N == 0 {
		return text
	}
	text += fmt.Sprintf(": %s", ratioText(v.Number))
	if v.Best != "" {
		text += " against " + v.Best
	}
	if v.RoundsMet != v.Number.N && v.RoundsMet != 0 {
		text += fmt.Sprintf(", in %d of %d rounds", v.RoundsMet, v.Number.N)
	}
	return text
}

// amount is a figure with the precision that it deserves; "–" where there is none.
func amount(m plan.Metric, v float64, rounds int) string {
	switch {
	case rounds == 0:
		return "–"
	case m.Unit == "/s" && v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	case m.Unit == "/s":
		return fmt.Sprintf("%.0f", v)
	case m.Unit == "µs" && v >= 100, m.Unit == "B":
		return fmt.Sprintf("%.0f", v)
	case m.Unit == "%" && v < 99.95:
		return fmt.Sprintf("%.3g", v)
	case m.Unit == "%":
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
