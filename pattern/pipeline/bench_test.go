package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

// BenchmarkPushPull sends messages of one frame from one goroutine and receives them on another, in one process. The
// allocations are those of both sides together.
func BenchmarkPushPull(b *testing.B) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://bench"} {
		for _, size := range []int{64, 1024} {
			scheme, _, _ := strings.Cut(endpoint, ":")
			b.Run(fmt.Sprintf("%s/%dB", scheme, size), func(b *testing.B) { pushPull(b, endpoint, size) })
		}
	}
}

func pushPull(b *testing.B, endpoint string, size int) {
	ctx := context.Background()
	pull, err := pipeline.NewPull()
	require.NoError(b, err)
	defer pull.Close()
	bound, err := pull.Bind(endpoint)
	require.NoError(b, err)
	push, err := pipeline.NewPush()
	require.NoError(b, err)
	defer push.Close()
	require.NoError(b, push.Connect(bound))
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error, 1)
	go func() { done <- sendN(ctx, push, b.N, size) }()
	for range b.N {
		m, err := pull.Recv(ctx)
		if err != nil {
			b.Fatal(err)
		}
		m.Release()
	}
	require.NoError(b, <-done)
}

func sendN(ctx context.Context, push *pipeline.Push, n, size int) error {
	buf := make([]byte, size)
	for range n {
		if err := push.SendBytes(ctx, buf); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkBatch is the inproc row with SendBatch and RecvBatch of 64 messages.
func BenchmarkBatch(b *testing.B) {
	ctx := context.Background()
	pull, err := pipeline.NewPull()
	require.NoError(b, err)
	defer pull.Close()
	bound, err := pull.Bind("inproc://batch")
	require.NoError(b, err)
	push, err := pipeline.NewPush()
	require.NoError(b, err)
	defer push.Close()
	require.NoError(b, push.Connect(bound))
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error, 1)
	go func() {
		ms := make([]ringmq.Message, 64)
		for i := range ms {
			ms[i] = ringmq.NewMessage(make([]byte, 64))
		}
		for n := b.N; n > 0; n -= len(ms) {
			if _, err := push.SendBatch(ctx, ms[:min(n, len(ms))]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	dst := make([]ringmq.Message, 64)
	for got := 0; got < b.N; {
		n, err := pull.RecvBatch(ctx, dst)
		if err != nil {
			b.Fatal(err)
		}
		got += n
	}
	require.NoError(b, <-done)
}
