package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

func TestSmoke(t *testing.T) {
	for _, ep := range []string{"tcp://127.0.0.1:0", "ipc://*", "inproc://x"} {
		t.Run(ep, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			pull, err := pipeline.NewPull()
			require.NoError(t, err)
			push, err := pipeline.NewPush()
			require.NoError(t, err)
			b, err := pull.Bind(ep)
			require.NoError(t, err)
			require.NoError(t, push.Connect(b))
			const n = 50_000 // formatting and comparing them is what takes long under the race detector
			go func() {
				for i := range n {
					if err := push.Send(ctx, ringmq.NewString(fmt.Sprint(i))); err != nil {
						t.Error(err)
						return
					}
				}
			}()
			for i := range n {
				m, err := pull.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint(i), string(m.Frame(0)))
			}
			require.NoError(t, push.Close())
			require.NoError(t, pull.Close())
		})
	}
}
