package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestRun(t *testing.T) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://pipeline"} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		var out bytes.Buffer
		require.NoError(t, run(ctx, endpoint, &out), endpoint)
		require.Equal(t, "1000 squares by 3 workers sum to 332833500\n", out.String())
	}
}

func TestBadEndpoint(t *testing.T) {
	var out bytes.Buffer
	require.ErrorIs(t, run(context.Background(), "smoke://signals", &out), ringmq.ErrUnknownTransport)
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	require.ErrorIs(t, run(ctx, "inproc://pipeline", &out), context.Canceled)
}
