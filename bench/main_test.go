package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/bench/internal/result"
	"github.com/ringmq/ringmq/bench/internal/run"
	"github.com/ringmq/ringmq/internal/leak"
)

// TestMain is a contestant where a test starts one.
func TestMain(m *testing.M) {
	if isPeer(os.Args) {
		os.Exit(peerMain(os.Args[2:]))
	}
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err) // contestants built with -race would each sleep for a second at their end
	}
	leak.Main(m)
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newRunner(t *testing.T, contestants ...string) (*run.Runner, map[string]error) {
	r, absent, err := run.New(within(t), ".", contestants)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r, absent
}

// everyWay is the least of each kind of row that there is, with the contestants that can do it.
func everyWay() []plan.Row {
	entries := func(contestants ...string) []plan.Entry {
		var all []plan.Entry
		for _, c := range contestants {
			all = append(all, plan.Entry{Name: c, Contestant: c})
		}
		return all
	}
	pubSub := proto.Case{
		Pattern: proto.PubSub, Transport: proto.TCP, Size: 48, Count: 4000, Warmup: 400, Subs: 3, NoDrop: true,
	}
	symbols, paced, lossy, stopped, idle := pubSub, pubSub, pubSub, pubSub, pubSub
	symbols.Symbols, symbols.PerSub = 10, 4
	paced.Subs, paced.Rate = 1, 5000
	lossy.NoDrop, lossy.HWM = false, 10_000
	stopped.NoDrop, stopped.Subs = false, 1
	idle.Idle = 1
	rows := []plan.Row{
		{Name: "pub-sub", Case: pubSub, Entries: entries(plan.Ringmq, plan.NATS, plan.Libzmq, plan.NNG)},
		{Name: "symbols", Case: symbols, Entries: entries(plan.Ringmq, plan.NATS, plan.Libzmq)},
		{Name: "paced", Case: paced, Entries: entries(plan.Ringmq, plan.NATS, plan.Libzmq, plan.NNG)},
		{Name: "lossy", Case: lossy, Entries: entries(plan.Ringmq, plan.Libzmq)},
		{Name: "stopped", Case: stopped, Entries: []plan.Entry{
			{Name: plan.Ringmq, Contestant: plan.Ringmq, Stopped: true},
			{Name: plan.Libzmq, Contestant: plan.Libzmq, Stopped: true},
		}},
		{Name: "idle", Case: idle, Entries: entries(plan.Ringmq, plan.Libzmq)},
	}
	rows = append(rows, logRows()...)
	for _, pattern := range []string{proto.PushPull, proto.ReqRep} {
		for _, transport := range []string{proto.TCP, proto.IPC, proto.Inproc} {
			all := entries(plan.Ringmq, plan.Zmq4, plan.Limit, plan.Libzmq, plan.NNG)
			if transport == proto.Inproc {
				all = slices.DeleteFunc(all, func(e plan.Entry) bool {
					return e.Name == plan.Limit || e.Name == plan.Zmq4 // which fails with more than 255 bytes
				})
			}
			rows = append(rows, plan.Row{
				Name:    pattern + " " + transport,
				Case:    proto.Case{Pattern: pattern, Transport: transport, Size: 300, Count: 3200, Warmup: 320},
				Entries: all,
			})
		}
	}
	return rows
}

// logRows are those with a log on disk.
func logRows() []plan.Row {
	c := proto.Case{
		Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup, Size: 300, Count: 800, Warmup: 80, Senders: 5,
	}
	behind, crashed, spooled := c, c, c
	behind.Backlog, behind.Sync = 6400, proto.SyncWritten
	crashed.Pattern, crashed.Sync = proto.Recover, proto.SyncWritten
	spooled.Pattern, spooled.Transport = proto.PushPull, proto.TCP
	policies := []plan.Entry{
		{Name: plan.Ringmq, Contestant: plan.Ringmq},
		{Name: plan.Limit, Contestant: plan.Limit, Groups: plan.Ringmq},
		{Name: plan.NATS, Contestant: plan.NATS},
	}
	for _, sync := range []string{proto.SyncMemory, proto.SyncWritten, proto.SyncEach} {
		policies = append(policies, plan.Entry{Name: sync, Contestant: plan.Ringmq, Set: []string{"sync=" + sync}})
	}
	us := func(set ...string) []plan.Entry {
		return []plan.Entry{{Name: plan.Ringmq, Contestant: plan.Ringmq, Set: set}}
	}
	return []plan.Row{
		{Name: "append", Case: c, Entries: policies},
		{Name: "backlog", Case: behind, Entries: us()},
		{Name: "recover", Case: crashed, Entries: us()},
		{Name: "recover all", Case: crashed, Entries: us("check=1")},
		{Name: "spool", Case: spooled, Entries: us()},
	}
}

// TestEveryWay measures everything once, with few messages.
func TestEveryWay(t *testing.T) {
	rows := everyWay()
	runner, absent := newRunner(t, plan.Contestants(rows)...)
	for name, why := range absent {
		t.Logf("%s is not there: %v", name, why)
	}
	suite := run.Suite{Runner: runner, Rows: present(rows, absent), Rounds: 1, Quick: true, Progress: t.Output()}
	results, err := suite.Run(within(t))
	require.NoError(t, err)
	r := &result.Report{Rows: results}
	for _, row := range suite.Rows {
		for _, e := range row.Entries {
			t.Run(row.Name+" "+e.Name, func(t *testing.T) {
				got := r.Row(row.Name).Entry(e.Name)
				why, failed := got.Failure()
				require.Zero(t, failed, why)
				checkValues(t, row, e, got)
			})
		}
	}
}

// checkValues looks for the values that a run of the row must have.
func checkValues(t *testing.T, row plan.Row, e plan.Entry, got *result.Entry) {
	value := func(m plan.Metric) float64 { return got.Series(m)[0] }
	if row.Case.Idle > 0 {
		require.GreaterOrEqual(t, value(plan.CPU), 0.0)
		require.NotZero(t, value(plan.RSSPeer))
		return
	}
	require.Positive(t, value(plan.Rate))
	if !row.Case.Lossy() && e.Contestant != plan.NNG {
		require.EqualValues(t, 100, value(plan.Arrived))
	}
	if row.Case.Pattern == proto.Recover {
		require.Positive(t, value(plan.Opening))
	}
	if row.Case.Sync == proto.SyncGroup && row.Case.Pattern == proto.Append && e.Contestant == plan.Limit {
		require.Positive(t, value(plan.Group))
	}
	if row.Case.Rate > 0 || row.Case.Backlog > 0 || row.Case.Pattern == proto.ReqRep {
		require.Positive(t, value(plan.P50))
		require.LessOrEqual(t, value(plan.P50), value(plan.Max))
	}
	if e.Contestant == plan.Ringmq {
		require.False(t, math.IsNaN(value(plan.Mallocs)))
	}
}

// TestFailuresAreShown: what a contestant cannot do, or does wrong, is a failure of its run and of nothing else.
func TestFailuresAreShown(t *testing.T) {
	runner, _ := newRunner(t, plan.Limit, plan.Ringmq, "nobody")
	rows := []plan.Row{{
		Name: "row", Case: proto.Case{Pattern: proto.PushPull, Transport: proto.Inproc, Size: 16, Count: 800},
		Entries: []plan.Entry{
			{Name: "unsupported", Contestant: plan.Limit},
			{Name: "good", Contestant: plan.Ringmq},
			{Name: "absent", Contestant: plan.NNG},
			{Name: "unknown", Contestant: "nobody"},
		},
	}}
	suite := run.Suite{Runner: runner, Rows: rows, Rounds: 2, Quick: true, Progress: t.Output()}
	results, err := suite.Run(within(t))
	require.NoError(t, err)
	rows[0].Entries[0].Set = []string{"transport=pigeon"}
	_, err = suite.Run(within(t))
	require.ErrorIs(t, err, proto.ErrCase, "the row is wrong, not a contestant")
	for name, want := range map[string]string{
		"unsupported": "not supported by this contestant",
		"absent":      "no such contestant here: nng",
		"unknown":     `no contestant "nobody"`,
		"good":        "",
	} {
		why, failed := results[0].Entry(name).Failure()
		if want == "" {
			require.Zero(t, failed, why)
			continue
		}
		require.Equal(t, 2, failed, name)
		require.Contains(t, why, want)
	}
}

func TestInterrupted(t *testing.T) {
	runner, _ := newRunner(t, plan.Ringmq)
	ctx, cancel := context.WithCancel(within(t))
	rows := []plan.Row{{
		Name: "row", Case: proto.Case{Pattern: proto.PushPull, Transport: proto.TCP, Size: 16, Count: 1 << 40},
		Entries: []plan.Entry{{Name: plan.Ringmq, Contestant: plan.Ringmq}},
	}}
	suite := run.Suite{Runner: runner, Rows: rows, Rounds: 2, Progress: writer(func() { cancel() })}
	results, err := suite.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, results, 1)
	require.Empty(t, results[0].Entries[0].Runs)
}

// writer calls itself whenever it is written to.
type writer func()

func (w writer) Write(b []byte) (int, error) {
	w()
	return len(b), nil
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		args []string
		want settings
		err  error
	}{
		{nil, settings{rounds: 5, rows: ".", contestants: ".", out: "results"}, nil},
		{[]string{"-quick"}, settings{rounds: 2, rows: ".", contestants: ".", quick: true}, nil},
		{
			[]string{"-quick", "-rounds", "3", "-out", "x"},
			settings{rounds: 3, rows: ".", contestants: ".", quick: true, out: "x"},
			nil,
		},
		{[]string{"-rows", "tcp"}, settings{rounds: 5, rows: "tcp", contestants: "."}, nil},
		{[]string{"-contestants", "zmq"}, settings{rounds: 5, rows: ".", contestants: "zmq"}, nil},
		{[]string{"-compare", "a"}, settings{}, errCompare},
		{[]string{"a", "b"}, settings{}, errExtra},
	} {
		got, err := parse(c.args)
		require.ErrorIs(t, err, c.err)
		if c.err == nil {
			got.files = nil
			require.Equal(t, c.want, got)
		}
	}
	_, err := settings{rows: "nothing is named so", contestants: "."}.choose(plan.Full())
	require.ErrorIs(t, err, errNoRows)
	_, err = settings{rows: "(", contestants: "."}.choose(plan.Full())
	require.Error(t, err)
}

// TestPublishAndCompare writes what a run comes to, reads it again and finds that it agrees with itself.
func TestPublishAndCompare(t *testing.T) {
	dir := t.TempDir()
	row, ok := plan.Full().Row("push-pull tcp 64 B")
	require.True(t, ok)
	s := settings{rounds: 1, quick: true, out: filepath.Join(dir, "out"), json: filepath.Join(dir, "copy.json")}
	row.Case.Count, row.Case.Warmup = 8000, 80
	row.Entries = row.Entries[:1]
	r, err := s.measure(within(t), t.Output(), []plan.Row{row})
	require.NoError(t, err)
	require.NoError(t, s.publish(io.Discard, plan.Full(), r))
	for _, name := range []string{
		"out/results.json", "out/results.md", "out/push-pull.svg", "out/push-pull.png", "copy.json",
	} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	files := []string{filepath.Join(s.out, "results.json"), s.json}
	require.NoError(t, compare(io.Discard, files, plan.Full().Targets))

	for i, mallocs := range []float64{0, 1e6} {
		r.Rows[0].Entries[0].Runs[0].Values[plan.Mallocs.Key] = mallocs
		require.NoError(t, r.Write(files[i]))
	}
	require.ErrorIs(t, compare(io.Discard, files, plan.Full().Targets), errDiffer)
	require.ErrorIs(t, compare(io.Discard, []string{s.json, fmt.Sprint(s.json, "x")}, nil), os.ErrNotExist)
}
