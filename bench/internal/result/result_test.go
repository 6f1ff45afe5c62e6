package result

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/stats"
)

// entry has a run for each rate; a rate of 0 is a run that failed.
func entry(name string, rates ...float64) *Entry {
	e := &Entry{Name: name, Contestant: name}
	for _, r := range rates {
		run := Run{Values: map[string]float64{plan.Rate.Key: r}}
		if r == 0 {
			run = Run{Error: "it broke"}
		}
		e.Runs = append(e.Runs, run)
	}
	return e
}

func sample() *Report {
	return &Report{Rounds: 3, Rows: []*Row{
		{Name: "r", Table: "t", Entries: []*Entry{
			entry(plan.Ringmq, 40, 50, 60), entry("slow", 10, 25, 12), entry("fast", 20, 20, 60), entry("broken", 0, 0, 0),
			entry("shaky", 10, 0, 20),
		}},
		{Name: "r2", Table: "t", Entries: []*Entry{entry(plan.Ringmq, 44, 40, 66)}},
	}}
}

func figure(row, e string) plan.Figure { return plan.Figure{Row: row, Entry: e, Metric: plan.Rate} }

func TestJudge(t *testing.T) {
	us := figure("r", plan.Ringmq)
	to := func(entries ...string) []plan.Figure {
		var all []plan.Figure
		for _, e := range entries {
			all = append(all, figure("r", e))
		}
		return all
	}
	less := us
	less.Metric.More = false
	for _, c := range []struct {
		name   string
		target plan.Target
		want   Verdict
	}{
		{
			"a ratio in every round",
			plan.Target{Of: us, Against: to("slow"), AtLeast: 3},
			Verdict{Number: stats.Summary{Median: 4, Min: 2, Max: 5, N: 3}, Met: true, RoundsMet: 2},
		},
		{
			"the best of two",
			plan.Target{Of: us, Against: to("slow", "fast", "broken"), AtLeast: 3},
			Verdict{Number: stats.Summary{Median: 2, Min: 1, Max: 2.5, N: 3}, Best: "fast"},
		},
		{
			"the best has least",
			plan.Target{Of: less, Against: to("slow", "fast"), AtMost: 4},
			Verdict{Number: stats.Summary{Median: 4, Min: 2, Max: 5, N: 3}, Best: "slow", Met: true, RoundsMet: 2},
		},
		{
			"rounds that failed",
			plan.Target{Of: us, Against: to("shaky"), AtMost: 3.5},
			Verdict{Number: stats.Summary{Median: 3.5, Min: 3, Max: 4, N: 2}, Met: true, RoundsMet: 1},
		},
		{"nothing to compare with", plan.Target{Of: us, Against: to("broken"), AtMost: 3}, Verdict{}},
		{"nobody to compare with", plan.Target{Of: us, Against: to("absent"), AtLeast: 3}, Verdict{}},
		{
			"a difference",
			plan.Target{Compare: plan.Difference, Of: us, Against: to("slow"), AtMost: 30},
			Verdict{Number: stats.Summary{Median: 30, Min: 25, Max: 48, N: 3}, Met: true, RoundsMet: 2},
		},
		{
			"a value",
			plan.Target{Compare: plan.Value, Of: us, AtLeast: 51},
			Verdict{Number: stats.Summary{Median: 50, Min: 40, Max: 60, N: 3}, RoundsMet: 1},
		},
		{
			"evenness over rows",
			plan.Target{Compare: plan.Evenness, Of: us, Against: []plan.Figure{figure("r2", plan.Ringmq)}, AtLeast: 0.9},
			Verdict{Number: stats.Summary{Median: 40.0 / 44, Min: 0.8, Max: 40.0 / 44, N: 3}, Met: true, RoundsMet: 2},
		},
	} {
		c.target.Row = "r"
		r := sample()
		r.Judge([]plan.Target{c.target, {Row: "not measured", Of: us}})
		require.Len(t, r.Verdicts, 1, c.name)
		c.want.Row, c.want.Target = "r", c.target.String()
		require.Equal(t, c.want, r.Verdicts[0], c.name)
	}
}

func TestOutcome(t *testing.T) {
	measured := stats.Summary{N: 1}
	require.Equal(t, NotMeasured, Verdict{}.Outcome())
	require.Equal(t, Met, Verdict{Number: measured, Met: true}.Outcome())
	require.Equal(t, Missed, Verdict{Number: measured}.Outcome())
}

// TestFile: verdicts are made of the figures in the file, whatever it says of them.
func TestFile(t *testing.T) {
	targets := []plan.Target{{
		Row: "r", Of: figure("r", plan.Ringmq), Against: []plan.Figure{figure("r", "slow")}, AtLeast: 3,
	}}
	r := sample()
	r.Judge(targets)
	name := filepath.Join(t.TempDir(), "results.json")
	require.NoError(t, r.Write(name))
	got, err := Read(name, targets)
	require.NoError(t, err)
	require.Equal(t, r, got)

	r.Verdicts[0].Met = false
	require.NoError(t, r.Write(name))
	got, err = Read(name, targets)
	require.NoError(t, err)
	require.True(t, got.Verdicts[0].Met)

	_, err = Read(name+"x", targets)
	require.Error(t, err)
}

func TestFailure(t *testing.T) {
	why, failed := entry("x", 1, 0, 0).Failure()
	require.Equal(t, "it broke", why)
	require.Equal(t, 2, failed)
	_, failed = entry("x", 1).Failure()
	require.Zero(t, failed)
}

func TestThisSystem(t *testing.T) {
	s := ThisSystem()
	require.NotEmpty(t, s.CPU)
	require.Positive(t, s.Cores)
	require.Contains(t, s.Kernel, "Linux")
	require.NotEmpty(t, s.Disk)
	require.NotEqual(t, Unknown, s.Disk)
	require.Equal(t, Unknown, fileSystem("/does/not/exist"))
}
