package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/socket"
)

func (a *app) pushCommand() *cobra.Command {
	return dealOut(a, pipeline.NewPush, &cobra.Command{
		Use:   "push [flags] [MESSAGE...]",
		Short: "Send messages to PULL peers, in turn",
		Long: `Sends each argument, or each line of standard input, as a message to the PULL peers, to each in turn. It waits while
there is no peer, or all are at their high-water mark. Messages to a peer that is connected to queue until it is there.

` + statusHelp,
		Example: `  ringmq push --connect tcp://127.0.0.1:5557 'job 1' 'job 2'
  seq 100 | ringmq push --bind 'tcp://*:5557' --wait-peers 3`,
	})
}

func (a *app) scatterCommand() *cobra.Command {
	return dealOut(a, scattergather.NewScatter, &cobra.Command{
		Use:     "scatter [flags] [MESSAGE...]",
		Short:   "Send messages of one frame to GATHER peers, in turn",
		Long:    "Does what push does, to GATHER peers; a message has one frame.\n\n" + statusHelp,
		Example: `  ringmq scatter --connect tcp://127.0.0.1:5557 'job 1' 'job 2'`,
	})
}

// dealOut completes a command that sends.
func dealOut[S sendingSocket](a *app, open func(...socket.Option) (S, error), cmd *cobra.Command) *cobra.Command {
	f := &flags{lossless: true}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.sendCount(cmd.Flags())
	cmd.Flags().Var(numberVar(&f.waitPeers, 0), "wait-peers", "wait for so many `peers` to be connected before the first message")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := open(f.options()...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			if err := l.waitForPeers(ctx, f.waitPeers); err != nil {
				return err
			}
			in := newInput(ctx, a.stdin, args, l.layout, f.count)
			return l.sendAll(ctx, in, func(m ringmq.Message) error { return l.send(ctx, s, m) })
		})
	})
	return cmd
}

func (a *app) pullCommand() *cobra.Command {
	return takeIn(a, pipeline.NewPull, &cobra.Command{
		Use:     "pull [flags]",
		Short:   "Receive messages from PUSH peers and print them",
		Long:    "Prints each message that arrives from PUSH peers as a line.\n\n" + statusHelp,
		Example: `  ringmq pull --bind 'tcp://*:5557' --count 10 --timeout 5s`,
	})
}

func (a *app) gatherCommand() *cobra.Command {
	return takeIn(a, scattergather.NewGather, &cobra.Command{
		Use:     "gather [flags]",
		Short:   "Receive messages from SCATTER peers and print them",
		Long:    "Prints each message that arrives from SCATTER peers as a line.\n\n" + statusHelp,
		Example: `  ringmq gather --bind 'tcp://*:5557' --count 10 --timeout 5s`,
	})
}

// takeIn completes a command that receives.
func takeIn[S receivingSocket](a *app, open func(...socket.Option) (S, error), cmd *cobra.Command) *cobra.Command {
	f := new(flags)
	cmd.Args = noMessages
	f.socket(cmd)
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error {
		s, err := open(f.options()...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error { return l.recvAll(ctx, s, l.show) })
	})
	return cmd
}
