package peer

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// usage is what the process has used so far.
type usage struct {
	cpu time.Duration
	mem runtime.MemStats
}

// readUsage stops the world for some 20 µs. Callers read the clock first, so that this counts against the figures.
func readUsage() usage {
	var u usage
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) == nil { // it cannot fail
		u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	runtime.ReadMemStats(&u.mem)
	return u
}

// since adds what was used since start to the figures.
func (u usage) since(start usage, f proto.Figures) {
	f[proto.CPU] = float64(u.cpu - start.cpu)
	f[proto.Mallocs] = float64(u.mem.Mallocs - start.mem.Mallocs)
	f[proto.GCs] = float64(u.mem.NumGC - start.mem.NumGC)
	f[proto.GCPause] = float64(u.longestPause(start))
}

// longestPause looks at the collections since start, the last 256 of them at most.
func (u usage) longestPause(start usage) uint64 {
	var longest uint64
	n := min(u.mem.NumGC-start.mem.NumGC, uint32(len(u.mem.PauseNs)))
	for i := range n {
		longest = max(longest, u.mem.PauseNs[(u.mem.NumGC-i+255)%256])
	}
	return longest
}

// noteMemory collects garbage and notes how much memory is in use.
func noteMemory(f proto.Figures, heap, rss string) {
	runtime.GC()
	runtime.GC() // pools give up their contents in two steps
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f[heap], f[rss] = float64(m.HeapInuse+m.StackInuse), residentBytes()
}

// residentBytes is 0 if the system does not tell.
func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, resident float64
	if _, err := fmt.Sscan(string(text), &total, &resident); err != nil {
		return 0
	}
	return resident * float64(os.Getpagesize())
}

// WriteCalls is how often this process has called write(2), pwrite(2) and their like; 0 if the system does not count that.
// The runtime's own calls, to wake a thread, are among them: some in a thousand.
func WriteCalls() uint64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "syscw: ")
	number, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
