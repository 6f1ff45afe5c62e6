package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
	"github.com/ringmq/ringmq/internal/leak"
)

// TestMain also serves as the program that spawn starts, and that signals are sent to.
func TestMain(m *testing.M) {
	if _, ok := childArg(os.Args[1:]); ok {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	leak.Main(m)
}

// lobsterFile writes a message file of n lines and returns its path.
func lobsterFile(t *testing.T, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "34200.%09d,1,%d,100,5853300,1\n", i, i+1)
	}
	path := filepath.Join(t.TempDir(), "AAPL_2012-06-21_message_10.csv")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

func runJSON(t *testing.T, args ...string) (s feed.Summary, status int, stderr string) {
	var out, errs bytes.Buffer
	status = run(context.Background(), append(args, "-json"), strings.NewReader(""), &out, &errs)
	if out.Len() > 0 {
		require.NoError(t, json.Unmarshal(out.Bytes(), &s))
	}
	return s, status, errs.String()
}

func TestEveryMessageIsAccountedFor(t *testing.T) {
	file := lobsterFile(t, 100)
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://md"} {
		t.Run(strings.TrimRight(endpoint, ":/.*0127"), func(t *testing.T) {
			s, status, stderr := runJSON(t, "-file", file, "-loop", "50", "-subs", "8", "-rate", "0", "-endpoint", endpoint)
			require.Equal(t, exitOK, status, stderr)
			require.EqualValues(t, []uint64{5000, 40_000, 40_000, 0, 0},
				[]uint64{s.Published, s.Expected, s.Delivered, s.Dropped, s.Gaps})
			require.Positive(t, s.DeliveriesPerS)
			require.Positive(t, s.Latency.Max)

			s, status, stderr = runJSON(t, "-count", "20000", "-rate", "0", "-hwm", "1", "-endpoint", endpoint)
			require.Equal(t, exitOK, status, stderr)
			require.EqualValues(t, 20_000, s.Published)
			require.Greater(t, s.Expected, s.Published)
			require.Equal(t, s.Expected, s.Delivered+s.Dropped)
		})
	}
}

func TestProcesses(t *testing.T) {
	s, status, stderr := runJSON(t, "-procs", "-count", "3000", "-rate", "0", "-subs", "2", "-topics", "all")
	require.Equal(t, exitOK, status, stderr)
	require.EqualValues(t, []uint64{3000, 6000, 6000, 0}, []uint64{s.Published, s.Expected, s.Delivered, s.Dropped})
}

func TestProcessThatFails(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := spawn(ctx, assignment{Endpoint: "smoke://signals"})
	require.ErrorContains(t, err, "process: exit status 1: marketdata:")
	require.ErrorContains(t, err, "unknown transport")
}

func TestTable(t *testing.T) {
	var out, errs bytes.Buffer
	status := run(context.Background(), []string{"-count", "1000", "-rate", "0"}, strings.NewReader(""), &out, &errs)
	require.Equal(t, exitOK, status, errs.String())
	require.Contains(t, out.String(), "published  expected  delivered")
	require.Contains(t, out.String(), "every message was delivered to every subscriber")
	require.Contains(t, errs.String(), "made-up feed: 1000 ticks, flat out, to 4 subscribers over tcp://127.0.0.1:")
	require.Contains(t, errs.String(), "subscriber 0: everything\n  subscriber 1: AAPL\n")
}

// TestInterruptKeepsTheReport ends a feed that would take hours once it has begun.
func TestInterruptKeepsTheReport(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o, err := parse([]string{"-endpoint", "inproc://md", "-rate", "1000", "-count", "100000000"}, io.Discard)
	require.NoError(t, err)
	interrupting := func(ctx context.Context, a assignment) (result, error) {
		go func() {
			defer cancel()
			waitForTicks(ctx, a)
		}()
		return subscribe(ctx, a)
	}
	report, err := runFeed(ctx, o, interrupting, io.Discard)
	require.NoError(t, err)
	require.NoError(t, report.Check())
	require.Positive(t, report.Published)
}

// lastCall is a source that ends a context with its tick.
type lastCall struct {
	feed.Source
	end context.CancelFunc
}

func (c lastCall) Next(t *feed.Tick) error {
	t.Symbol, t.Type, t.Side = "AAPL", feed.Halt, feed.Buy
	c.end()
	return nil
}

// TestInterruptBeforeSend: the end of the context is none of the feed's errors, wherever it comes.
func TestInterruptBeforeSend(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p, err := newPublisher("inproc://md", 0, []feed.Topics{{"AAPL"}})
	require.NoError(t, err)
	defer p.pub.Close()
	require.NoError(t, p.publish(ctx, lastCall{end: cancel}, 2, 0))
	require.Zero(t, p.published())
	require.NoError(t, p.join(ctx, &control{}))
}

func TestUnaccountedMessagesFail(t *testing.T) {
	o, err := parse([]string{"-endpoint", "inproc://md", "-rate", "0", "-count", "1000"}, io.Discard)
	require.NoError(t, err)
	losing := func(ctx context.Context, a assignment) (result, error) {
		res, err := subscribe(ctx, a)
		if a.ID == 0 {
			res.Delivered--
		}
		return res, err
	}
	var out bytes.Buffer
	err = show(context.Background(), o, losing, &out, io.Discard)
	require.ErrorIs(t, err, feed.ErrUnaccounted)
	require.Contains(t, out.String(), "messages are unaccounted for")
	var stderr bytes.Buffer
	require.Equal(t, exitError, status(err, &stderr))
	require.Contains(t, stderr.String(), "1 missing")
}

func TestFailingSubscriberEndsTheRun(t *testing.T) {
	o, err := parse([]string{"-endpoint", "inproc://md", "-count", "100000000"}, io.Discard)
	require.NoError(t, err)
	broken := errors.New("broken")
	failing := func(ctx context.Context, a assignment) (result, error) {
		if a.ID == 2 {
			return result{}, broken
		}
		return subscribe(ctx, a)
	}
	err = show(context.Background(), o, failing, io.Discard, io.Discard)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "subscriber 2")
}

func TestBadInput(t *testing.T) {
	bad := lobsterFile(t, 0)
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"-subs 0", exitUsage, "-subs 0: must be 1 or more"},
		{"-count 9223372036854775808", exitUsage, "value out of range"},
		{"-rate -1", exitUsage, "-rate -1"},
		{"-nonsense", exitUsage, "-nonsense"},
		{"extra", exitUsage, `"extra": there are flags only`},
		{"-loop 2", exitUsage, "-loop is for a -file"},
		{"-file x_y -count 3", exitUsage, "-count is for the generator"},
		{"-procs -endpoint inproc://md", exitUsage, "inproc:// does not reach other processes"},
		{"-file no_such_file", exitError, "no_such_file"},
		{"-file " + bad, exitError, "no events"},
		{"-topics ,", exitUsage, "topics"},
		{"-topics a,,b", exitUsage, `-topics "a,,b"`},
		{"-file " + filepath.Join(t.TempDir(), "nosuch.csv"), exitError, "no such file"},
		{"-file main.go", exitError, "begins with the symbol and an underscore"},
		{"-endpoint smoke://signals", exitError, "unknown transport"},
		{childFlag + " {", exitError, "unexpected end of JSON"},
		{"-h", exitOK, "usage: marketdata"},
		{"-h", exitOK, "must begin with the symbol and an underscore"},
	} {
		var errs bytes.Buffer
		status := run(context.Background(), strings.Fields(c.args), strings.NewReader(""), io.Discard, &errs)
		require.Equal(t, c.status, status, c.args)
		require.Contains(t, errs.String(), c.want, c.args)
	}
}

// TestLoopThatOverflows: more ticks than a count holds are refused before anything is opened, and the most are taken.
func TestLoopThatOverflows(t *testing.T) {
	file := lobsterFile(t, 1000)
	const most = math.MaxInt64 / 1000
	for _, loop := range []int64{most + 1, 9_300_000_000_000_000, 18_446_744_073_709_553, math.MaxInt64} { // the third wraps to 1384
		var out, errs bytes.Buffer
		args := []string{"-file", file, "-loop", strconv.FormatInt(loop, 10)}
		require.Equal(t, exitUsage, run(context.Background(), args, strings.NewReader(""), &out, &errs), errs.String())
		require.Equal(t, fmt.Sprintf("marketdata: -loop %d: must be 9223372036854775 or less: the file has 1000 ticks\n", loop),
			errs.String())
		require.Empty(t, out.String())
	}
	for _, loop := range []int64{3_000_000, most} { // the first is more than 32 bits hold
		src, count, closeSource, err := openSource(options{file: file, loop: loop})
		require.NoError(t, err)
		require.NotNil(t, src)
		require.Equal(t, loop*1000, count)
		require.NoError(t, closeSource())
	}
	o, err := parse([]string{"-count", "9223372036854775807"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, int64(math.MaxInt64), o.count)
}

func TestPacer(t *testing.T) {
	require.Equal(t, 1500*time.Millisecond, (&pacer{rate: 1000}).due(1500))
	require.Equal(t, 2147*time.Second+483647*time.Microsecond, (&pacer{rate: 1_000_000}).due(math.MaxInt32))
	p := newPacer(1000)
	for n := range int64(20) {
		p.wait(context.Background(), n)
	}
	require.GreaterOrEqual(t, time.Since(p.start), 19*time.Millisecond)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p.wait(ended, 1_000_000) // does not wait
}
