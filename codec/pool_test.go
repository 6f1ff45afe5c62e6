package codec

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
)

// Whatever topics a peer sends, the decoder remembers so many and no long ones.
func TestTopicsAreBounded(t *testing.T) {
	d := newDecoder()
	for i := range 3 * maxTopics {
		topic := strconv.Itoa(i)
		require.Equal(t, topic, d.topic([]byte(topic)))
		require.LessOrEqual(t, len(d.topics), maxTopics)
	}
	require.NotEmpty(t, d.topics)
	long := make([]byte, maxKeptTopic+1)
	require.Equal(t, string(long), d.topic(long))
	require.NotContains(t, d.topics, string(long))
}

func TestLargeBuffersAreNotPooled(t *testing.T) {
	e := newEncoder()
	require.NoError(t, e.encode("t", make([]byte, maxPooled/2)))
	require.True(t, e.poolable())
	require.NoError(t, e.encode("t", make([]byte, 2*maxPooled)))
	require.False(t, e.poolable())
}

type sink struct{}

func (sink) SendBytes(context.Context, ...[]byte) error { return nil }

// One collection leaves what a pool has in place, so the value goes only if the pool does not hold it.
func TestSenderForgetsTheValue(t *testing.T) {
	s := NewSender[*[64]int](sink{})
	v := new([64]int)
	w := weak.Make(v)
	require.NoError(t, s.Send(t.Context(), "t", v))
	runtime.KeepAlive(v)
	v = nil
	runtime.GC()
	require.Nil(t, w.Value())
	runtime.KeepAlive(s)
}
