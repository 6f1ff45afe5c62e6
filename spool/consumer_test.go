package spool

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestDeliverAndAcknowledge(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys)
	c := consumer(t, s, "c", ConsumerOptions{})
	add(t, s, "1", "2", "3")
	for i, want := range []string{"1", "2", "3"} {
		d := next(t, c, want)
		require.Equal(t, uint64(i+1), d.Sequence)
		require.Equal(t, 1, d.Deliveries)
		require.Equal(t, s.Producer(), d.Producer)
	}
	nothing(t, c)
	ack(t, c, 2, 2)
	info, err := c.Info()
	require.NoError(t, err)
	require.Equal(t, ConsumerInfo{Name: "c", Above: []Range{{2, 2}}, Pending: 2, Open: true, InFlight: 2}, info)
	require.ErrorIs(t, c.Ack(Range{1, 4}), ErrNoSuchMessage)
	require.NoError(t, s.Commit())

	_, s = crash(t, fsys, s)
	c = consumer(t, s, "c", ConsumerOptions{})
	require.Equal(t, 2, next(t, c, "1").Deliveries)
	require.Equal(t, 2, next(t, c, "3").Deliveries)
	nothing(t, c)
	ack(t, c, 1, 3)
	add(t, s, "4")
	require.Equal(t, 1, next(t, c, "4").Deliveries)
}

func TestGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vfstest.New())
		defer s.Close()
		c := consumer(t, s, "c", ConsumerOptions{})
		add(t, s, "1", "2", "3")
		for _, want := range []string{"1", "2", "3"} {
			next(t, c, want)
		}
		require.NoError(t, c.Nack(2, time.Minute))
		require.ErrorIs(t, c.Nack(2, 0), ErrNotInFlight)
		require.NoError(t, c.Nack(3, 0))
		require.NoError(t, c.Return(1))
		require.Equal(t, 1, next(t, c, "1").Deliveries)
		require.Equal(t, 2, next(t, c, "3").Deliveries)
		nothing(t, c)
		due, ok := c.Due()
		require.True(t, ok)
		require.Equal(t, time.Now().Add(time.Minute), due)

		start := time.Now()
		d, err := c.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(2), d.Sequence)
		require.Equal(t, 2, d.Deliveries)
		require.Equal(t, time.Minute, time.Since(start))
		_, ok = c.Due()
		require.False(t, ok)

		require.NoError(t, c.Nack(2, time.Minute))
		ack(t, c, 1, 3) // late, after it was given back
		time.Sleep(time.Hour)
		nothing(t, c)
	})
}

func TestDeliverAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := vfstest.New()
		s := inMemory(t, fsys)
		c := consumer(t, s, "c", ConsumerOptions{})
		late := text("late")
		late.DeliverAt = time.Now().Add(time.Hour)
		receipt, err := s.Append(t.Context(), late)
		require.NoError(t, err)
		require.False(t, c.Claim(receipt))
		add(t, s, "at once")
		next(t, c, "at once")
		nothing(t, c)
		ack(t, c, 2, 2)
		require.NoError(t, s.Close())

		s = inMemory(t, fsys)
		defer s.Close()
		c = consumer(t, s, "c", ConsumerOptions{})
		nothing(t, c)
		d, err := c.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, "late", string(d.Message.Frame(0)))
		require.Equal(t, 1, d.Deliveries)
		require.WithinDuration(t, late.DeliverAt, time.Now(), 0)
		require.WithinDuration(t, late.DeliverAt, d.DeliverAt, 0)
	})
}

func TestClaim(t *testing.T) {
	s := inMemory(t, vfstest.New())
	c := consumer(t, s, "c", ConsumerOptions{})
	require.True(t, c.Claim(add(t, s, "1")))
	two := add(t, s, "2")
	three := add(t, s, "3")
	require.False(t, c.Claim(three), "2 is before it")
	require.True(t, c.Claim(two))
	require.False(t, c.Claim(two))
	require.NoError(t, c.Nack(1, 0))
	require.False(t, c.Claim(three), "1 is before it")
	require.Equal(t, 2, next(t, c, "1").Deliveries)
	next(t, c, "3")
	for range 2000 { // far enough for the reader to be left behind
		require.True(t, c.Claim(add(t, s, "x")))
	}
	last := add(t, s, "last")
	next(t, c, "last")
	ack(t, c, 1, last.Sequence)
	info, err := c.Info()
	require.NoError(t, err)
	require.Equal(t, ConsumerInfo{Name: "c", Floor: last.Sequence, Open: true}, info)
}

func TestStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vfstest.New())
		defer s.Close()
		add(t, s, "1", "2")
		time.Sleep(time.Minute)
		noon := time.Now()
		add(t, s, "3", "4")
		time.Sleep(time.Minute)
		for name, start := range map[string]struct {
			from Start
			want []string
		}{
			"oldest":     {FromOldest(), []string{"1", "2", "3", "4", "5"}},
			"newest":     {FromNewest(), []string{"5"}},
			"sequence 2": {FromSequence(2), []string{"2", "3", "4", "5"}},
			"sequence 9": {FromSequence(9), []string{"5"}},
			"noon":       {FromTime(noon), []string{"3", "4", "5"}},
			"now":        {FromTime(time.Now()), []string{"5"}},
		} {
			c := consumer(t, s, name, ConsumerOptions{Start: start.from})
			defer func() {
				for _, want := range start.want {
					next(t, c, want)
				}
				nothing(t, c)
			}()
		}
		add(t, s, "5")
	})
}

func TestConsumersAreRefused(t *testing.T) {
	s := inMemory(t, vfstest.New())
	_, err := s.Consumer("", ConsumerOptions{})
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	_, err = s.Consumer("c", ConsumerOptions{MaxDeliveries: -1})
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	c := consumer(t, s, "c", ConsumerOptions{})
	_, err = s.Consumer("c", ConsumerOptions{})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorIs(t, s.RemoveConsumer("c"), ErrInUse)
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Close(), ErrClosed)
	require.ErrorIs(t, c.Ack(Range{}), ErrClosed)
	require.ErrorIs(t, c.Nack(1, 0), ErrClosed)
	_, err = c.TryNext()
	require.ErrorIs(t, err, ErrClosed)
	require.False(t, c.Claim(add(t, s, "1")))
	require.NoError(t, s.RemoveConsumer("c"))
	require.ErrorIs(t, s.RemoveConsumer("c"), ringmq.ErrNotFound)
	require.Empty(t, s.Consumers())
}

func TestNextWaits(t *testing.T) {
	s := inMemory(t, vfstest.New())
	c := consumer(t, s, "c", ConsumerOptions{})
	short, cancel := context.WithCancel(ctx(t))
	cancel()
	_, err := c.Next(short)
	require.ErrorIs(t, err, context.Canceled)

	got := make(chan string)
	failed := make(chan error, 3)
	for range 3 {
		go func() {
			for {
				d, err := c.Next(ctx(t))
				if err != nil {
					failed <- err
					return
				}
				got <- string(d.Message.Frame(0))
			}
		}()
	}
	for range 3 {
		add(t, s, "x", "y", "z")
		require.ElementsMatch(t, []string{"x", "y", "z"}, []string{<-got, <-got, <-got})
	}
	require.NoError(t, c.Nack(1, 0))
	require.Equal(t, "x", <-got)
	require.NoError(t, s.Close())
	for range 3 {
		require.ErrorIs(t, <-failed, ErrClosed)
	}
}

// TestManyReceivers has receivers take, refuse and acknowledge at random, while senders append and claim.
func TestManyReceivers(t *testing.T) {
	const messages = 2000
	s := inMemory(t, vfstest.New(), WithSync(Written))
	c := consumer(t, s, "c", ConsumerOptions{})
	var mu sync.Mutex
	done := map[uint64]int{}
	ended, end := context.WithCancel(ctx(t))
	handle := func(sequence uint64, deliveries int) {
		switch {
		case sequence%7 == 3 && deliveries == 1:
			if err := c.Nack(sequence, time.Duration(sequence%5)*time.Millisecond); err != nil {
				t.Error(err)
			}
			return
		case sequence%11 == 5 && deliveries == 1:
			if err := c.Nack(sequence, 0); err != nil {
				t.Error(err)
			}
			return
		}
		if err := c.Ack(Range{sequence, sequence}); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		done[sequence]++
		if len(done) == messages {
			end()
		}
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range messages / 2 {
				r, err := s.Append(context.Background(), text("x"))
				if err != nil {
					t.Error(err)
				} else if c.Claim(r) {
					handle(r.Sequence, 1)
				}
			}
		})
	}
	for range 4 {
		wg.Go(func() {
			for {
				d, err := c.Next(ended)
				if err != nil {
					return
				}
				d.Message.Release()
				handle(d.Sequence, d.Deliveries)
			}
		})
	}
	wg.Wait()
	require.Len(t, done, messages)
	for sequence, n := range done {
		require.Equal(t, 1, n, sequence)
	}
	info, err := c.Info()
	require.NoError(t, err)
	require.Equal(t, ConsumerInfo{Name: "c", Floor: messages, Open: true}, info)
}
