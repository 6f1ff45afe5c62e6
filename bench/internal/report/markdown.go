package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/result"
)

// Markdown writes the tables and the verdicts as markdown, with the charts that [Charts] writes beside it.
func Markdown(w io.Writer, p *plan.Plan, r *result.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\n\n%s.\n\n%s; %s.\n", strings.ReplaceAll(heading(r), "\n", "; "), tally(r), disturbance(r))
	for _, t := range p.Tables {
		rows := rowsOf(r, t)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s.svg)\n", t.Title, t.Title, t.Name)
		for _, row := range rows {
			markdownRow(&b, t, row, r)
		}
	}
	markdownFailures(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownRow(b *strings.Builder, t plan.Table, row *result.Row, r *result.Report) {
	cols := head(t, row)
	cols = cols[:len(cols)-1] // failures have a list of their own
	fmt.Fprintf(b, "\n| %s | %s |\n|---|%s\n", row.Name, strings.Join(cols, " | "), strings.Repeat("---:|", len(cols)))
	for _, e := range row.Entries {
		fmt.Fprintf(b, "| %s | %s |\n", e.Name, strings.Join(cells(t, row, e)[:len(cols)], " | "))
	}
	b.WriteByte('\n')
	for _, line := range remarks(row, r) {
		fmt.Fprintf(b, "- %s\n", line)
	}
}

func markdownFailures(b *strings.Builder, r *result.Report) {
	var lines []string
	for name, why := range r.Absent {
		lines = append(lines, fmt.Sprintf("- %s is not there: %s\n", name, why))
	}
	for _, row := range r.Rows {
		for _, e := range row.Entries {
			if why, failed := e.Failure(); failed > 0 {
				lines = append(lines, fmt.Sprintf("- %s, %s: %d of %d: %s\n", row.Name, e.Name, failed, len(e.Runs), why))
			}
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n## Failures\n\n%s", strings.Join(lines, ""))
	}
}
