package run

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/result"
)

// Suite measures rows: in each round every entry of the row once, one after the other, so that a disturbance that lasts
// meets all of them.
type Suite struct {
	Runner   *Runner
	Rows     []plan.Row
	Rounds   int
	Quick    bool
	Progress io.Writer

	done  int // runs
	begun time.Time
}

// Run measures all rows. What fails is part of the result. It ends early with ctx, and returns the rows that it has then,
// the last of them maybe with fewer rounds.
func (s *Suite) Run(ctx context.Context) ([]*result.Row, error) {
	s.begun = time.Now()
	var rows []*result.Row
	for i, row := range s.Rows {
		res, err := s.newRow(row)
		if err != nil {
			return rows, err
		}
		rows = append(rows, res)
		for round := range s.Rounds {
			for j, e := range row.Entries {
				s.tell(i, round, row, e)
				one := s.one(ctx, row, s.inGroups(row, e, res, round))
				if ctx.Err() != nil {
					return rows, context.Cause(ctx)
				}
				res.Entries[j].Runs = append(res.Entries[j].Runs, one)
				s.done++
			}
		}
	}
	return rows, nil
}

func (s *Suite) newRow(row plan.Row) (*result.Row, error) {
	res := &result.Row{Name: row.Name, Table: row.Table, Case: strings.Join(row.Case.Args(), " ")}
	if s.Quick {
		res.Quick = row.Quick
	}
	for _, e := range row.Entries {
		c, err := row.CaseOf(e, s.Quick)
		if err != nil {
			return nil, fmt.Errorf("row %q, entry %q: %w", row.Name, e.Name, err)
		}
		res.Entries = append(res.Entries, &result.Entry{
			Name: e.Name, Contestant: e.Contestant, Set: e.Set, Env: e.Env, Count: c.Count,
		})
	}
	return res, nil
}

// inGroups is the entry, told how large the groups were of the one that it follows, and how many bytes a message took, if
// that is known: if that one is measured too and did not fail.
func (s *Suite) inGroups(row plan.Row, e plan.Entry, res *result.Row, round int) plan.Entry {
	other := res.Entry(e.Groups)
	if other == nil || len(other.Runs) <= round {
		return e
	}
	values := other.Runs[round].Values
	group, record := values[plan.Group.Key], values[plan.Record.Key]
	c, err := row.CaseOf(e, s.Quick)
	if err != nil || group == 0 || record == 0 {
		return e
	}
	e.Set = append(slices.Clone(e.Set),
		fmt.Sprintf("groups=%d", max(int(math.Round(float64(c.Count)/group)), 1)),
		fmt.Sprintf("record=%d", max(int(record), c.Size)))
	return e
}

// calm is how much of a core, in per cent, everything else on the machine may take during a run that counts, and tries
// how often a run that was not calm is made until the calmest of them counts. What the run came to has no say in it.
const (
	calm  = 25
	tries = 3
)

func (s *Suite) one(ctx context.Context, row plan.Row, e plan.Entry) (best result.Run) {
	most := tries
	if s.Quick {
		most = 1
	}
	for try := range most {
		values, err := s.Runner.Run(ctx, row, e, s.Quick)
		if err != nil {
			return result.Run{Error: err.Error(), Tries: try + 1}
		}
		if try == 0 || values[plan.Others.Key] < best.Values[plan.Others.Key] {
			best.Values = values
		}
		best.Tries = try + 1
		if values[plan.Others.Key] <= calm {
			break
		}
	}
	return best
}

// tell says what is next. Nothing is written while a run goes on.
func (s *Suite) tell(row, round int, r plan.Row, e plan.Entry) {
	fmt.Fprintf(s.Progress, "row %d of %d, round %d of %d, %s: %s, %s\n",
		row+1, len(s.Rows), round+1, s.Rounds, s.left(), r.Name, e.Name)
}

// left guesses the time left from how long the runs took so far.
func (s *Suite) left() string {
	if s.done == 0 {
		return "time left unknown"
	}
	total := 0
	for _, r := range s.Rows {
		total += s.Rounds * len(r.Entries)
	}
	each := time.Since(s.begun) / time.Duration(s.done)
	return fmt.Sprintf("%v left", (each * time.Duration(total-s.done)).Round(time.Second))
}
