package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

func (a *app) routerCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "router [flags]",
		Short: "Print messages with the routing id of their sender",
		Long: `Prints each message of DEALER, REQ and ROUTER peers, in front of it the routing id of its sender. In text an id that is
not printable is shown as 0x and hexadecimal digits. A message from a REQ has an empty frame after the id.

` + statusHelp,
		Example: `  ringmq router --bind 'tcp://*:5558' --echo`,
		Args:    noMessages,
	}
	f.socket(cmd)
	f.withIdentity(cmd.Flags())
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.Flags().BoolVar(&f.echo, "echo", false, "send each message back to its sender")
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error {
		s, err := reqrep.NewRouter(f.options()...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error { return l.route(ctx, s) })
	})
	return cmd
}

// route prints messages with the address in their first frame, and sends them back if --echo says so.
func (l *link) route(ctx context.Context, s talker) error {
	return l.recvAll(ctx, s, func(m ringmq.Message) error {
		shown := m
		if l.layout.format == formatText {
			shown = ringmq.NewMessage(append([][]byte{appendID(m.Frame(0))}, m.Rest()...)...)
		}
		if err := l.out.print(shown); err != nil || !l.flags.echo {
			m.Release()
			return err
		}
		return l.send(ctx, s, m)
	})
}
