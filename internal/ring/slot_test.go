package ring

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlotIsTheSameUntilCommit(t *testing.T) {
	var q Queue[int]
	for i := range 3*blockSlots + 1 {
		slot := q.Slot()
		require.Zero(t, *slot, "a free slot is empty")
		*slot = -1
		require.Same(t, slot, q.Slot())
		require.Equal(t, i, q.Len(), "it does not count before Commit")
		require.Equal(t, i, q.Unpublished())
		*slot = i
		q.Commit()
	}
	q.Publish()
	for i := range 3*blockSlots + 1 {
		v, ok := q.Pop()
		require.True(t, ok)
		require.Equal(t, i, v)
	}
}

// TestSlotIsNotSeenBeforeCommit: a slot that is filled at a block's end, where the block that it is in is linked already,
// is neither received nor counted.
func TestSlotIsNotSeenBeforeCommit(t *testing.T) {
	for _, before := range []int{0, 1, blockSlots - 1, blockSlots, 2 * blockSlots} {
		var pool Pool[int]
		var q Queue[int]
		q.SetPool(&pool)
		for i := range before {
			q.Push(i)
		}
		*q.Slot() = before
		q.Publish()
		for i := range before {
			v, ok := q.Pop()
			require.True(t, ok)
			require.Equal(t, i, v)
		}
		require.Nil(t, q.Peek())
		require.True(t, q.Empty())
		q.Commit()
		q.Publish()
		require.Equal(t, before, *q.Peek())
	}
}

// TestSlotStress is TestStress by Slot and Commit, with slots that are filled, given up and filled again. Legal
// outcomes: the reader sees 0, 1, 2 … and never a value that was given up.
func TestSlotStress(t *testing.T) {
	const total = 200_000
	var pool Pool[[2]int]
	var q Queue[[2]int]
	q.SetPool(&pool)
	q.SetLag(20)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range total {
			slot := q.Slot()
			if i%3 == 0 {
				*slot = [2]int{-1, -1}
				q.Publish()
				*slot = [2]int{}
				slot = q.Slot()
			}
			*slot = [2]int{i, -i}
			q.Commit()
			if i%7 == 0 || i == total-1 {
				q.Publish()
			}
			for q.Len() > 500 {
				q.Publish()
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
			t.Fatalf("got %v, want %d", v, want)
		}
		want++
	}
	wg.Wait()
	require.True(t, q.Empty())
}
