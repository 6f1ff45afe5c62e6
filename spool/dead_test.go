package spool

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// deadTexts lists the dead letters' first frames.
func deadTexts(t *testing.T, d *DeadLetters) (all []string) {
	t.Helper()
	for letter, err := range d.All() {
		require.NoError(t, err)
		all = append(all, string(letter.Message.Frame(0)))
	}
	require.Len(t, all, d.Len())
	return all
}

func TestDeadLetters(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys)
	c := consumer(t, s, "c", ConsumerOptions{MaxDeliveries: 2})
	consumer(t, s, "other", ConsumerOptions{})
	_, err := s.Append(ctx(t), Entry{Message: ringmq.NewString("poison", "second"), Key: []byte("k")})
	require.NoError(t, err)
	add(t, s, "bad", "good")
	next(t, c, "poison")
	require.NoError(t, c.Nack(1, 0))
	require.Equal(t, 2, next(t, c, "poison").Deliveries)
	require.NoError(t, c.Nack(1, 0))
	next(t, c, "bad")
	require.NoError(t, c.Reject(2, "cannot be read"))
	require.ErrorIs(t, c.Reject(2, "again"), ErrNotInFlight)
	next(t, c, "good")
	nothing(t, c)

	d, err := s.DeadLetters()
	require.NoError(t, err)
	require.Equal(t, []string{"poison", "bad"}, deadTexts(t, d))
	letter, err := d.Get(1)
	require.NoError(t, err)
	require.Equal(t, "k", string(letter.Key))
	require.Equal(t, 2, letter.Message.Len())
	require.Equal(t, "second", string(letter.Message.Frame(1)))
	require.Equal(t, []any{"c", "not acknowledged after 2 deliveries", 2, uint64(1)},
		[]any{letter.Consumer, letter.Reason, letter.Deliveries, letter.Was})
	letter, err = d.Get(2)
	require.NoError(t, err)
	require.Equal(t, []any{"c", "cannot be read", 1, uint64(2)},
		[]any{letter.Consumer, letter.Reason, letter.Deliveries, letter.Was})
	_, err = d.Get(3)
	require.ErrorIs(t, err, ErrNoSuchMessage)

	// What was given up is neither lost by a crash nor delivered again.
	require.NoError(t, s.Commit())
	_, s = crash(t, fsys, s)
	c = consumer(t, s, "c", ConsumerOptions{})
	other := consumer(t, s, "other", ConsumerOptions{})
	require.Equal(t, uint64(3), next(t, c, "good").Sequence)
	d, err = s.DeadLetters()
	require.NoError(t, err)
	require.Equal(t, []string{"poison", "bad"}, deadTexts(t, d))

	receipt, err := d.Requeue(ctx(t), 1)
	require.NoError(t, err)
	require.Equal(t, uint64(4), receipt.Sequence)
	again := next(t, c, "poison")
	require.Equal(t, 1, again.Deliveries)
	require.Equal(t, "k", string(again.Key))
	require.Equal(t, []string{"bad"}, deadTexts(t, d))
	_, err = d.Requeue(ctx(t), 1)
	require.ErrorIs(t, err, ErrNoSuchMessage)
	for _, want := range []string{"poison", "bad", "good"} {
		next(t, other, want)
	}
	nothing(t, other) // it had not given the message up
	ack(t, other, 1, 3)
	require.Equal(t, uint64(4), s.Consumers()[1].Floor)

	require.NoError(t, d.Purge(2, 99))
	require.Empty(t, deadTexts(t, d))
}

func TestPurgeAll(t *testing.T) {
	s := inMemory(t, vfstest.New())
	c := consumer(t, s, "c", ConsumerOptions{})
	add(t, s, "1", "2", "3")
	for _, want := range []string{"1", "2", "3"} {
		require.NoError(t, c.Reject(next(t, c, want).Sequence, "no"))
	}
	d, err := s.DeadLetters()
	require.NoError(t, err)
	require.NoError(t, d.Purge(2))
	n, err := d.PurgeAll()
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Empty(t, deadTexts(t, d))
}
