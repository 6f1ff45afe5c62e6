package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq/cmd/ringmq/internal/bench"
	"github.com/ringmq/ringmq/socket"
)

const benchHelp = `Measures on this machine, for every transport and message size: the throughput from PUSH to PULL, and the time of a
round trip from REQ to REP and back.

For tcp and ipc the sender is this process and the receiver another one; for inproc they are two goroutines. Every
message is checked when it arrives. The first 5 % of each round is not counted. Rates are the receiver's, latencies come
from a histogram of all round trips of a round, and the table has the medians of the rounds; allocations are heap
objects of the whole process on either side, for each message. Progress goes to standard error.`

// benchFlags are the flags of bench that are not in a bench.Config as they are.
type benchFlags struct {
	bench.Config
	json bool
}

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure throughput and latency on this machine",
		Long:  benchHelp,
		Example: `  ringmq bench
  ringmq bench --pattern push-pull --transport tcp --size 64 --count 5000000 --rounds 9
  ringmq bench --batch 64 --json > figures.json`,
		Args: cobra.NoArgs,
	}
	fs := cmd.Flags()
	fs.StringSliceVar(&f.Patterns, "pattern", bench.Patterns, "what to measure")
	fs.StringSliceVar(&f.Transports, "transport", bench.Transports, "transports to measure over")
	fs.IntSliceVar(&f.Sizes, "size", bench.Sizes, "message sizes in `bytes`, 8 or more")
	fs.Uint64Var(&f.Count, "count", 0, "`messages` or round trips in a round, instead of --duration")
	fs.DurationVar(&f.Duration, "duration", bench.DefaultDuration, "length of a round")
	fs.IntVar(&f.Rounds, "rounds", bench.DefaultRounds, "rounds of each case")
	fs.IntVar(&f.Batch, "batch", 0, "push-pull with SendBatch and RecvBatch of so many `messages`; 0: one by one")
	fs.IntVar(&f.HWM, "hwm", socket.DefaultHWM, "high-water mark each way, in `messages`; 0: no limit")
	fs.BoolVar(&f.json, "json", false, "print every round as JSON instead of the table")
	cmd.MarkFlagsMutuallyExclusive("count", "duration")
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error { return a.bench(cmd, f) })
	return cmd
}

func (a *app) bench(cmd *cobra.Command, f benchFlags) error {
	if f.Count > 0 {
		f.Duration = 0
	}
	report, err := bench.Run(cmd.Context(), f.Config, a.benchProgress)
	if report == nil || (err != nil && len(report.Results) == 0) {
		return err
	}
	if f.json {
		return errors.Join(err, report.WriteJSON(a.stdout))
	}
	return errors.Join(err, report.WriteTable(a.stdout))
}

func (a *app) benchProgress(c bench.Case, round int, r bench.Round) {
	if r.Trips != nil {
		fmt.Fprintf(a.stderr, "%v, round %d: p50 %.1f µs, p99 %.1f µs\n", c, round, r.Trips.P50, r.Trips.P99)
		return
	}
	fmt.Fprintf(a.stderr, "%v, round %d: %.2f M msg/s\n", c, round, r.Receiver.Rate()/1e6)
}

// benchPeerCommand is the receiving process of bench. A Ctrl-C at the terminal reaches it too, but when it ends is for
// its parent to say.
func (a *app) benchPeerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    bench.PeerCommand,
		Hidden: true,
		RunE: a.body(func(cmd *cobra.Command, args []string) error {
			return bench.PeerMain(context.WithoutCancel(cmd.Context()), args, a.stdin, a.stdout)
		}),
	}
}
