package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/ringmq/ringmq/bench/internal/result"
)

// Compare writes the verdicts of two runs side by side and returns how many differ. A target that only one of them
// measured counts as one that differs.
func Compare(w io.Writer, older, newer *result.Report) (differ int, err error) {
	fmt.Fprintf(w, "old: %s\n\nnew: %s\n\n", heading(older), heading(newer))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "row\ttarget\told\tnew\t")
	all := pairs(older, newer)
	for _, v := range all {
		mark := ""
		if v.old.Outcome() != v.new.Outcome() {
			differ++
			mark = "<- differ"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", v.row, v.target, short(v.old), short(v.new), mark)
	}
	if err := tw.Flush(); err != nil {
		return differ, err
	}
	if differ == 0 {
		_, err = fmt.Fprintln(w, "\nthe two agree on every verdict")
	} else {
		_, err = fmt.Fprintf(w, "\nthe two differ on %d of %d verdicts\n", differ, len(all))
	}
	return differ, err
}

func short(v result.Verdict) string {
	if v.Number.N == 0 {
		return v.Outcome()
	}
	return fmt.Sprintf("%s, %s", v.Outcome(), ratio(v.Number.Median))
}

// pair is a target with its two verdicts; the zero Verdict is one that was not measured.
type pair struct {
	row, target string
	old, new    result.Verdict
}

// pairs lists the targets in the order of the newer run, then those of the older one alone.
func pairs(older, newer *result.Report) []*pair {
	var all []*pair
	find := func(v result.Verdict) *pair {
		for _, p := range all {
			if p.row == v.Row && p.target == v.Target {
				return p
			}
		}
		p := &pair{row: v.Row, target: v.Target}
		all = append(all, p)
		return p
	}
	for _, v := range newer.Verdicts {
		find(v).new = v
	}
	for _, v := range older.Verdicts {
		find(v).old = v
	}
	return all
}
