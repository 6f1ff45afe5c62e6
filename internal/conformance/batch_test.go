package conformance_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

func numbers(n int) (ms []ringmq.Message) {
	for i := range n {
		ms = append(ms, ringmq.NewString(strconv.Itoa(i)))
	}
	return ms
}

// TestSendBatchWaits: a batch larger than all queues goes as the receiver makes room.
func TestSendBatchWaits(t *testing.T) {
	const n = 20_000
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(10))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(10))
		link(t, pull, push, fresh())
		ctx := deadline(t)
		done := make(chan error, 1)
		go func() {
			k, err := push.SendBatch(ctx, numbers(n))
			if err == nil && k != n {
				t.Errorf("SendBatch took %d of %d without an error", k, n)
			}
			done <- err
		}()
		dst := make([]ringmq.Message, 7)
		for i := 0; i < n; {
			k, err := pull.RecvBatch(ctx, dst)
			require.NoError(t, err)
			require.Positive(t, k)
			for _, m := range dst[:k] {
				require.Equal(t, strconv.Itoa(i), string(m.Frame(0)))
				i++
			}
		}
		require.NoError(t, result(t, done))
	})
}

// TestSendBatchSaysHowMany: those that it did not take are the caller's, and are not sent.
func TestSendBatchSaysHowMany(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		endpoint := fresh()
		push := open(t, pipeline.NewPush, socket.WithSendHWM(5))
		require.NoError(t, push.Connect(endpoint))
		ms := numbers(8)
		n, err := push.SendBatch(soon(t), ms)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5, n)
		pull := open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		awaitPending(t, pull, 5)
		n, err = push.SendBatch(deadline(t), ms[n:])
		require.NoError(t, err)
		require.Equal(t, 3, n)
		for i := range 8 {
			require.Equal(t, []string{strconv.Itoa(i)}, recv(t, pull))
		}
		requireEmpty(t, pull)
	})
}

// TestSendBatchStopsAtABadMessage: those before it are sent.
func TestSendBatchStopsAtABadMessage(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		good := ringmq.NewString("good")
		n, err := push.SendBatch(deadline(t), []ringmq.Message{good, good, {}, good})
		require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
		require.Equal(t, 2, n)
		n, err = push.SendBatch(deadline(t), nil)
		require.NoError(t, err)
		require.Zero(t, n)
		send(t, push, "end")
		require.Equal(t, []string{"good"}, recv(t, pull))
		require.Equal(t, []string{"good"}, recv(t, pull))
		require.Equal(t, []string{"end"}, recv(t, pull))
	})
}

func TestRecvBatchTakesWhatIsThere(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		_, err := push.SendBatch(deadline(t), numbers(10))
		require.NoError(t, err)
		awaitPending(t, pull, 10)

		n, err := pull.RecvBatch(deadline(t), nil)
		require.NoError(t, err)
		require.Zero(t, n)
		dst := make([]ringmq.Message, 6)
		for want := 0; want < 10; want += n {
			n, err = pull.RecvBatch(deadline(t), dst)
			require.NoError(t, err)
			require.Equal(t, min(6, 10-want), n)
			for i, m := range dst[:n] {
				require.Equal(t, []string{strconv.Itoa(want + i)}, text(m))
			}
		}
		requireEmpty(t, pull)
	})
}

func TestMessagesRanges(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		_, err := push.SendBatch(deadline(t), numbers(6))
		require.NoError(t, err)
		next := 0
		for m, err := range pull.Messages(deadline(t)) {
			require.NoError(t, err)
			require.Equal(t, []string{strconv.Itoa(next)}, text(m))
			if next++; next == 4 {
				break
			}
		}
		require.Equal(t, []string{"4"}, recv(t, pull), "leaving the range loses nothing")

		ctx, cancel := context.WithCancel(deadline(t))
		defer cancel()
		var errs []error
		for m, err := range pull.Messages(ctx) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			require.Equal(t, []string{"5"}, text(m))
			cancel()
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], context.Canceled)
	})
}
