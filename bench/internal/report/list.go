package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/ringmq/ringmq/bench/internal/plan"
)

// List writes what would be measured: rows, entries and targets.
func List(w io.Writer, p *plan.Plan, rows []plan.Row) error {
	var b strings.Builder
	for _, row := range rows {
		var names []string
		for _, e := range row.Entries {
			names = append(names, e.Name)
		}
		fmt.Fprintf(&b, "%s\n  %s\n  %s\n", row.Name, strings.Join(row.Case.Args(), " "), strings.Join(names, ", "))
		for _, t := range p.Targets {
			if t.Row == row.Name {
				fmt.Fprintf(&b, "  target: %s\n", t)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
