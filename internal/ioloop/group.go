package ioloop

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Config describes a group of loops.
type Config struct {
	// Loops is the number of loops, at least 1.
	Loops int
	// Pinned locks each loop to a thread and the thread to a core, and lets it spin there.
	Pinned bool
	// CPUs are the cores of pinned loops, in turn; none: those of Cores.
	CPUs []int
}

// Group is a set of loops that connections are spread over in turn. Its methods may be called by any goroutine.
type Group struct {
	loops []*Loop
	next  atomic.Uint32
}

// NewGroup starts the loops.
func NewGroup(cfg Config) (*Group, error) {
	g := &Group{}
	for i := range max(cfg.Loops, 1) {
		l, err := newLoop(loopConfig{pinned: cfg.Pinned, cpu: cpuFor(cfg, i)})
		if err != nil {
			g.Close()
			return nil, fmt.Errorf("ringmq: cannot start I/O loop %d: %w", i, err)
		}
		g.loops = append(g.loops, l)
	}
	return g, nil
}

func cpuFor(cfg Config, i int) int {
	switch {
	case !cfg.Pinned:
		return -1
	case len(cfg.CPUs) > 0:
		return cfg.CPUs[i%len(cfg.CPUs)]
	}
	return cores[i%len(cores)]
}

// Cores are those that the process may run on, in ascending order; at least one.
func Cores() []int { return slices.Clone(cores) }

// cores is found before the program runs: a thread's set of cores is the process's until somebody changes it.
var cores = findCores()

// allCores is what there is where the system does not say what a process may use.
func allCores() (all []int) {
	for cpu := range runtime.NumCPU() {
		all = append(all, cpu)
	}
	return all
}

// Next returns the loop for the next connection.
func (g *Group) Next() *Loop {
	return g.loops[(g.next.Add(1)-1)%uint32(len(g.loops))]
}

// Len is the number of loops.
func (g *Group) Len() int { return len(g.loops) }

// Close stops the loops and waits for them. The streams on them must have been closed.
func (g *Group) Close() {
	for _, l := range g.loops {
		l.stop()
	}
}

// DefaultLoops is the number of loops of the shared group. One loop serves well past the traffic that saturates two
// cores; more are an option of the engine.
const DefaultLoops = 1

var shared struct {
	mu    sync.Mutex
	users int
	group *Group
}

// Acquire returns the process-wide group, which runs as long as somebody uses it.
func Acquire() (*Group, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.users == 0 {
		g, err := NewGroup(Config{Loops: DefaultLoops})
		if err != nil {
			return nil, err
		}
		shared.group = g
	}
	shared.users++
	return shared.group, nil
}

// Release gives the process-wide group back; the last user stops it.
func Release() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.users--; shared.users == 0 {
		shared.group.Close()
		shared.group = nil
	}
}
