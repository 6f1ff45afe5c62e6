package codec_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
)

// everything has a field of each kind that decodes differently.
type everything struct {
	Name    string             `msgpack:"name"`
	Count   int64              `msgpack:"count"`
	Flags   uint16             `msgpack:"flags"`
	Ratio   float64            `msgpack:"ratio"`
	On      bool               `msgpack:"on"`
	Blob    []byte             `msgpack:"blob"`
	Raw     msgpack.RawMessage `msgpack:"raw"`
	At      time.Time          `msgpack:"at"`
	Wait    time.Duration      `msgpack:"wait"`
	Tags    []string           `msgpack:"tags"`
	Levels  []level            `msgpack:"levels"`
	Attrs   map[string]string  `msgpack:"attrs"`
	Extra   map[string]any     `msgpack:"extra"`
	ByPrice map[int64]level    `msgpack:"by_price"`
	Any     any                `msgpack:"any"`
	Keyed   map[any]any        `msgpack:"keyed"`
	Next    *everything        `msgpack:"next"`
	Hash    [4]byte            `msgpack:"hash"`
}

type level struct {
	Price int64 `msgpack:"p"`
	Size  int32 `msgpack:"s"`
}

func full() everything {
	return everything{
		Name: "AAPL", Count: -7, Flags: 9, Ratio: 0.5, On: true,
		Blob: []byte("blob"), Raw: msgpack.RawMessage{0x93, 1, 2, 3},
		At: time.Unix(1340285400, 4241176), Wait: time.Second,
		Tags: []string{"a", "b"}, Levels: []level{{1, 2}, {3, 4}},
		Attrs: map[string]string{"k": "v"}, Extra: map[string]any{"n": int8(1)},
		ByPrice: map[int64]level{5: {5, 6}}, Any: "any", Keyed: map[any]any{"x": int8(2)},
		Next: &everything{Name: "next", At: time.Unix(1, 0)}, Hash: [4]byte{1, 2, 3, 4},
	}
}

// received is m as a socket gives it: in a chunk that turns to rubbish as soon as it is released.
func received(frames ...[]byte) ringmq.Message {
	var buf []byte
	for _, f := range frames {
		buf = append(buf, f...)
	}
	scribble := func(c *ringmq.Chunk) {
		for i := range c.Buf {
			c.Buf[i] = 0xdd
		}
	}
	chunk := ringmq.NewChunk(buf, nil, scribble)
	chunk.Seal(1)
	var in [][]byte
	for _, f := range frames {
		in = append(in, buf[:len(f):len(f)])
		buf = buf[len(f):]
	}
	if len(in) == 0 {
		return ringmq.Message{}
	}
	return ringmq.Assemble(chunk, in[0], in[1:])
}

// loop hands each sent message to Recv, in a chunk of its own.
type loop struct {
	queue chan ringmq.Message
	err   error // what SendBytes returns, if not nil
}

func newLoop() *loop { return &loop{queue: make(chan ringmq.Message, 1024)} }

func (l *loop) SendBytes(_ context.Context, frames ...[]byte) error {
	if l.err != nil {
		return l.err
	}
	l.queue <- received(frames...)
	return nil
}

func (l *loop) Recv(ctx context.Context) (ringmq.Message, error) {
	select {
	case m, ok := <-l.queue:
		if !ok {
			return ringmq.Message{}, ringmq.ErrClosed
		}
		return m, nil
	case <-ctx.Done():
		return ringmq.Message{}, ctx.Err()
	}
}

func TestMarshalUnmarshal(t *testing.T) {
	for _, topic := range []string{"AAPL", "", "a\x00b", strings.Repeat("t", 300)} {
		want := full()
		m, err := codec.Marshal(topic, &want)
		require.NoError(t, err)
		require.Equal(t, 2, m.Len())
		require.Equal(t, topic, string(m.Frame(0)))

		var got everything
		back, err := codec.Unmarshal(m, &got)
		require.NoError(t, err)
		require.Equal(t, topic, back)
		require.True(t, want.At.Equal(got.At))
		got.At, got.Next.At = want.At, want.Next.At
		require.Equal(t, want, got)
	}
}

func TestMarshalIsPlainMsgpack(t *testing.T) {
	m, err := codec.Marshal("t", level{Price: 1, Size: 2})
	require.NoError(t, err)
	want, err := msgpack.Marshal(level{Price: 1, Size: 2})
	require.NoError(t, err)
	require.Equal(t, want, m.Frame(1))
}

func TestMarshalScalarsAndNil(t *testing.T) {
	m, err := codec.Marshal("t", nil)
	require.NoError(t, err)
	for _, v := range []any{new(any), new(*int), new([]int), new(map[string]int)} {
		_, err = codec.Unmarshal(m, v)
		require.NoError(t, err)
	}
	for _, v := range []any{new(int), new(string), new(level), new(time.Time)} {
		_, err = codec.Unmarshal(m, v)
		require.ErrorIs(t, err, codec.ErrMalformed)
	}

	m, err = codec.Marshal("t", "text")
	require.NoError(t, err)
	var v any
	_, err = codec.Unmarshal(m, &v)
	require.NoError(t, err)
	require.Equal(t, "text", v)
}

func TestMarshalReportsUnsupportedType(t *testing.T) {
	_, err := codec.Marshal("t", make(chan int))
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "encode", e.Op)
	require.Equal(t, "chan int", e.Type)
	require.NotErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, `codec: encode "t" as chan int: `)
}

func TestUnmarshalNeedsPointer(t *testing.T) {
	m, err := codec.Marshal("t", 1)
	require.NoError(t, err)
	for _, v := range []any{nil, 1, (*int)(nil)} {
		_, err = codec.Unmarshal(m, v)
		var e *codec.Error
		require.ErrorAs(t, err, &e)
		require.NotErrorIs(t, err, codec.ErrMalformed)
	}
}

func TestDecodedValueSharesNothing(t *testing.T) {
	l := newLoop()
	want := full()
	require.NoError(t, codec.NewSender[everything](l).Send(t.Context(), "AAPL", want))
	topic, got, err := codec.NewReceiver[everything](l).Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AAPL", topic)
	require.Equal(t, want.Blob, got.Blob)
	require.Equal(t, want.Raw, got.Raw)
	require.Equal(t, want.Tags, got.Tags)
	require.Equal(t, want.Attrs, got.Attrs)
	require.Equal(t, want.Name, got.Name)
	require.Equal(t, want.Any, got.Any)
}

func TestReceiverReleases(t *testing.T) {
	body, err := msgpack.Marshal(level{1, 2})
	require.NoError(t, err)
	for name, b := range map[string][]byte{"good": body, "malformed": body[:3]} {
		t.Run(name, func(t *testing.T) {
			l := newLoop()
			released := false
			c := ringmq.NewChunk(b, nil, func(*ringmq.Chunk) { released = true })
			c.Seal(1)
			l.queue <- ringmq.Assemble(c, []byte("t"), [][]byte{b})
			_, _, _ = codec.NewReceiver[level](l).Recv(t.Context())
			require.True(t, released)
		})
	}
}

func TestSenderPassesSocketErrors(t *testing.T) {
	l := &loop{err: ringmq.ErrClosed}
	err := codec.NewSender[level](l).Send(t.Context(), "t", level{})
	require.Equal(t, ringmq.ErrClosed, err)
}

func TestSenderReportsUnsupportedType(t *testing.T) {
	l := newLoop()
	err := codec.NewSender[chan int](l).Send(t.Context(), "t", make(chan int))
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "chan int", e.Type)
	require.Empty(t, l.queue)
}

func TestSenderForgetsFailedEncoding(t *testing.T) {
	l := newLoop()
	s := codec.NewSender[any](l)
	require.Error(t, s.Send(t.Context(), "bad", []any{"half", make(chan int)}))
	require.NoError(t, s.Send(t.Context(), "good", "whole"))
	topic, v, err := codec.NewReceiver[any](l).Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, "good", topic)
	require.Equal(t, "whole", v)
}

func TestLargeValues(t *testing.T) {
	l := newLoop()
	s, r := codec.NewSender[[]byte](l), codec.NewReceiver[[]byte](l)
	for _, n := range []int{0, 1, 255, 256, 65535, 65536, 1 << 20} {
		want := bytes.Repeat([]byte{7}, n)
		require.NoError(t, s.Send(t.Context(), "t", want))
		_, got, err := r.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestRecvIntoKeepsAbsentFields(t *testing.T) {
	l := newLoop()
	require.NoError(t, codec.NewSender[map[string]int](l).Send(t.Context(), "t", map[string]int{"p": 9}))
	v := level{Price: 1, Size: 2}
	topic, err := codec.NewReceiver[level](l).RecvInto(t.Context(), &v)
	require.NoError(t, err)
	require.Equal(t, "t", topic)
	require.Equal(t, level{Price: 9, Size: 2}, v)
}

func TestRecvStartsFromZero(t *testing.T) {
	l := newLoop()
	r := codec.NewReceiver[level](l)
	require.NoError(t, codec.NewSender[level](l).Send(t.Context(), "t", level{1, 2}))
	require.NoError(t, codec.NewSender[map[string]int](l).Send(t.Context(), "t", map[string]int{"p": 9}))
	_, _, err := r.Recv(t.Context())
	require.NoError(t, err)
	_, v, err := r.Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, level{Price: 9}, v)
}

func TestRecvContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := codec.NewReceiver[level](newLoop()).Recv(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = codec.NewReceiver[level](newLoop()).RecvInto(ctx, new(level))
	require.ErrorIs(t, err, context.Canceled)
}

func TestAll(t *testing.T) {
	l := newLoop()
	s := codec.NewSender[level](l)
	require.NoError(t, s.Send(t.Context(), "a", level{1, 1}))
	require.NoError(t, l.SendBytes(t.Context(), []byte("b"), []byte("nonsense")))
	require.NoError(t, s.Send(t.Context(), "c", level{3, 3}))
	close(l.queue)

	var topics []string
	var errs []error
	for it, err := range codec.NewReceiver[level](l).All(t.Context()) {
		topics = append(topics, it.Topic)
		errs = append(errs, err)
	}
	require.Equal(t, []string{"a", "b", "c", ""}, topics)
	require.NoError(t, errors.Join(errs[0], errs[2]))
	require.ErrorIs(t, errs[1], codec.ErrMalformed)
	require.ErrorIs(t, errs[3], ringmq.ErrClosed)
}

func TestAllStopsWithTheLoop(t *testing.T) {
	l := newLoop()
	for range 3 {
		require.NoError(t, codec.NewSender[level](l).Send(t.Context(), "t", level{}))
	}
	for range codec.NewReceiver[level](l).All(t.Context()) {
		break
	}
	require.Len(t, l.queue, 2)
}

func TestConcurrentUse(t *testing.T) {
	const workers, each = 4, 200
	l := newLoop()
	s, r := codec.NewSender[everything](l), codec.NewReceiver[everything](l)
	var wg sync.WaitGroup
	var sums [workers]int64
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if err := s.Send(t.Context(), "t", everything{Count: int64(w*each + i), Tags: []string{"x"}}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range each {
				_, v, err := r.Recv(t.Context())
				if err != nil || len(v.Tags) != 1 {
					t.Error(v, err)
				}
				sums[w] += v.Count
			}
		})
	}
	wg.Wait()
	var sum int64
	for _, n := range sums {
		sum += n
	}
	require.EqualValues(t, workers*each*(workers*each-1)/2, sum)
}

func TestManyTopics(t *testing.T) {
	l := newLoop()
	s, r := codec.NewSender[level](l), codec.NewReceiver[level](l)
	for i := range 3000 {
		want := strings.Repeat("t", i%100) + strconv.Itoa(i)
		require.NoError(t, s.Send(t.Context(), want, level{}))
		topic, _, err := r.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, topic)
	}
}
