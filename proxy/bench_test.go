package proxy_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
)

// BenchmarkStreamer is a stream of messages from a PUSH to a PULL: directly, for comparison, through a proxy, and through
// one with a capture socket that nobody listens to. All are goroutines of one process.
func BenchmarkStreamer(b *testing.B) {
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		for _, size := range []int{64, 1024} {
			for _, middle := range []string{"direct", "proxy", "capture"} {
				b.Run(fmt.Sprintf("%s/%dB/%s", transport, size, middle), func(b *testing.B) {
					throughput(b, transport, size, middle)
				})
			}
		}
	}
}

func throughput(b *testing.B, transport string, size int, middle string) {
	ctx := context.Background()
	push, err := pipeline.NewPush()
	require.NoError(b, err)
	defer push.Close()
	pull, err := pipeline.NewPull()
	require.NoError(b, err)
	defer pull.Close()
	if middle == "direct" {
		link(b, fresh(transport), pull, push)
	} else {
		between(b, transport, push, pull, middle == "capture")
	}
	buf := make([]byte, size)
	done := async(b, func() error {
		for range b.N {
			m, err := pull.Recv(ctx)
			if err != nil {
				return err
			}
			m.Release()
		}
		return nil
	})
	b.ReportAllocs()
	b.SetBytes(int64(size))
	b.ResetTimer()
	for range b.N {
		if err := push.SendBytes(ctx, buf); err != nil {
			b.Fatal(err)
		}
	}
	done()
}

// between puts a streamer between the two, until the end of the benchmark.
func between(b *testing.B, transport string, push *pipeline.Push, pull *pipeline.Pull, captured bool) {
	front, err := pipeline.NewPull()
	require.NoError(b, err)
	back, err := pipeline.NewPush()
	require.NoError(b, err)
	tap, err := pipeline.NewPush()
	require.NoError(b, err)
	b.Cleanup(func() {
		for _, s := range []sock{front, back, tap} {
			_ = s.Close()
		}
	})
	link(b, fresh(transport), front, push)
	link(b, fresh(transport), back, pull)
	var opts []proxy.Option
	if captured {
		opts = append(opts, proxy.WithCapture(tap))
	}
	start(b, proxy.NewStreamer(front, back, opts...))
}

// BenchmarkQueue is a request and its reply through a proxy, one at a time: what a lone message costs. Compare with
// BenchmarkRoundTrip of pattern/reqrep.
func BenchmarkQueue(b *testing.B) {
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		b.Run(transport, func(b *testing.B) {
			ctx := context.Background()
			front, back := open(b, reqrep.NewRouter), open(b, reqrep.NewDealer)
			req, rep := open(b, reqrep.NewReq), open(b, reqrep.NewRep)
			link(b, fresh(transport), front, req)
			link(b, fresh(transport), back, rep)
			start(b, proxy.New(front, back))
			done := async(b, func() error {
				for range b.N {
					m, err := rep.Recv(ctx)
					if err != nil {
						return err
					}
					if err := rep.Send(ctx, m); err != nil {
						return err
					}
				}
				return nil
			})
			buf := make([]byte, 64)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				require.NoError(b, req.SendBytes(ctx, buf))
				m, err := req.Recv(ctx)
				require.NoError(b, err)
				m.Release()
			}
			done()
		})
	}
}
