package cli

import (
	"encoding/json"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/cmd/ringmq/internal/bench"
)

func TestBenchJSON(t *testing.T) {
	cmd := run(t, "bench", "--count", "400", "--rounds", "2", "--json")
	cmd.wait()
	require.Zero(t, cmd.status, cmd.stderr)
	var report bench.Report
	require.NoError(t, json.Unmarshal([]byte(cmd.stdout.String()), &report))
	require.Len(t, report.Results, 2*3*2)
	for _, r := range report.Results {
		require.Len(t, r.Rounds, 2, r.Case)
		for _, round := range r.Rounds {
			require.EqualValues(t, 400-1-400/20, round.Receiver.Messages, r.Case)
			require.Equal(t, round.Sender.Messages, round.Receiver.Messages, r.Case)
			require.Positive(t, round.Receiver.Rate(), r.Case)
		}
	}
	require.Contains(t, cmd.stderr.String(), "req-rep ipc 1024 B, round 2: p50")
}

func TestBenchTable(t *testing.T) {
	cmd := run(t, "bench", "--duration", "20ms", "--rounds", "1", "--batch", "16", "--size", "64")
	cmd.wait()
	require.Zero(t, cmd.status, cmd.stderr)
	require.Regexp(t, `(?m)^ +tcp +64 +16 +\d+`, cmd.stdout.String())
	require.Regexp(t, `(?m)^ +inproc +64 +16 +.* together +\d`, cmd.stdout.String())
	require.Regexp(t, `(?m)^ +ipc +64 +\d+ +\d+\.\d +\d+\.\d`, cmd.stdout.String())
}

// TestBenchInterrupted: what is complete is still printed.
func TestBenchInterrupted(t *testing.T) {
	cmd := start(t, "bench", "--duration", "10s", "--rounds", "1", "--transport", "ipc")
	cmd.end(interrupted{syscall.SIGINT})
	cmd.requireFailure(130)
	require.Empty(t, cmd.stdout.String())
	require.Empty(t, cmd.stderr.String())
}
