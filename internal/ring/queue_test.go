package ring

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQueueIsEmptyAtFirst(t *testing.T) {
	var q Queue[int]
	require.Nil(t, q.Peek())
	_, ok := q.Pop()
	require.False(t, ok)
	require.True(t, q.Empty())
	require.Zero(t, q.Len())
	require.Zero(t, q.Depth())
}

func TestSpareTakesNoBlock(t *testing.T) {
	var q Queue[int]
	for i := range 2 * blockSlots {
		if i%blockSlots == 0 {
			require.Nil(t, q.Spare())
			require.Same(t, q.Slot(), q.Spare())
		}
		*q.Spare() = i
		q.Commit()
	}
	require.Nil(t, q.Spare())
	q.Publish()
	for i := range 2 * blockSlots {
		v, ok := q.Pop()
		require.True(t, ok)
		require.Equal(t, i, v)
	}
}

func TestPublishMakesABatchVisibleAtOnce(t *testing.T) {
	for _, n := range []int{1, 2, blockSlots - 1, blockSlots, blockSlots + 1, 3*blockSlots + 7} {
		var q Queue[int]
		for i := range n {
			q.Push(i)
		}
		require.Nil(t, q.Peek(), "nothing is visible before Publish")
		require.Equal(t, n, q.Unpublished())
		q.Publish()
		require.Equal(t, n, q.Depth())
		for i := range n {
			require.Equal(t, i, *q.Peek())
			require.Equal(t, i, *q.Peek(), "Peek takes nothing")
			v, ok := q.Pop()
			require.True(t, ok)
			require.Equal(t, i, v)
		}
		require.True(t, q.Empty())
		require.Nil(t, q.Peek())
		require.Zero(t, q.Len())
	}
}

func TestSlotsAreClearedAfterTheyAreRead(t *testing.T) {
	var q Queue[*int]
	q.Push(new(int))
	q.Publish()
	q.Pop()
	require.Nil(t, q.head.slots[0])
}

func TestLagIsBoundedAndSettledWhenEmpty(t *testing.T) {
	var q Queue[int]
	q.SetLag(8)
	for i := range 20 {
		q.Push(i)
	}
	q.Publish()
	for i := range 20 {
		q.Pop()
		require.LessOrEqual(t, q.Len()-(19-i), 8)
	}
	q.Peek()
	require.Zero(t, q.Len())
}

func TestSteadyUseDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	var pool Pool[[7]uint64]
	var q Queue[[7]uint64]
	q.SetPool(&pool)
	cycle := func() {
		for range 3 * blockSlots / 2 {
			q.Push([7]uint64{})
			q.Publish()
			q.Pop()
		}
	}
	cycle()
	require.Less(t, testing.AllocsPerRun(100, cycle), 0.5)
}

// TestStress joins a writer and a reader that run at once, with batches and lags of several sizes. Legal outcomes: the
// reader sees 0, 1, 2 … without a gap, a repetition or a torn value, and never one that was not published.
func TestStress(t *testing.T) {
	const total = 200_000
	var pool Pool[[2]int]
	for _, batch := range []int{1, 3, blockSlots, 500} {
		for _, lag := range []int{0, 1, 100} {
			var q Queue[[2]int]
			q.SetPool(&pool)
			q.SetLag(lag)
			var wg sync.WaitGroup
			wg.Go(func() {
				for i := range total {
					q.Push([2]int{i, -i})
					if i%batch == batch-1 || i == total-1 {
						q.Publish()
					}
					for q.Len() > 4*batch+2*lag {
						runtime.Gosched()
					}
				}
			})
			for want := 0; want < total; {
				v, ok := q.Pop()
				if !ok {
					runtime.Gosched()
					continue
				}
				if v != [2]int{want, -want} {
					t.Fatalf("batch %d lag %d: got %v, want %d", batch, lag, v, want)
				}
				want++
			}
			wg.Wait()
			require.True(t, q.Empty())
		}
	}
}

// FuzzModel compares the queue with a slice: a byte below 128 pushes that many, one below 192 publishes, any other
// pops that many.
func FuzzModel(f *testing.F) {
	f.Add([]byte{1, 128, 193, 70, 128, 255, 255})
	f.Add([]byte{64, 128, 255, 64, 128, 255, 255, 127, 127, 128, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var q Queue[int]
		q.SetLag(len(ops) % 5)
		var pushed, visible, popped int
		for _, op := range ops {
			switch {
			case op < 128:
				for range op {
					q.Push(pushed)
					pushed++
				}
			case op < 192:
				q.Publish()
				visible = pushed
			default:
				for range op - 192 {
					v, ok := q.Pop()
					require.Equal(t, popped < visible, ok)
					if ok {
						require.Equal(t, popped, v)
						popped++
					}
				}
			}
			require.Equal(t, popped == visible, q.Empty())
			require.GreaterOrEqual(t, q.Len(), pushed-popped)
			require.LessOrEqual(t, q.Len(), pushed-popped+len(ops)%5)
		}
	})
}

func BenchmarkQueue(b *testing.B) {
	for _, batch := range []int{1, 64, 1000} {
		b.Run(map[int]string{1: "batch1", 64: "batch64", 1000: "batch1000"}[batch], func(b *testing.B) {
			var pool Pool[[7]uint64]
			var q Queue[[7]uint64]
			q.SetPool(&pool)
			q.SetLag(32)
			b.ReportAllocs()
			done := make(chan struct{})
			n := b.N
			go func() {
				defer close(done)
				for got := 0; got < n; {
					if _, ok := q.Pop(); ok {
						got++
					} else {
						runtime.Gosched()
					}
				}
			}()
			for i := range n {
				q.Push([7]uint64{uint64(i)})
				if i%batch == batch-1 || i == n-1 {
					q.Publish()
					for q.Len() > 4000 {
						runtime.Gosched()
					}
				}
			}
			<-done
		})
	}
}
