package ioloop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// numbered is posted work that notes its turn.
type numbered struct {
	poster, n int
	ran       func(poster, n int)
}

func (w *numbered) Run() { w.ran(w.poster, w.n) }

// What many goroutines post runs once each, on one goroutine, in the order of each poster.
func TestPostFromManyGoroutines(t *testing.T) {
	const posters, each = 8, 3000
	l := startLoop(t)
	done := make(chan struct{})
	var next [posters]int // the loop's
	left := posters * each
	ran := func(poster, n int) {
		if next[poster] != n {
			t.Errorf("poster %d: work %d ran in place of %d", poster, n, next[poster])
		}
		next[poster]++
		if left--; left == 0 {
			close(done)
		}
	}
	for p := range posters {
		go func() {
			for i := range each {
				l.Post(&numbered{p, i, ran})
				if i%64 == 0 {
					runtime.Gosched() // let the loop go to sleep now and then
				}
			}
		}()
	}
	within(t, done)
	for _, n := range next {
		require.Equal(t, each, n)
	}
}

func TestPostWakesASleepingLoop(t *testing.T) {
	l := startLoop(t)
	ran := make(chan struct{})
	for range 300 {
		awaitSleep(t, l)
		l.Post(runFunc(func() { ran <- struct{}{} }))
		within(t, ran)
	}
}

// Posts that race with the loop's way to sleep.
func TestPostIsNeverSleptOver(t *testing.T) {
	const rounds = 5000
	l := startLoop(t)
	ran := make(chan struct{}, 1)
	for i := range rounds {
		l.Post(runFunc(func() { ran <- struct{}{} }))
		within(t, ran)
		for range i % (3 * idleRounds) {
			runtime.Gosched()
		}
	}
}

func awaitSleep(t testing.TB, l *Loop) {
	eventually(t, "the loop sleeps", l.asleep.Load)
}

func TestWorkPostsWork(t *testing.T) {
	l := startLoop(t)
	done := make(chan struct{})
	left := 1000
	var again runFunc
	again = func() {
		if left--; left == 0 {
			close(done)
			return
		}
		l.Post(again)
	}
	l.Post(again)
	within(t, done)
}

func TestLaterRunsOnce(t *testing.T) {
	const each = 50
	l := startLoop(t)
	var runs [4 * each]atomic.Int32
	done := make(chan struct{}, len(runs))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range each {
				if i%10 == 0 {
					awaitSleep(t, l)
				}
				l.Later(runFunc(func() {
					runs[w*each+i].Add(1)
					done <- struct{}{}
				}))
			}
		})
	}
	for range runs {
		within(t, done)
	}
	wg.Wait()
	awaitSleep(t, l)
	for i := range runs {
		require.EqualValues(t, 1, runs[i].Load())
	}
}

// Work that asks for Later from within Later comes round again.
func TestLaterAgain(t *testing.T) {
	l := startLoop(t)
	done := make(chan struct{})
	left := 20
	var again runFunc
	again = func() {
		if left--; left == 0 {
			close(done)
			return
		}
		l.Later(again)
	}
	l.Later(again)
	within(t, done)
}

// What is put off all the time runs when that ends, once. Only what waits alone is put off.
func TestPutOff(t *testing.T) {
	set := new(alarms)
	l := &Loop{pause: maxPause, poller: set}
	one, other := new(counted), new(counted)
	l.PutOff(one)
	require.Empty(t, set.after, "nothing waits")
	l.Later(one)
	since := time.Now().Add(time.Hour)
	l.since = since
	l.PutOff(one)
	require.Equal(t, since, l.since, "it has not waited for long")
	since = time.Now().Add(-pauseTime / 2)
	l.since = since
	l.PutOff(other)
	require.Equal(t, since, l.since, "another one waits")
	l.PutOff(one)
	require.Greater(t, l.since, since)
	require.Equal(t, []time.Duration{maxPause, pauseTime}, set.after)
	l.Later(other)
	l.since = since
	l.PutOff(one)
	require.Equal(t, since, l.since, "two wait")
	l.since = since.Add(-pauseTime)
	l.runLater()
	require.Equal(t, [2]int{1, 1}, [2]int{one.n, other.n})
	require.Len(t, set.after, 2, "nothing waits any more")
}

// What asks for Later from within Later has the alarm set once, afterwards.
func TestLaterSetsOneAlarm(t *testing.T) {
	set := new(alarms)
	l := &Loop{pause: pauseTime, poller: set}
	c := &counted{again: l}
	l.Later(c)
	for round := 1; round < 4; round++ {
		require.Len(t, set.after, round)
		l.since = l.since.Add(-time.Hour)
		l.runLater()
		require.Equal(t, round, c.n)
	}
}

// alarms is a poller of which only the alarms are wanted.
type alarms struct {
	poller
	after []time.Duration
}

func (a *alarms) alarm(d time.Duration) { a.after = append(a.after, d) }

// counted counts its runs, and asks for more of them from again.
type counted struct {
	n     int
	again *Loop
}

func (c *counted) Run() {
	c.n++
	if c.again != nil {
		c.again.Later(c)
		c.again.PutOff(c)
	}
}

// A loop that always has something to do still comes to what was put off.
func TestLaterOnABusyLoop(t *testing.T) {
	l := startLoop(t)
	came, stop := make(chan struct{}), make(chan struct{})
	var busy runFunc
	busy = func() {
		select {
		case <-stop:
		default:
			l.Post(busy)
		}
	}
	l.Post(busy)
	defer close(stop)
	l.Later(runFunc(func() { close(came) }))
	within(t, came)
}

func TestStopComesAfterPostedWork(t *testing.T) {
	for range 300 {
		l, err := newLoop(loopConfig{cpu: -1})
		require.NoError(t, err)
		var ran atomic.Int32
		for range 3 {
			l.Post(runFunc(func() { ran.Add(1) }))
		}
		l.stop()
		require.EqualValues(t, 3, ran.Load())
		require.True(t, isClosed(l.done), "stop returned before the loop had ended")
	}
}

func TestStopEndsASleepingLoop(t *testing.T) {
	for range 50 {
		l, err := newLoop(loopConfig{cpu: -1})
		require.NoError(t, err)
		awaitSleep(t, l)
		l.stop()
	}
}

// The loop is between looking for posted work and looking whether to stop when both come.
func TestStopComesAfterWorkPostedJustBefore(t *testing.T) {
	l, calls := watch(t)
	awaitSleep(t, l)
	ran, stopped := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() {
		go func() {
			l.Post(runFunc(func() { close(ran) }))
			l.stop()
			close(stopped)
		}()
		for !l.stopped.Load() {
			runtime.Gosched()
		}
	})
	calls.during.Store(&once)
	l.Post(runFunc(func() {})) // go round
	within(t, stopped)
	require.True(t, isClosed(ran), "posted before the stop and never run")
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// watchedPoller counts what the loop asks of the system.
type watchedPoller struct {
	poller
	polls, blocks atomic.Int32
	during        atomic.Pointer[func()] // called at the end of a poll that found nothing
}

func (p *watchedPoller) poll(l *Loop) bool {
	p.polls.Add(1)
	found := p.poller.poll(l)
	if f := p.during.Load(); f != nil && !found {
		(*f)()
	}
	return found
}

func (p *watchedPoller) block() {
	p.blocks.Add(1)
	p.poller.block()
}

// watch makes a loop whose poller is counted.
func watch(t testing.TB) (*Loop, *watchedPoller) {
	p, err := newPoller()
	require.NoError(t, err)
	w := &watchedPoller{poller: p}
	l := &Loop{cfg: loopConfig{cpu: -1}, poller: w, done: make(chan struct{})}
	go l.run()
	t.Cleanup(l.stop)
	return l, w
}

// An idle loop does nothing at all: it sleeps while another one is kept busy.
func TestIdleLoopSleeps(t *testing.T) {
	idle, calls := watch(t)
	idle.Post(runFunc(func() {}))
	requireSleeps(t, idle, calls)
}

// requireSleeps sees that the loop is left alone while another one goes round many times. What was on its way to it may
// still wake it.
func requireSleeps(t testing.TB, idle *Loop, calls *watchedPoller) {
	t.Helper()
	const wakes, rounds = 3, 1000
	awaitSleep(t, idle)
	polls, blocks := calls.polls.Load(), calls.blocks.Load()
	ticks(t, rounds)
	require.LessOrEqual(t, calls.blocks.Load()-blocks, int32(wakes))
	require.LessOrEqual(t, calls.polls.Load()-polls, int32(wakes*(1+idleRounds)))
	awaitSleep(t, idle)
}

// ticks are so many round trips to another loop.
func ticks(t testing.TB, n int) {
	l, err := newLoop(loopConfig{cpu: -1})
	require.NoError(t, err)
	defer l.stop()
	ran := make(chan struct{})
	for range n {
		l.Post(runFunc(func() { ran <- struct{}{} }))
		within(t, ran)
	}
}
