package spool

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestDedup(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys)
	d, err := s.Dedup()
	require.NoError(t, err)
	require.Equal(t, New, d.Begin(7, 1))
	require.Equal(t, UnderWay, d.Begin(7, 1))
	require.Equal(t, New, d.Begin(8, 1))
	d.Done(7, 1)
	require.Equal(t, Duplicate, d.Begin(7, 1))
	d.Abandon(8, 1)
	require.Equal(t, New, d.Begin(8, 1))
	require.Equal(t, New, d.Begin(7, 1000))
	d.Done(7, 1000)
	require.NoError(t, s.Commit())
	require.Equal(t, New, d.Begin(7, 1001))
	d.Done(7, 1001) // not committed

	_, s = crash(t, fsys, s)
	d, err = s.Dedup()
	require.NoError(t, err)
	require.Equal(t, Duplicate, d.Begin(7, 1))
	require.Equal(t, Duplicate, d.Begin(7, 1000))
	require.Equal(t, New, d.Begin(7, 999))
	require.Equal(t, New, d.Begin(7, 1001))
	require.Equal(t, New, d.Begin(8, 1))
}

func TestDedupForgets(t *testing.T) {
	s := inMemory(t, vfstest.New())
	d, err := s.Dedup()
	require.NoError(t, err)
	done := func(sequence uint64) {
		require.Equal(t, New, d.Begin(1, sequence))
		d.Done(1, sequence)
	}
	done(5)
	done(DedupWindow)
	require.Equal(t, Duplicate, d.Begin(1, 5))
	done(3 * DedupWindow)
	require.Equal(t, New, d.Begin(1, 5))
	require.Equal(t, Duplicate, d.Begin(1, 3*DedupWindow))

	for id := range uint64(MaxProducers) {
		require.Equal(t, New, d.Begin(100+id, 1))
		d.Done(100+id, 1)
	}
	require.Equal(t, Duplicate, d.Begin(1, 3*DedupWindow), "it is busy with 5")
	d.Abandon(1, 5)
	require.Equal(t, New, d.Begin(100, 1), "it was silent for longest")
}
