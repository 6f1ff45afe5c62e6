package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	// patience is how long a peer may take for its next message, and anything else that is to happen.
	patience = time.Minute
	// glance is the pause between two looks at a count.
	glance = time.Millisecond
	// reportEvery is the time between two lines of progress.
	reportEvery = 10 * time.Second
	// heapGrowth is how many bytes of the heap may be in use beyond those before. It is less than 300 bytes for each of
	// the lives of five minutes.
	heapGrowth = 4 << 20
)

// plan says how long it goes on.
type plan struct {
	peers    int           // at a time
	lives    int           // of each slot for a peer, at the least
	duration time.Duration // which may ask for more
}

func planned(t *testing.T) plan {
	t.Helper()
	p := plan{peers: 24, lives: 6}
	if v := os.Getenv("RINGMQ_SOAK"); v != "" {
		d, err := time.ParseDuration(v)
		require.NoError(t, err, "RINGMQ_SOAK")
		p = plan{peers: 200, lives: 1, duration: d}
	}
	if v := os.Getenv("RINGMQ_SOAK_PEERS"); v != "" {
		n, err := strconv.Atoi(v)
		require.NoError(t, err, "RINGMQ_SOAK_PEERS")
		p.peers = n
	}
	return p
}

// TestSoak: see the package's comment.
func TestSoak(t *testing.T) {
	p, s := planned(t), serve(t)
	t.Logf("%d peers at a time, %d lives each and at least %v", p.peers, p.lives, p.duration)
	warmUp := plan{peers: 2 * len(kinds), lives: 2}
	s.populate(warmUp)
	s.settled()
	before, heap := leak.Take(), inUse()

	s.populate(p)
	s.settled()
	s.report("all have gone")
	require.Empty(t, before.Leaks(patience), "left by peers that have gone")
	after := inUse()
	require.Less(t, after, heap+heapGrowth, "bytes of heap, with %d before", heap)
	t.Logf("heap: %d KiB before, %d KiB after", heap>>10, after>>10)

	s.closeInTime()
}

// inUse is the number of bytes on the heap that are reachable. It takes two collections to empty a sync.Pool.
func inUse() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// populate runs the lives of the plan, and returns when the last has ended.
func (s *servers) populate(p plan) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := time.Now().Add(p.duration)
	var wg, reporter sync.WaitGroup
	for slot := range p.peers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil && (n < p.lives || time.Now().Before(over)); n++ {
				if err := s.live(ctx, slot+n); err != nil && ctx.Err() == nil {
					s.t.Errorf("slot %d, life %d: %v", slot, n, err)
					cancel() // what follows would be a consequence
				}
			}
		})
	}
	done := make(chan struct{})
	reporter.Go(func() {
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.report(fmt.Sprintf("%v to go", max(0, time.Until(over)).Round(time.Second)))
			case <-done:
				return
			}
		}
	})
	wg.Wait()
	close(done)
	reporter.Wait()
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// errNoProgress is why a life ended before its time.
var errNoProgress = errors.New("no message for too long")

// live is the life of one peer. The kinds of peers and the transports take turns.
func (s *servers) live(ctx context.Context, turn int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(patience, func() { cancel(errNoProgress) })
	defer idle.Stop()
	k := kinds[turn%len(kinds)]
	l := &life{
		servers: s, ctx: ctx, id: s.born.Add(1), over: turn / len(kinds) % 2,
		progress: func() { idle.Reset(patience) },
		rand:     rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	}
	s.tick()
	if err := k.live(l); err != nil {
		return fmt.Errorf("%s over %s: %w", k.name, transports[l.over], err)
	}
	s.died.Add(1)
	return nil
}

// counter is a number that several goroutines count.
type counter struct{ atomic.Uint64 }

// report tells how far it is.
func (s *servers) report(what string) {
	s.t.Logf("%s: %d lives; to PULL %d, to ROUTER %d, back %d, published %d, to SUBs %d; %d goroutines", what,
		s.died.Load(), s.pulled.Load(), s.asked.Load(), s.answered.Load(), s.published.Load(), s.heard.Load(), runtime.NumGoroutine())
}
