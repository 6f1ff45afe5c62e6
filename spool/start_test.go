package spool

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestStartAsText(t *testing.T) {
	for text, start := range map[string]Start{
		"": {}, "oldest": FromOldest(), "newest": FromNewest(), "sequence 18446744073709551615": FromSequence(1<<64 - 1),
		"time 1700000000000000001": FromTime(time.Unix(1_700_000_000, 1)),
	} {
		require.Equal(t, text, start.String())
		parsed, err := ParseStart(text)
		require.NoError(t, err)
		require.Equal(t, start, parsed)
	}
	for _, text := range []string{"first", "sequence", "sequence x", "sequence -1", "time", "time 1.5", " oldest"} {
		_, err := ParseStart(text)
		require.ErrorIs(t, err, ringmq.ErrInvalidOption, text)
	}
}

func TestEntryForOneConsumer(t *testing.T) {
	s := inMemory(t, vfstest.New())
	a, b := consumer(t, s, "a", ConsumerOptions{}), consumer(t, s, "b", ConsumerOptions{})
	e := text("1")
	e.For = "b"
	_, err := s.Append(ctx(t), e)
	require.NoError(t, err)
	add(t, s, "2")
	for c, want := range map[*Consumer][]uint64{a: {2}, b: {1, 2}} {
		for _, n := range want {
			d, err := c.TryNext()
			require.NoError(t, err)
			require.Equal(t, n, d.Sequence)
			d.Message.Release()
		}
	}
	e.For = strings.Repeat("x", MaxName+1)
	_, err = s.Append(ctx(t), e)
	require.ErrorIs(t, err, ringmq.ErrTooLarge)
}
