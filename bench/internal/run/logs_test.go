package run

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/bench/internal/result"
)

// filler is a contestant that makes a file in its folder, says that it is ready and waits.
var filler = []string{"sh", "-c", `for a; do case $a in dir=*) touch "${a#dir=}/filled";; esac; done; echo ready; exec cat`, "filler"}

func TestLogsAreLent(t *testing.T) {
	l := &logs{dir: t.TempDir()}
	lend := func(row string, e plan.Entry, c proto.Case) (dir string, giveBack func() error) {
		s := &single{Case: c, entry: e, command: filler}
		giveBack, err := l.lend(within(t, 20*time.Second), s, plan.Row{Name: row})
		require.NoError(t, err)
		return s.Dir, giveBack
	}
	plain := proto.Case{Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup, Size: 16, Count: 1}
	dir, giveBack := lend("a", plan.Entry{Name: "x"}, plain)
	require.DirExists(t, dir)
	require.NoFileExists(t, filepath.Join(dir, "filled"), "there is nothing to be in it")
	require.NoError(t, giveBack())
	require.NoDirExists(t, dir)

	behind := plain
	behind.Backlog = 5
	dir, giveBack = lend("a", plan.Entry{Name: "x"}, behind)
	require.FileExists(t, filepath.Join(dir, "filled"))
	require.NoError(t, giveBack())

	kept, giveBack := lend("a", plan.Entry{Name: "x", Keep: true}, behind)
	require.NoError(t, giveBack())
	require.FileExists(t, filepath.Join(kept, "filled"))
	again, giveBack := lend("a", plan.Entry{Name: "x", Keep: true}, behind)
	require.NoError(t, giveBack())
	require.Equal(t, kept, again)
	other, giveBack := lend("a", plan.Entry{Name: "y", Keep: true}, behind)
	require.NoError(t, giveBack())
	require.NotEqual(t, kept, other)

	dir, giveBack = lend("b", plan.Entry{Name: "x"}, plain)
	require.NoError(t, giveBack())
	require.NotEqual(t, kept, dir)
	left, err := os.ReadDir(l.dir)
	require.NoError(t, err)
	require.Empty(t, left, "what was kept for a row goes with it")
}

func TestLogsThatCannotBe(t *testing.T) {
	l := &logs{dir: t.TempDir()}
	c := proto.Case{Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup, Size: 1 << 20, Count: 1}
	for _, s := range []*single{
		{Case: c, command: []string{"/does/not/exist"}, entry: plan.Entry{Keep: true}},
		{Case: c, command: []string{"sh", "-c", "echo error the disk is broken"}},
	} {
		s.Backlog = 1
		_, err := l.lend(within(t, 20*time.Second), s, plan.Row{Name: "row"})
		require.ErrorIs(t, err, ErrPeer)
		require.Empty(t, l.kept)
	}
	s := &single{Case: c}
	s.Count = 1 << 40
	_, err := l.lend(within(t, 20*time.Second), s, plan.Row{Name: "row"})
	require.ErrorIs(t, err, errSpace)
	left, err := os.ReadDir(l.dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestLogValues(t *testing.T) {
	one := func(c proto.Case, f proto.Figures) *single {
		s := &single{Case: c, sender: new(process), received: f, sent: f, harness: 1}
		s.receiver = s.sender
		return s
	}
	c := proto.Case{Pattern: proto.Append, Transport: proto.Disk, Count: 1000}
	figures := proto.Figures{proto.Received: 1000, proto.Nanos: 5e8, proto.Syncs: 80, proto.LogBytes: 130_000, proto.CPU: 4e6}
	v, err := one(c, figures).values(false)
	require.NoError(t, err)
	require.Equal(t, Values{
		plan.Harness.Key: 1, plan.Arrived.Key: 100, plan.Rate.Key: 2000, plan.Group.Key: 12.5, plan.Record.Key: 130,
		plan.Work.Key: 4,
	}, v)

	delete(figures, proto.Syncs)
	delete(figures, proto.LogBytes)
	c.Pattern = proto.Recover
	v, err = one(c, figures).values(false)
	require.NoError(t, err)
	require.Equal(t, Values{
		plan.Harness.Key: 1, plan.Arrived.Key: 100, plan.Rate.Key: 2000, plan.Opening.Key: 0.5,
	}, v)
}

// TestGroupsOfTheRound: an entry is told how large the groups of another one were in the same round.
func TestGroupsOfTheRound(t *testing.T) {
	row := plan.Row{
		Case: proto.Case{
			Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup, Size: 64, Count: 800, Senders: 4,
		},
		Entries: []plan.Entry{{Name: "x"}, {Name: "y", Groups: "x", Set: []string{"hwm=1"}}},
	}
	values := func(group, record float64) result.Run {
		return result.Run{Values: Values{plan.Group.Key: group, plan.Record.Key: record}}
	}
	res := &result.Row{Entries: []*result.Entry{{Name: "x", Runs: []result.Run{
		values(3.2, 128.7), {Error: "it broke"}, values(1000, 20),
	}}}}
	s := &Suite{Quick: true}
	for round, want := range [][]string{
		{"hwm=1", "groups=31", "record=128"}, {"hwm=1"}, {"hwm=1", "groups=1", "record=64"}, {"hwm=1"},
	} {
		require.Equal(t, want, s.inGroups(row, row.Entries[1], res, round).Set)
	}
	require.Equal(t, row.Entries[0], s.inGroups(row, row.Entries[0], res, 0))
	require.Equal(t, []string{"hwm=1"}, row.Entries[1].Set, "the plan is as it was")
	require.Equal(t, row.Entries[1], s.inGroups(row, row.Entries[1], &result.Row{}, 0), "the other one is not measured")
}
