package ioloop

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCPUFor(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want []int
	}{
		{"not pinned", Config{}, []int{-1, -1}},
		{"cores are for pinned loops", Config{CPUs: []int{3}}, []int{-1, -1}},
		{"in turn", Config{Pinned: true}, append(Cores(), Cores()[0])},
		{"as listed, round again", Config{Pinned: true, CPUs: []int{5, 2}}, []int{5, 2, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range c.want {
				require.Equal(t, want, cpuFor(c.cfg, i))
			}
		})
	}
}

func TestGroupSpreadsInTurn(t *testing.T) {
	for _, c := range []struct{ asked, loops int }{{0, 1}, {1, 1}, {3, 3}} {
		t.Run(fmt.Sprint(c.asked), func(t *testing.T) {
			g, err := NewGroup(Config{Loops: c.asked})
			require.NoError(t, err)
			defer g.Close()
			require.Equal(t, c.loops, g.Len())
			for i := range 3 * c.loops {
				require.Same(t, g.loops[i%c.loops], g.Next())
			}
		})
	}
}

func TestGroupCloseStopsItsLoops(t *testing.T) {
	g, err := NewGroup(Config{Loops: 3})
	require.NoError(t, err)
	g.Close()
	for _, l := range g.loops {
		require.True(t, isClosed(l.done))
	}
}

func TestSharedGroupLivesAsLongAsItsUsers(t *testing.T) {
	first, err := Acquire()
	require.NoError(t, err)
	second, err := Acquire()
	require.NoError(t, err)
	require.Same(t, first, second)
	require.Equal(t, DefaultLoops, first.Len())

	Release()
	requireRuns(t, first.Next())
	Release()
	require.True(t, isClosed(first.loops[0].done))

	third, err := Acquire()
	require.NoError(t, err)
	require.NotSame(t, first, third)
	requireRuns(t, third.Next())
	Release()
	require.True(t, isClosed(third.loops[0].done))
}

func requireRuns(t testing.TB, l *Loop) {
	t.Helper()
	ran := make(chan struct{})
	l.Post(runFunc(func() { close(ran) }))
	within(t, ran)
}

func TestSharedGroupWithUsersThatComeAndGo(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				g, err := Acquire()
				if err != nil {
					t.Error(err)
					return
				}
				ran := make(chan struct{})
				g.Next().Post(runFunc(func() { close(ran) }))
				<-ran
				Release()
			}
		})
	}
	wg.Wait()
	require.Zero(t, shared.users)
	require.Nil(t, shared.group)
}

// A pinned loop works like any other, on a core that exists and on one that does not.
func TestPinnedLoops(t *testing.T) {
	for _, cpu := range []int{0, 1000, 1 << 20} {
		t.Run(fmt.Sprint(cpu), func(t *testing.T) {
			g, err := NewGroup(Config{Loops: 2, Pinned: true, CPUs: []int{cpu}})
			require.NoError(t, err)
			defer g.Close()
			for range 4 {
				requireRuns(t, g.Next())
			}
			later := make(chan struct{})
			g.Next().Later(runFunc(func() { close(later) }))
			within(t, later)
			require.False(t, g.loops[0].asleep.Load() && g.loops[1].asleep.Load(), "a pinned loop spins")
		})
	}
}
