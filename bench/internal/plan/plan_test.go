package plan

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

var contestants = []string{Ringmq, Libzmq, Zmq4, NNG, NATS, Limit}

func TestRowsAreWhole(t *testing.T) {
	p := Full()
	seen := map[string]bool{}
	for _, r := range p.Rows {
		require.False(t, seen[r.Name], "two rows are named %q", r.Name)
		seen[r.Name] = true
		require.True(t, slices.ContainsFunc(p.Tables, func(table Table) bool { return table.Name == r.Table }), r.Name)
		require.NotEmpty(t, r.Entries, r.Name)
		require.Empty(t, r.Case.Endpoint+r.Case.Samples, r.Name)
		names := map[string]bool{}
		for _, e := range r.Entries {
			require.False(t, names[e.Name], "%s: two entries are named %q", r.Name, e.Name)
			names[e.Name] = true
			require.Contains(t, contestants, e.Contestant, r.Name)
		}
	}
}

// TestCasesAreValid: whatever the size of the run, every contestant gets a case that it takes, and enough messages.
func TestCasesAreValid(t *testing.T) {
	for _, r := range Full().Rows {
		for _, e := range r.Entries {
			for _, quick := range []bool{false, true} {
				c, err := r.CaseOf(e, quick)
				require.NoError(t, err, "%s, %s", r.Name, e.Name)
				_, err = proto.ParseCase(c.Args())
				require.NoError(t, err, "%s, %s", r.Name, e.Name)
				if c.Idle == 0 {
					require.GreaterOrEqual(t, c.Count, 90, "%s, %s", r.Name, e.Name)
				}
			}
		}
	}
}

// TestTargetsMeanFigures: each figure of a target is one of an entry that is there, and of a metric that its row has.
func TestTargetsMeanFigures(t *testing.T) {
	p := Full()
	seen := map[string]bool{}
	for _, target := range p.Targets {
		require.False(t, seen[target.Row+target.String()], "twice: %s: %s", target.Row, target)
		seen[target.Row+target.String()] = true
		require.True(t, (target.AtLeast > 0) != (target.AtMost > 0), target)
		require.Equal(t, target.Compare == Value, len(target.Against) == 0, target)
		_, ok := p.Row(target.Row)
		require.True(t, ok, target.Row)
		for _, f := range append([]Figure{target.Of}, target.Against...) {
			row, ok := p.Row(f.Row)
			require.True(t, ok, "%s: no row %q", target, f.Row)
			e, ok := row.Entry(f.Entry)
			require.True(t, ok, "%s: no entry %q in %q", target, f.Entry, f.Row)
			require.True(t, measured(p, row, e, f.Metric), "%s: %q has no %s", target, f.Row, f.Metric.Key)
		}
	}
}

// measured reports whether the row comes to a value of the metric: it is in its table, or known of every program in Go.
func measured(p *Plan, row Row, e Entry, m Metric) bool {
	if m.Key == Mallocs.Key {
		return e.Contestant == Ringmq
	}
	i := slices.IndexFunc(p.Tables, func(t Table) bool { return t.Name == row.Table })
	return slices.Contains(p.Tables[i].Metrics, m)
}

func TestTargetText(t *testing.T) {
	at := func(row, entry string, m Metric) Figure { return Figure{row, entry, m} }
	for _, c := range []struct {
		target Target
		want   string
	}{
		{Target{
			Row: "r", Of: at("r", Ringmq, Rate), Against: []Figure{at("r", Libzmq, Rate)}, AtLeast: 2.5,
		}, "messages/s ≥ 2.5 × libzmq"},
		{Target{
			Row: "r", Of: at("r", Ringmq, P50), Against: []Figure{at("r", "a", P50), at("r", "b", P50)}, AtMost: 0.05,
		}, "p50 ≤ 0.05 × the best of a, b"},
		{Target{
			Row: "r", Compare: Difference, Of: at("r", "a", P50), Against: []Figure{at("r", "b", P50)}, AtMost: 2,
		}, "p50 of a less that of b ≤ 2 µs"},
		{Target{Row: "r", Compare: Value, Of: at("r", Ringmq, HeapPeer), AtMost: 16 << 10}, "heap a peer ≤ 16384 B"},
		{Target{Row: "r", Compare: Value, Of: at("r", Ringmq, Mallocs), AtMost: 0.01}, "mallocs/message ≤ 0.01"},
		{Target{
			Row: "r3", Compare: Evenness, Of: at("r1", Ringmq, Deliveries), AtLeast: 0.75,
			Against: []Figure{at("r2", Ringmq, Deliveries), at("r3", Ringmq, Deliveries)},
		}, "least by greatest deliveries/s of r1, r2, r3 ≥ 0.75"},
	} {
		require.Equal(t, c.want, c.target.String())
	}
}

func TestSelect(t *testing.T) {
	p := &Plan{Rows: []Row{
		{Name: "one", Entries: []Entry{{Name: "a", Contestant: Ringmq}, {Name: "b", Contestant: Libzmq}}},
		{Name: "two", Entries: []Entry{{Name: "c", Contestant: NNG}}},
	}}
	rows := p.Select(regexp.MustCompile("o"), regexp.MustCompile("^libzmq$|^a$"))
	require.Len(t, rows, 1)
	require.Len(t, rows[0].Entries, 2)
	rows = p.Select(regexp.MustCompile("o"), regexp.MustCompile("^(ringmq|c)$"))
	require.Equal(t, []string{Ringmq, NNG}, Contestants(rows))
	left := p.Rows[0].Without(map[string]error{Ringmq: proto.ErrCase})
	require.Equal(t, []Entry{{Name: "b", Contestant: Libzmq}}, left.Entries)
	require.Len(t, p.Rows[0].Entries, 2, "the plan is as it was")
}

func TestShortRuns(t *testing.T) {
	row := Row{Case: proto.Case{
		Pattern: proto.PubSub, Transport: proto.TCP, Size: 16, Count: 8000, Warmup: 800, Idle: 3, Symbols: 500, PerSub: 1,
	}}
	c, err := row.CaseOf(Entry{Share: 100, Set: []string{"hwm=7"}}, true)
	require.NoError(t, err)
	require.Equal(t, []int{500, 1, 1, 7}, []int{c.Count, c.Warmup, c.Idle, c.HWM})

	row.Case = proto.Case{
		Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup, Size: 16, Count: 800, Warmup: 80, Senders: 90,
	}
	c, err = row.CaseOf(Entry{Share: 10}, true)
	require.NoError(t, err)
	require.Equal(t, []int{90, 1}, []int{c.Count, c.Warmup}, "something for each sender")

	row.Case.Backlog = 6400
	c, err = row.CaseOf(Entry{}, true)
	require.NoError(t, err)
	require.Equal(t, []int{800, 80, 100}, []int{c.Count, c.Warmup, c.Backlog}, "it is the backlog that takes time")
}

// TestGroupsAreThoseOfAnotherEntry: an entry that follows another one comes after it, and has as many messages.
func TestGroupsAreThoseOfAnotherEntry(t *testing.T) {
	found := 0
	for _, row := range Full().Rows {
		for i, e := range row.Entries {
			if e.Groups == "" {
				continue
			}
			found++
			j := slices.IndexFunc(row.Entries, func(other Entry) bool { return other.Name == e.Groups })
			require.True(t, j >= 0 && j < i, "%s: %s", row.Name, e.Name)
			c, err := row.CaseOf(e, false)
			require.NoError(t, err)
			other, err := row.CaseOf(row.Entries[j], false)
			require.NoError(t, err)
			require.Equal(t, other, c, row.Name)
		}
	}
	require.Positive(t, found)
}

// TestQuickRowsSayWhatIsSmaller: a row whose logs are large says how large they are in a quick run.
func TestQuickRowsSayWhatIsSmaller(t *testing.T) {
	for _, row := range Full().Rows {
		require.Equal(t, row.Case.Prepared() > 0, row.Quick != "", row.Name)
	}
}
