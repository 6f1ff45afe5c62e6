package socket

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// move is what one call does to the word: the state afterwards and what the call returns.
type move struct {
	to     uint32
	result bool
}

var stateNames = map[uint32]string{
	taskIdle: "idle", taskScheduled: "scheduled", taskRunning: "running", taskNotified: "notified",
	taskBlocked: "blocked", taskWatched: "watched", taskOver: "over",
}

// legal are all transitions: for each call, from each state in which it may be made. What is not listed leaves the
// word as it is and returns false.
var legal = []struct {
	name string
	call func(*task) bool
	from map[uint32]move
	not  []uint32 // states in which the call is never made: it is the holder's, or would wait
}{
	{"wake", (*task).wake, map[uint32]move{
		taskIdle:    {taskScheduled, true},
		taskWatched: {taskScheduled, true},
		taskRunning: {taskNotified, false},
	}, nil},
	{"start", (*task).start, map[uint32]move{
		taskIdle:    {taskRunning, true},
		taskWatched: {taskRunning, true},
		taskRunning: {taskNotified, false},
	}, nil},
	{"unblock", (*task).unblock, map[uint32]move{
		taskIdle:    {taskScheduled, true},
		taskWatched: {taskScheduled, true},
		taskBlocked: {taskScheduled, true},
		taskRunning: {taskNotified, false},
	}, nil},
	{"begin", (*task).begin, map[uint32]move{taskScheduled: {taskRunning, true}}, nil},
	{"tryBegin", (*task).tryBegin, map[uint32]move{taskIdle: {taskRunning, true}}, nil},
	{"claim", (*task).claim, map[uint32]move{taskWatched: {taskRunning, true}}, nil},
	{"take", (*task).take, map[uint32]move{
		taskIdle:    {taskRunning, true},
		taskWatched: {taskRunning, true},
		taskBlocked: {taskRunning, true},
	}, nil},
	{"seize", (*task).seize, map[uint32]move{
		taskIdle:      {taskRunning, true},
		taskScheduled: {taskRunning, true},
		taskWatched:   {taskRunning, true},
		taskBlocked:   {taskRunning, true},
	}, []uint32{taskRunning, taskNotified}},
	{"end", (*task).end, map[uint32]move{
		taskRunning:  {taskIdle, true},
		taskNotified: {taskRunning, false},
	}, notHeld},
	{"block", (*task).block, map[uint32]move{
		taskRunning:  {taskBlocked, true},
		taskNotified: {taskRunning, false},
	}, notHeld},
	{"watch", (*task).watch, map[uint32]move{
		taskRunning:  {taskWatched, true},
		taskNotified: {taskRunning, false},
	}, notHeld},
}

// notHeld are the states in which nobody works.
var notHeld = []uint32{taskIdle, taskScheduled, taskBlocked, taskWatched, taskOver}

func TestTaskTransitions(t *testing.T) {
	for _, c := range legal {
		for state, name := range stateNames {
			t.Run(c.name+" of "+name, func(t *testing.T) {
				for _, never := range c.not {
					if state == never {
						return
					}
				}
				want, ok := c.from[state]
				if !ok {
					want = move{state, false}
				}
				var k task
				k.state.Store(state)
				require.Equal(t, want.result, c.call(&k))
				require.Equal(t, stateNames[want.to], stateNames[k.state.Load()])
				require.Equal(t, want.to == taskIdle, k.state.Load() == taskIdle)
			})
		}
	}
}

// seize waits for the holder, also for one that was notified, and goes away empty-handed when the task is over.
func TestSeizeWaitsForTheHolder(t *testing.T) {
	for name, c := range map[string]struct {
		held, left uint32
		want       bool
	}{
		"running, then idle":     {taskRunning, taskIdle, true},
		"notified, then blocked": {taskNotified, taskBlocked, true},
		"running, then over":     {taskRunning, taskOver, false},
	} {
		t.Run(name, func(t *testing.T) {
			var k task
			k.state.Store(c.held)
			seized := make(chan bool)
			go func() { seized <- k.seize() }()
			for range 100 {
				runtime.Gosched()
			}
			select {
			case <-seized:
				require.Fail(t, "seized from its holder")
			default:
			}
			k.state.Store(c.left)
			require.Equal(t, c.want, <-seized)
		})
	}
}

// workshop is a task with work, and what must hold: one goroutine works at a time, and all work that was added before a
// wake is done by some holder after it.
type workshop struct {
	task
	holders atomic.Int32
	added   atomic.Int64
	done    atomic.Int64 // of added, as the last holder saw it
	posted  chan struct{}
	wrong   atomic.Pointer[string]
}

// post is the loop's part: it begins what was scheduled.
func (w *workshop) post() { w.posted <- struct{}{} }

// work is a holder's part, until it gives the task up, in the way that leave says.
func (w *workshop) work(leave func() bool) {
	for {
		if n := w.holders.Add(1); n != 1 {
			w.fail(fmt.Sprintf("%d holders", n))
		}
		w.done.Store(w.added.Load())
		runtime.Gosched() // so that wakes come between the last look and the leaving
		w.holders.Add(-1)
		if leave() {
			return
		}
	}
}

func (w *workshop) fail(why string) { w.wrong.CompareAndSwap(nil, &why) }

// leave picks one of the ways to give the task up.
func (w *workshop) leave(r *rand.Rand) func() bool {
	return [...]func() bool{w.end, w.block, w.watch}[r.IntN(3)]
}

// act makes one call as its users do.
func (w *workshop) act(r *rand.Rand) {
	enter := [...]func() bool{w.tryBegin, w.claim, w.take, w.seize}
	switch n := r.IntN(9); {
	case n == 8:
		w.added.Add(1)
		if w.start() {
			w.work(w.leave(r))
		}
	case n < 2:
		w.added.Add(1)
		if w.wake() {
			w.post()
		}
	case n < 4:
		w.added.Add(1)
		if w.unblock() {
			w.post()
		}
	case enter[n-4]():
		w.work(w.leave(r))
	}
}

// TestTaskStress has many goroutines make all calls at once, over and over for a short time: each end of it is where a
// lost wake shows. Legal outcomes: never two holders; when all is quiet, every piece of work was seen, unless the task is
// blocked, in which case an unblock brings the rest about.
func TestTaskStress(t *testing.T) {
	for seed := range uint64(1500) {
		stressTask(t, seed, 4, 12)
	}
	stressTask(t, 0, 8, 4000)
}

func stressTask(t *testing.T, seed, users, calls uint64) {
	w := &workshop{posted: make(chan struct{}, users*calls)}
	var loops, wg sync.WaitGroup
	loops.Go(func() {
		r := rand.New(rand.NewPCG(seed, users))
		for range w.posted {
			if w.begin() {
				w.work(w.leave(r))
			}
		}
	})
	for i := range users {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, i))
			for range calls {
				w.act(r)
			}
		})
	}
	wg.Wait()
	close(w.posted)
	loops.Wait()
	w.requireQuiet(t)
}

// requireQuiet looks at a workshop that nobody is about any more.
func (w *workshop) requireQuiet(t *testing.T) {
	t.Helper()
	if why := w.wrong.Load(); why != nil {
		require.Fail(t, *why)
	}
	switch state := w.state.Load(); state {
	case taskIdle, taskWatched:
	case taskBlocked: // a wake is for a task that can work: only an unblock counts here
		require.True(t, w.unblock())
		require.True(t, w.begin())
		w.work(w.end)
	default:
		require.Fail(t, "somebody is left with it", stateNames[state])
	}
	require.Equal(t, w.added.Load(), w.done.Load(), "a wake was lost")
}

// Where everybody says unblock, nothing is ever left behind, whatever way holders leave.
func TestNoUnblockIsLost(t *testing.T) {
	const rounds = 20_000
	w := &workshop{posted: make(chan struct{}, rounds)}
	var wg sync.WaitGroup
	wg.Go(func() {
		r := rand.New(rand.NewPCG(1, 1))
		for range w.posted {
			if w.begin() {
				w.work(w.leave(r))
			}
		}
	})
	for i := range rounds {
		w.added.Add(1)
		if w.unblock() {
			w.post()
		}
		if i%3 == 0 { // each time the word has come to rest, all is done
			w.awaitDone(t)
		}
	}
	w.awaitDone(t)
	close(w.posted)
	wg.Wait()
	require.Equal(t, w.added.Load(), w.done.Load())
}

func (w *workshop) awaitDone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); w.done.Load() != w.added.Load(); runtime.Gosched() {
		if time.Now().After(end) {
			require.Fail(t, "an unblock was lost", "%d of %d, %s", w.done.Load(), w.added.Load(), stateNames[w.state.Load()])
		}
	}
}

// patience is how long something may take that must come.
const patience = 20 * time.Second
