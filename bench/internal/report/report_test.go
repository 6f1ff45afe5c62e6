package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/bench/internal/result"
)

var table = plan.Table{Name: "t", Title: "A table", Metrics: []plan.Metric{plan.Rate, plan.Arrived}}

func figure(e string) plan.Figure { return plan.Figure{Row: "row a", Entry: e, Metric: plan.Rate} }

var small = &plan.Plan{
	Tables: []plan.Table{table, {Name: "empty", Title: "An empty table", Metrics: table.Metrics}},
	Rows: []plan.Row{{
		Name: "row a", Table: "t", Case: proto.Case{Pattern: proto.PushPull, Size: 16, Count: 1},
		Entries: []plan.Entry{{Name: plan.Ringmq}, {Name: plan.Libzmq}},
	}},
	Targets: []plan.Target{
		{Row: "row a", Of: figure(plan.Ringmq), Against: []plan.Figure{figure(plan.Libzmq)}, AtLeast: 4},
		{Row: "row a", Compare: plan.Value, Of: figure(plan.Ringmq), AtLeast: 5e6},
	},
}

func runs(values ...float64) []result.Run {
	var all []result.Run
	for _, v := range values {
		r := result.Run{Values: map[string]float64{"rate": v, "arrived": 100, "harness": 0.5, "others": 3}}
		if v == 0 {
			r = result.Run{Error: "it broke"}
		}
		all = append(all, r)
	}
	return all
}

func sample() *result.Report {
	r := &result.Report{
		Rounds: 3, System: result.System{Commit: "abc", Cores: 2, Date: "today"},
		Absent: map[string]string{"nng": "no header"},
		Rows: []*result.Row{{Name: "row a", Table: "t", Entries: []*result.Entry{
			{Name: plan.Ringmq, Runs: runs(4e6, 8e6, 6e6)},
			{Name: plan.Libzmq, Runs: runs(1e6, 1e6, 2e6)},
			{Name: plan.NNG, Runs: runs(0, 0, 90_000)},
			{Name: plan.Zmq4, Runs: runs(0, 0, 0)},
		}}},
	}
	r.Judge(small.Targets)
	return r
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Text(&b, small, sample()))
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	require.Equal(t, []string{
		"A table", "",
		"row a messages/s least .. most arrived ringmq / this",
		"ringmq 6.00 M 4.00 M .. 8.00 M 100",
		"libzmq 1.00 M 1.00 M .. 2.00 M 100 4 (3 .. 8)",
		"nng 90000 90000 .. 90000 100 66.7 (66.7 .. 66.7) 2 of 3 failed: it broke",
		"zmq4 – – 3 of 3 failed: it broke",
		"met: messages/s ≥ 4 × libzmq: 4 (3 .. 8), in 2 of 3 rounds",
		"met: messages/s ≥ 5000000: 6e+06 (4e+06 .. 8e+06), in 2 of 3 rounds", "",
		"2 targets met, 0 missed, 0 not measured",
		"while programs ran the harness took 0.5 % of a core (most 0.5 %), everything else 3 % (most 3 %)",
	}, lines[4:])
	require.Contains(t, b.String(), "medians of 3 rounds")
}

func TestDisturbedRow(t *testing.T) {
	r := sample()
	require.Len(t, remarks(r.Rows[0], r), 2)
	for i := range 2 { // 4 of 7 runs that did not fail
		for j := range 2 {
			r.Rows[0].Entries[i].Runs[j].Values[plan.Others.Key] = 50
		}
	}
	require.Contains(t, remarks(r.Rows[0], r), "disturbed: everything else on the machine took 50 % of a core")
}

// TestWhatIsQuick: what a quick run has less of, but for messages, is said at the row.
func TestWhatIsQuick(t *testing.T) {
	r := sample()
	r.Rows[0].Quick = "the log is small"
	require.Equal(t, "quick: the log is small", remarks(r.Rows[0], r)[0])
}

func TestDisk(t *testing.T) {
	require.NotContains(t, heading(sample()), "logs on")
	r := sample()
	r.System.Disk = "ext4"
	require.Contains(t, heading(r), "2 cores, , logs on ext4\n")
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Markdown(&b, small, sample()))
	for _, want := range []string{
		"\n## A table\n\n![A table](t.svg)\n",
		"| row a | messages/s | least .. most | arrived | ringmq / this |\n|---|---:|---:|---:|---:|\n",
		"| libzmq | 1.00 M | 1.00 M .. 2.00 M | 100 | 4 (3 .. 8) |\n",
		"| zmq4 | – |  | – |  |\n",
		"- met: messages/s ≥ 4 × libzmq: 4 (3 .. 8), in 2 of 3 rounds\n",
		"## Failures\n\n- nng is not there: no header\n- row a, nng: 2 of 3: it broke\n",
	} {
		require.Contains(t, b.String(), want)
	}
	require.NotContains(t, b.String(), "An empty table")
}

func TestCompare(t *testing.T) {
	var b bytes.Buffer
	differ, err := Compare(&b, sample(), sample())
	require.NoError(t, err)
	require.Zero(t, differ)
	require.Contains(t, b.String(), "agree on every verdict")

	worse := sample()
	worse.Rows[0].Entries[0].Runs = runs(2e6, 5.5e6, 6e6)
	worse.Judge(small.Targets[:2])
	fewer := sample()
	fewer.Judge(small.Targets[:1])
	for _, c := range []struct {
		older, newer *result.Report
		differ       int
	}{{sample(), worse, 1}, {worse, sample(), 1}, {fewer, sample(), 1}, {sample(), fewer, 1}, {fewer, worse, 2}} {
		b.Reset()
		differ, err = Compare(&b, c.older, c.newer)
		require.NoError(t, err)
		require.Equal(t, c.differ, differ, b.String())
		require.Equal(t, c.differ, strings.Count(b.String(), "<- differ"))
	}
}

func TestCharts(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Charts(dir, small, sample()))
	for name, magic := range map[string]string{"t.svg": "<?xml", "t.png": "\x89PNG"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(b, []byte(magic)), name)
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "none for a table without rows")
}

func TestChartData(t *testing.T) {
	c := newChart(table, sample().Rows)
	require.Equal(t, []string{"ringmq", "libzmq", "nng"}, c.names, "what has no figure has no bar")
	require.Equal(t, 6e6, c.bars[0].value)
	require.Equal(t, []float64{4e6, 8e6}, c.bars[0].marks)
	_, _, least, most := c.DataRange()
	require.Equal(t, 1e4, least)
	require.Equal(t, 12e6, most)
	require.Equal(t, []string{"1 SUB", "64 SUB of 10\nin 1,000\nsymbols"}, labels([]string{
		"pub-sub tcp 64 B 1 SUB", "pub-sub tcp 64 B 64 SUB of 10 in 1,000 symbols",
	}))
	require.Equal(t, []string{"a b"}, labels([]string{"a b"}))
	require.Equal(t, []string{"b", "b c"}, labels([]string{"a b", "a b c"}))
}

func TestTicks(t *testing.T) {
	var labelled []string
	all := ticks{}.Ticks(20, 30_000)
	for _, tick := range all {
		require.GreaterOrEqual(t, tick.Value, 20.0)
		require.LessOrEqual(t, tick.Value, 30_000.0)
		if tick.Label != "" {
			labelled = append(labelled, tick.Label)
		}
	}
	require.Equal(t, []string{"100", "1 k", "10 k"}, labelled)
	require.Equal(t, "10 M", power(1e7))
}

func TestList(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, List(&b, small, small.Rows))
	require.Equal(t, `row a
  pattern=push-pull size=16 count=1
  ringmq, libzmq
  target: messages/s ≥ 4 × libzmq
  target: messages/s ≥ 5000000
`, b.String())
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		metric plan.Metric
		value  float64
		want   string
	}{
		{plan.Rate, 18_234_567, "18.23 M"},
		{plan.Rate, 12_345, "12345"},
		{plan.P50, 12.345, "12.35"},
		{plan.P50, 1234.5, "1234"},
		{plan.HeapPeer, 16384.2, "16384"},
		{plan.Arrived, 100, "100"},
		{plan.Arrived, 99.97, "100"},
		{plan.Arrived, 12.34, "12.3"},
		{plan.Mallocs, 0.25, "0.25"},
	} {
		require.Equal(t, c.want, amount(c.metric, c.value, 1))
	}
	require.Equal(t, "–", amount(plan.Rate, 0, 0))
}
