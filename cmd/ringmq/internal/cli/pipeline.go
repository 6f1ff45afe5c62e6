package cli

import (
	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

func (a *app) pushCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "push [flags] [MESSAGE...]",
		Short: "Send messages to PULL peers, in turn",
		Long: `Sends each argument, or each line of standard input, as a message to the PULL peers, to each in turn. It waits while
there is no peer, or all are at their high-water mark. Messages to a peer that is connected to queue until it is there.

` + statusHelp,
		Example: `  ringmq push --connect tcp://127.0.0.1:5557 'job 1' 'job 2'
  seq 100 | ringmq push --bind 'tcp://*:5557' --wait-peers 3`,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.sendCount(cmd.Flags())
	cmd.Flags().IntVar(&f.waitPeers, "wait-peers", 0, "wait for so many `peers` to be connected before the first message")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := pipeline.NewPush(f.options()...)
		if err != nil {
			return err
		}
		return a.with(f, s, func(l *link) error {
			ctx := cmd.Context()
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
	f := new(flags)
	cmd := &cobra.Command{
		Use:     "pull [flags]",
		Short:   "Receive messages from PUSH peers and print them",
		Long:    "Prints each message that arrives from PUSH peers as a line.\n\n" + statusHelp,
		Example: `  ringmq pull --bind 'tcp://*:5557' --count 10 --timeout 5s`,
		Args:    cobra.NoArgs,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error {
		s, err := pipeline.NewPull(f.options()...)
		if err != nil {
			return err
		}
		return a.with(f, s, func(l *link) error { return l.recvAll(cmd.Context(), s, l.show) })
	})
	return cmd
}
