package leak

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const (
	// patience is how long things may take to close after the tests have ended.
	patience = 5 * time.Second
	// pollEvery is the pause between two looks. Neither a goroutine's end nor a closed descriptor of somebody else can
	// be waited for as an event.
	pollEvery = 10 * time.Millisecond
)

// Main runs the tests of m and ends the process: with the tests' own exit code, or with 1 and a listing on standard
// error if they passed but leaked. What a failed run left open is a consequence, and is not looked at.
func Main(m *testing.M) {
	os.Exit(run(m, os.Stderr, patience))
}

func run(m interface{ Run() int }, report io.Writer, patience time.Duration) int {
	before := Take()
	if code := m.Run(); code != 0 {
		return code
	}
	leaks := before.Leaks(patience)
	for _, l := range leaks {
		fmt.Fprintln(report, "leak:", l)
	}
	if len(leaks) > 0 {
		return 1
	}
	return 0
}

// Check fails t if it ends with more goroutines or descriptors than it has now. Call it first in the test, so that the
// test's own cleanups run before the look. It is of no use to a test that runs in parallel with others: theirs would
// be taken for its own.
func Check(t testing.TB) {
	t.Helper()
	check(t, patience)
}

// checked is what check needs of a testing.TB; an interface so that the tests can watch it fail.
type checked interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Errorf(format string, args ...any)
}

func check(t checked, patience time.Duration) {
	t.Helper()
	before := Take()
	t.Cleanup(func() {
		t.Helper()
		if t.Failed() {
			return
		}
		for _, l := range before.Leaks(patience) {
			t.Errorf("leak: %s", l)
		}
	})
}

// Snapshot is what was running and open at one moment. It does not change and may be used by any goroutine.
type Snapshot struct {
	running goleak.Option
	open    map[int]string
}

// Take records the goroutines and descriptors of this moment. The runtime's network poller has been started before,
// so that its descriptors do not count as news later.
func Take() *Snapshot {
	warmUpPoller()
	return &Snapshot{running: goleak.IgnoreCurrent(), open: openFiles()}
}

// Leaks lists what is there now and was not in the snapshot, one finding an element: all new goroutines with their
// stacks, and each new descriptor with its target. It looks again until there are none or patience has passed.
func (s *Snapshot) Leaks(patience time.Duration) []string {
	deadline := time.Now().Add(patience)
	for {
		found := s.look()
		if len(found) == 0 || time.Now().After(deadline) {
			return found
		}
		time.Sleep(pollEvery)
	}
}

// look is one look, without patience beyond that of goleak itself (0.4 s when it finds something).
func (s *Snapshot) look() []string {
	var found []string
	if err := goleak.Find(s.running); err != nil {
		found = append(found, err.Error())
	}
	return append(found, newFiles(s.open, openFiles())...)
}
