package peer

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// group is what the tallies of one process share.
type group struct {
	ready   sync.WaitGroup // a subscriber each, until it is known to be connected
	watch   *watch
	once    sync.Once
	start   usage // at the first timed message
	tallies []*Tally
}

func newGroup(c proto.Case) *group {
	g := &group{watch: newWatch()}
	n := 1
	if c.Pattern == proto.PubSub {
		n = max(c.Subs, 1)
		g.ready.Add(n)
	}
	for j := range n {
		g.tallies = append(g.tallies, newTally(c, j, g))
	}
	return g
}

// begin notes what the process has used when the first timed message of all has come.
func (g *group) begin() { g.once.Do(func() { g.start = readUsage() }) }

// figures are those of the whole process. The tallies are not in use any more.
func (g *group) figures() proto.Figures {
	figures := proto.Figures{}
	g.begin() // in case that nothing came
	readUsage().since(g.start, figures)
	begun, ended, timed := int64(math.MaxInt64), int64(0), uint64(0)
	for _, t := range g.tallies {
		if t.timed > 0 {
			begun, ended, timed = min(begun, t.begun), max(ended, t.ended), timed+t.timed
		}
	}
	figures[proto.Nanos] = float64(max(ended-begun, 0))
	figures[proto.Received] = float64(timed)
	return figures
}

// never is a count that no tally reaches.
const never = math.MaxUint64

// watchEvery is how long nothing may come, after all was sent, until the rest counts as lost.
const watchEvery = time.Second

// watch hands out contexts to receivers and ends them from time to time, so that each can see whether messages still
// come to it. Receivers thus need no counter that another goroutine may read.
type watch struct {
	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
}

func newWatch() *watch {
	w := new(watch)
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

func (w *watch) context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ctx
}

// run ends a context now and each second from now on, until done is closed.
func (w *watch) run(done <-chan struct{}) {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for {
		w.interrupt()
		select {
		case <-ticks.C:
		case <-done:
			return
		}
	}
}

func (w *watch) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel()
	w.ctx, w.cancel = context.WithCancel(context.Background())
}
