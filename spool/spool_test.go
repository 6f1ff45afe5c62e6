package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestReceipts(t *testing.T) {
	for sync, want := range map[Sync]Durability{
		Memory: InMemory, Written: InKernel, GroupCommit: OnDisk, SyncEach: OnDisk,
	} {
		s := inMemory(t, vfstest.New(), WithSync(sync))
		before := time.Now()
		add(t, s, "1")
		r := add(t, s, "2")
		require.Equal(t, uint64(2), r.Sequence)
		require.Equal(t, s.Producer(), r.Producer)
		require.Equal(t, want, r.Reached)
		require.NotEmpty(t, r.Reached.String())
		require.WithinRange(t, r.Time, before, time.Now())
		if sync < GroupCommit {
			require.Equal(t, uint64(2), s.Stats().Unsynced)
		}
		require.NoError(t, s.Sync())
		require.Zero(t, s.Stats().Unsynced)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Option{
		"zero":      {},
		"sync":      WithSync(4),
		"segment":   WithSegmentSize(10),
		"max":       WithMaxBytes(5, Block),
		"full":      WithMaxBytes(1<<30, 7),
		"age":       WithRetention(Retention{Age: -1}),
		"unlimited": WithRetention(Retention{Unacknowledged: true}),
	} {
		_, err := Open(t.TempDir(), o)
		require.ErrorIs(t, err, ringmq.ErrInvalidOption, name)
	}
	_, err := Open(t.TempDir(), WithSegmentSize(1<<20), WithMaxBytes(1<<20, Block))
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
}

func TestOneOwner(t *testing.T) {
	d := filepath.Join(t.TempDir(), "a", "b")
	s, err := Open(d)
	require.NoError(t, err)
	_, err = Open(d)
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, os.Getpid(), locked.PID)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))
	add(t, s, "1")
	require.NoError(t, s.Sync())

	look, err := Open(d, WithReadOnly())
	require.NoError(t, err)
	require.Equal(t, uint64(1), look.Stats().Last)
	for r, err := range look.Records(FromOldest()) {
		require.NoError(t, err)
		require.Equal(t, "1", string(r.Message.Frame(0)))
	}
	_, err = look.Append(ctx(t), text("no"))
	require.ErrorIs(t, err, ErrReadOnly)
	_, err = look.Consumer("c", ConsumerOptions{})
	require.ErrorIs(t, err, ErrReadOnly)
	_, err = look.Dedup()
	require.ErrorIs(t, err, ErrReadOnly)
	dead, err := look.DeadLetters()
	require.NoError(t, err)
	require.Zero(t, dead.Len())
	require.ErrorIs(t, dead.Purge(1), ErrReadOnly)
	require.NoError(t, look.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Close(), ErrClosed)
	s, err = Open(d)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = Open(filepath.Join(d, "none"), WithReadOnly())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAppendRefuses(t *testing.T) {
	s := inMemory(t, vfstest.New())
	_, err := s.Append(ctx(t), Entry{})
	require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
	_, err = s.AppendBatch(ctx(t), []Entry{text("x"), {}})
	require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
	_, err = s.Append(ctx(t), Entry{Message: ringmq.NewString("x"), Key: make([]byte, MaxKey+1)})
	require.ErrorIs(t, err, ringmq.ErrTooLarge)
	require.Zero(t, s.Stats().Last)
	gone, cancel := context.WithCancel(ctx(t))
	cancel()
	_, err = s.Append(gone, text("x"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestFull(t *testing.T) {
	long := func() Entry { return Entry{Message: ringmq.NewMessage(make([]byte, 900))} }
	fill := func(t *testing.T, s *Spool) {
		for range 16 {
			_, err := s.Append(ctx(t), long())
			require.NoError(t, err)
		}
	}
	t.Run("reject", func(t *testing.T) {
		s := inMemory(t, vfstest.New(), WithMaxBytes(16<<10, Reject))
		fill(t, s)
		_, err := s.Append(ctx(t), long())
		require.ErrorIs(t, err, ErrFull)
		require.Equal(t, uint64(16), s.Stats().Last)
	})
	t.Run("drop", func(t *testing.T) {
		s := inMemory(t, vfstest.New(), WithMaxBytes(16<<10, DropOldest))
		c := consumer(t, s, "c", ConsumerOptions{})
		fill(t, s)
		_, err := s.Append(ctx(t), long())
		require.NoError(t, err)
		require.Equal(t, uint64(17), s.Stats().Last)
		first := s.Stats().First
		require.Greater(t, first, uint64(1))
		require.Equal(t, first-1, s.Stats().Dropped)
		d, err := c.TryNext()
		require.NoError(t, err)
		require.Equal(t, first, d.Sequence)
		info, err := c.Info()
		require.NoError(t, err)
		require.Equal(t, first-1, info.Missed)
		require.Equal(t, first-1, info.Floor)
	})
	t.Run("block", func(t *testing.T) {
		s := inMemory(t, vfstest.New(), WithMaxBytes(16<<10, Block))
		c := consumer(t, s, "c", ConsumerOptions{})
		fill(t, s)
		waiting, cancel := context.WithCancel(ctx(t))
		done := make(chan error)
		go func() {
			_, err := s.Append(waiting, long())
			done <- err
		}()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		go func() {
			_, err := s.Append(ctx(t), long())
			done <- err
		}()
		ack(t, c, 1, 16)
		require.NoError(t, <-done)
		require.Equal(t, uint64(17), s.Stats().Last)
		require.Zero(t, s.Stats().Dropped)
		for {
			if _, err := s.Append(waiting, long()); err != nil {
				require.ErrorIs(t, err, context.Canceled)
				break
			}
		}
	})
}

// settle lets the keeper work until it has nothing to do, in a synctest bubble.
func settle() {
	<-time.After(time.Second)
	synctest.Wait()
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func(r Retention) *Spool { return inMemory(t, vfstest.New(), WithRetention(r)) }
		t.Log("acknowledged by the slowest")
		s := open(Retention{})
		a, b := consumer(t, s, "a", ConsumerOptions{}), consumer(t, s, "b", ConsumerOptions{})
		addN(t, s, 500)
		ack(t, a, 1, 500)
		settle()
		require.Equal(t, uint64(1), s.Stats().First)
		ack(t, b, 1, 300)
		settle()
		require.Greater(t, s.Stats().First, uint64(200))
		require.LessOrEqual(t, s.Stats().First, uint64(301))
		require.NoError(t, b.Close())
		settle()
		require.LessOrEqual(t, s.Stats().First, uint64(301))
		require.NoError(t, s.RemoveConsumer("b"))
		settle()
		require.Greater(t, s.Stats().First, uint64(400))
		require.Zero(t, s.Stats().Dropped)
		require.NoError(t, s.Close())

		t.Log("kept for replay by age")
		s = open(Retention{Age: time.Hour})
		c := consumer(t, s, "c", ConsumerOptions{})
		addN(t, s, 500)
		ack(t, c, 1, 400)
		time.Sleep(50 * time.Minute)
		require.Equal(t, uint64(1), s.Stats().First)
		time.Sleep(20 * time.Minute)
		require.Greater(t, s.Stats().First, uint64(300))
		require.LessOrEqual(t, s.Stats().First, uint64(401))
		require.NoError(t, s.Close())

		t.Log("kept for replay by size")
		s = open(Retention{Bytes: 20 << 10})
		c = consumer(t, s, "c", ConsumerOptions{})
		addN(t, s, 1000)
		settle()
		require.Equal(t, uint64(1), s.Stats().First)
		ack(t, c, 1, 1000)
		settle()
		require.InDelta(t, 18<<10, s.Stats().Bytes, 2<<10)
		require.NoError(t, s.Close())

		t.Log("unacknowledged")
		s = open(Retention{Age: time.Hour, Unacknowledged: true})
		c = consumer(t, s, "c", ConsumerOptions{})
		addN(t, s, 500)
		ack(t, c, 1, 5)
		time.Sleep(2 * time.Hour)
		require.Greater(t, s.Stats().First, uint64(400))
		require.Equal(t, s.Stats().First-6, s.Stats().Dropped)
		require.NoError(t, s.Close())
	})
}

func TestReaders(t *testing.T) {
	s := inMemory(t, vfstest.New(), WithSync(Memory))
	addN(t, s, 300)
	r := s.Reader(FromSequence(299))
	defer r.Close()
	live := s.Reader(FromNewest())
	defer live.Close()
	for _, want := range []uint64{299, 300} {
		rec, err := r.Next(ctx(t))
		require.NoError(t, err)
		require.Equal(t, want, rec.Sequence)
	}
	_, err := r.TryNext()
	require.ErrorIs(t, err, ErrEnd)
	got := make(chan Record)
	go func() {
		rec, err := live.Next(ctx(t))
		if err != nil {
			t.Error(err)
		}
		got <- rec
	}()
	add(t, s, "new")
	require.Equal(t, "new", string((<-got).Message.Frame(0)))
	rec, err := r.Next(ctx(t))
	require.NoError(t, err)
	require.Equal(t, uint64(301), rec.Sequence)
	n := 0
	for _, err := range s.Records(FromOldest()) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 301, n)
	ended := make(chan error)
	go func() {
		_, err := r.Next(ctx(t))
		ended <- err
	}()
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-ended, ErrClosed)
}

// TestSequencesOfLostMessagesAreNotReused loses messages that a consumer has seen, at a policy that allows that.
func TestSequencesOfLostMessagesAreNotReused(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys, WithSync(Written))
	c := consumer(t, s, "c", ConsumerOptions{})
	add(t, s, "1")
	require.NoError(t, s.Sync())
	add(t, s, "2", "3")
	for _, want := range []string{"1", "2", "3"} {
		next(t, c, want)
	}
	ack(t, c, 1, 2)
	require.NoError(t, s.ledger.Commit())
	require.NoError(t, errors.Join(s.ledger.Flush()))
	state := fsys.Kill() // the state got to the disk, and the messages did not
	after := fsys.Crash(nil)
	for _, path := range state.Paths() {
		if filepath.Base(filepath.Dir(path)) == stateDir {
			b, _ := state.Bytes(path)
			after.Put(path, b)
		}
	}
	producer := s.Producer()
	require.NoError(t, s.Close())

	s = inMemory(t, after, WithSync(Written))
	require.Equal(t, &Range{2, 3}, s.Recovery().Missing)
	require.NotEqual(t, producer, s.Producer())
	require.Equal(t, uint64(4), add(t, s, "4").Sequence)
	c = consumer(t, s, "c", ConsumerOptions{})
	next(t, c, "4")
	ack(t, c, 4, 4)
	info, err := c.Info()
	require.NoError(t, err)
	require.Equal(t, uint64(4), info.Floor)
}

func TestSegments(t *testing.T) {
	s := inMemory(t, vfstest.New())
	addN(t, s, 200)
	all := s.Segments()
	require.Greater(t, len(all), 3)
	require.Equal(t, len(all), s.Stats().Segments)
	var messages uint64
	for i, seg := range all {
		require.Equal(t, messages+1, seg.First)
		messages += seg.Messages
		require.Equal(t, messages, seg.Last)
		require.Equal(t, i < len(all)-1, seg.Sealed)
		require.False(t, seg.To.Before(seg.From))
	}
	require.Equal(t, uint64(200), messages)
}
