package socket

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/ioloop"
)

// EngineConfig describes the I/O loops of an [Engine].
type EngineConfig struct {
	// Loops is the number of loops; connections are spread over them in turn. 0: the default.
	Loops int
	// Pinned locks each loop to an operating system thread, and the thread to a core where the system can, and lets
	// the loop spin: each takes a whole core, all the time. On two cores it gained nothing (docs/adr/0004); it is meant
	// for machines with cores to spare. There may be at most one for each core that the process may run on.
	Pinned bool
	// CPUs are the cores for pinned loops, one for each; none: the first of those that the process may run on (see
	// taskset(1) and sched_setaffinity(2)).
	CPUs []int
}

// Engine is a set of I/O loops for the sockets that are made [WithEngine]. Sockets without share one that runs while
// there are any. Its methods may be called by any number of goroutines at once.
type Engine struct {
	mu     sync.Mutex
	group  *ioloop.Group
	users  int
	closed bool
}

// NewEngine starts an engine. Error: [ringmq.ErrInvalidOption].
func NewEngine(cfg EngineConfig) (*Engine, error) {
	if cfg.Loops < 0 || cfg.Loops > 256 {
		return nil, invalid("Engine.Loops", cfg.Loops, "0 to 256")
	}
	if cfg.Loops == 0 {
		cfg.Loops = ioloop.DefaultLoops
	}
	if err := cfg.fitsCores(ioloop.Cores()); err != nil {
		return nil, err
	}
	g, err := ioloop.NewGroup(ioloop.Config{Loops: cfg.Loops, Pinned: cfg.Pinned, CPUs: cfg.CPUs})
	if err != nil {
		return nil, err
	}
	return &Engine{group: g}, nil
}

// fitsCores reports whether the loops can be pinned to cores of the machine.
func (cfg *EngineConfig) fitsCores(allowed []int) error {
	for i, cpu := range cfg.CPUs {
		if !slices.Contains(allowed, cpu) {
			return invalid("Engine.CPUs", cpu, fmt.Sprintf("among the cores that the process may run on: %v", allowed))
		}
		if slices.Contains(cfg.CPUs[:i], cpu) {
			return invalid("Engine.CPUs", cpu, "named once")
		}
	}
	cores := len(allowed)
	if len(cfg.CPUs) > 0 {
		cores = len(cfg.CPUs)
	}
	if cfg.Pinned && cfg.Loops > cores {
		return invalid("Engine.Loops", cfg.Loops, fmt.Sprintf("1 to %d, one for each core, if they are pinned", cores))
	}
	return nil
}

var errEngineInUse = errors.New("the engine still has open sockets: close them first")

// Close stops the loops. All sockets of the engine must have been closed.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.users > 0:
		return &ringmq.Error{Op: "close engine", Value: fmt.Sprint(e.users), Err: errEngineInUse}
	case !e.closed:
		e.closed = true
		e.group.Close()
	}
	return nil
}

// use returns the loops and what gives them back. A nil engine is the shared one.
func (e *Engine) use() (*ioloop.Group, func(), error) {
	if e == nil {
		g, err := ioloop.Acquire()
		return g, ioloop.Release, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, fmt.Errorf("%w: the engine", ringmq.ErrClosed)
	}
	e.users++
	return e.group, func() {
		e.mu.Lock()
		e.users--
		e.mu.Unlock()
	}, nil
}
