package ioloop

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// affinity is the set of cores of the loop's thread.
func affinity(t testing.TB, l *Loop) (set unix.CPUSet) {
	got := make(chan error, 1)
	l.Post(runFunc(func() { got <- unix.SchedGetaffinity(0, &set) }))
	require.NoError(t, within(t, got))
	return set
}

func TestPinnedLoopKeepsToItsCore(t *testing.T) {
	var all unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &all))
	var cores []int
	for cpu := range 1024 {
		if all.IsSet(cpu) {
			cores = append(cores, cpu)
		}
	}
	for _, cpu := range append(cores[:1:1], cores[len(cores)-1]) {
		t.Run(fmt.Sprint(cpu), func(t *testing.T) {
			l, err := newLoop(loopConfig{cpu: cpu, pinned: true})
			require.NoError(t, err)
			set := affinity(t, l)
			require.Equal(t, 1, set.Count())
			require.True(t, set.IsSet(cpu))
			l.stop()
			requireAffinity(t, all)
		})
	}
	t.Run("no such core", func(t *testing.T) {
		l, err := newLoop(loopConfig{cpu: 1023, pinned: true})
		require.NoError(t, err)
		defer l.stop()
		require.Equal(t, all, affinity(t, l))
	})
}

// requireAffinity sees that no thread was given back to the runtime with another set of cores.
func requireAffinity(t testing.TB, want unix.CPUSet) {
	l := startLoop(t)
	for range 10 {
		require.Equal(t, want, affinity(t, l))
	}
}

// TestCoresOfTheProcess: a process that may run on one core only pins its loops to that one.
func TestCoresOfTheProcess(t *testing.T) {
	const child = "RINGMQ_TEST_PRINTS_CORES"
	if os.Getenv(child) != "" {
		fmt.Printf("cores %v, first %d\n", Cores(), cpuFor(Config{Pinned: true}, 0))
		return
	}
	var all, last unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &all))
	core := Cores()[len(Cores())-1]
	require.Len(t, Cores(), all.Count())
	last.Set(core)

	runtime.LockOSThread() // the child has the cores of the thread that starts it
	require.NoError(t, unix.SchedSetaffinity(0, &last))
	cmd := exec.Command(os.Args[0], "-test.run=^TestCoresOfTheProcess$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, unix.SchedSetaffinity(0, &all))
	runtime.UnlockOSThread()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), fmt.Sprintf("cores [%d], first %d\n", core, core))
}
