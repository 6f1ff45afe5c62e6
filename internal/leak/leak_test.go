package leak

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// brief is the patience of tests that expect a leak: it only has to be shorter than the test's own.
const brief = time.Millisecond

// childEnv makes TestLeakingChild leak; only TestMainFailsAProcessThatLeaks sets it, for a process of its own.
const childEnv = "RINGMQ_LEAK_CHILD"

func TestMain(m *testing.M) { Main(m) }

func TestNothingNewIsNoLeak(t *testing.T) {
	require.Empty(t, Take().Leaks(brief))
}

func TestGoroutineIsFoundUntilItEnds(t *testing.T) {
	before := Take()
	stop := make(chan struct{})
	go waitForStop(stop)

	found := before.Leaks(brief)
	require.Len(t, found, 1)
	require.Contains(t, found[0], "waitForStop", "the listing names the function")

	close(stop)
	require.Empty(t, before.Leaks(patience))
}

func waitForStop(stop <-chan struct{}) { <-stop }

func TestGoroutineOfBeforeIsNoLeak(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	go waitForStop(stop)
	require.Empty(t, Take().Leaks(brief))
}

func TestTimerIsNoLeak(t *testing.T) {
	before := Take()
	timer := time.AfterFunc(time.Hour, func() {})
	defer timer.Stop()
	require.Empty(t, before.Leaks(brief))
}

// tests is a testing.M whose tests are a function.
type tests func() int

func (f tests) Run() int { return f() }

func TestRunKeepsTheExitCodeOfTheTests(t *testing.T) {
	for _, code := range []int{0, 1, 2} {
		var report strings.Builder
		require.Equal(t, code, run(tests(func() int { return code }), &report, brief))
		require.Empty(t, report.String())
	}
}

func TestRunFailsTestsThatPassAndLeak(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	var report strings.Builder
	code := run(tests(func() int { go waitForStop(stop); return 0 }), &report, brief)
	require.Equal(t, 1, code)
	require.Contains(t, report.String(), "leak: ")
	require.Contains(t, report.String(), "waitForStop")
}

// recorder is a test that check can fail without failing the test around it.
type recorder struct {
	cleanup func()
	failed  bool
	errors  []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanup = f }
func (r *recorder) Failed() bool     { return r.failed }

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		leaks, failed bool
		want          int
	}{
		"clean":                          {},
		"leaks":                          {leaks: true, want: 1},
		"leaks because it has failed":    {leaks: true, failed: true},
		"has failed, and leaves nothing": {failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{failed: c.failed}
			check(r, brief)
			stop := make(chan struct{})
			defer close(stop)
			if c.leaks {
				go waitForStop(stop)
			}
			r.cleanup()
			require.Len(t, r.errors, c.want)
		})
	}
}

func TestCheckOfARealTest(t *testing.T) {
	Check(t)
	ended := make(chan struct{})
	go close(ended)
	<-ended
}

// TestLeakingChild leaks on purpose, in the process that TestMainFailsAProcessThatLeaks starts.
func TestLeakingChild(t *testing.T) {
	switch os.Getenv(childEnv) {
	case "goroutine":
		go waitForStop(nil)
	case "file":
		leakedFile, _ = os.Open(os.DevNull)
	}
}

// leakedFile keeps the child's file from being collected, and closed, before the look.
var leakedFile *os.File

// runChild runs TestLeakingChild in a process of its own and returns its output and how it ended.
func runChild(t *testing.T, leak string, flags ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestLeakingChild$"}, flags...)...)
	cmd.Env = append(os.Environ(), childEnv+"="+leak)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMainPassesAProcessThatDoesNotLeak(t *testing.T) {
	out, err := runChild(t, "nothing")
	require.NoError(t, err, out)
}

func TestMainFailsAProcessThatLeaks(t *testing.T) {
	t.Parallel() // the child waits out its patience
	out, err := runChild(t, "goroutine")
	requireLeakExit(t, out, err)
	require.Contains(t, out, "waitForStop")
}

func requireLeakExit(t *testing.T, out string, err error) {
	t.Helper()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, out)
	require.Equal(t, 1, exit.ExitCode(), out)
	require.Contains(t, out, "leak: ")
}
