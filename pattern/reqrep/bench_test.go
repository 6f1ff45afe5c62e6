package reqrep_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/reqrep"
)

// BenchmarkRoundTrip is a request and its reply, each of one frame, between two goroutines of one process. The
// allocations are those of both sides together.
func BenchmarkRoundTrip(b *testing.B) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://bench"} {
		for _, size := range []int{64, 1024} {
			scheme, _, _ := strings.Cut(endpoint, ":")
			b.Run(fmt.Sprintf("%s/%dB", scheme, size), func(b *testing.B) { roundTrip(b, endpoint, size) })
		}
	}
}

func roundTrip(b *testing.B, endpoint string, size int) {
	ctx := context.Background()
	rep, err := reqrep.NewRep()
	require.NoError(b, err)
	defer rep.Close()
	bound, err := rep.Bind(endpoint)
	require.NoError(b, err)
	req, err := reqrep.NewReq()
	require.NoError(b, err)
	defer req.Close()
	require.NoError(b, req.Connect(bound))
	done := make(chan error, 1)
	go func() { done <- echo(ctx, rep, b.N) }()
	buf := make([]byte, size)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := req.SendBytes(ctx, buf); err != nil {
			b.Fatal(err)
		}
		m, err := req.Recv(ctx)
		if err != nil {
			b.Fatal(err)
		}
		m.Release()
	}
	require.NoError(b, <-done)
}

func echo(ctx context.Context, rep *reqrep.Rep, n int) error {
	for range n {
		m, err := rep.Recv(ctx)
		if err != nil {
			return err
		}
		if err := rep.SendBytes(ctx, m.Frame(0)); err != nil {
			return err
		}
		m.Release()
	}
	return nil
}
