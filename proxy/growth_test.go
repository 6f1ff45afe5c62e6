package proxy_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/proxy"
)

// noting remembers the largest batch that it was asked for.
type noting struct {
	*pipeline.Pull
	most atomic.Int64
}

func (n *noting) RecvBatch(ctx context.Context, dst []ringmq.Message) (int, error) {
	n.most.Store(max(n.most.Load(), int64(len(dst))))
	return n.Pull.RecvBatch(ctx, dst)
}

// TestBatchesGrow: between sockets that never block a proxy reads in batches.
func TestBatchesGrow(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := &noting{Pull: open(t, pipeline.NewPull)}, open(t, pipeline.NewPush)
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, fresh(), front, push)
		link(t, fresh(), back, pull)
		start(t, proxy.NewStreamer(front, back))
		for range 2000 {
			require.NoError(t, push.Send(deadline(t), ringmq.NewString("x")))
		}
		for range 2000 {
			_, err := pull.Recv(deadline(t))
			require.NoError(t, err)
		}
		require.Greater(t, front.most.Load(), int64(1))
	})
}
