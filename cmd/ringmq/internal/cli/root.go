package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ringmq",
		Short: "Send and receive messages with ZeroMQ-style sockets, and measure them",
		Long: `ringmq sends and receives messages with ZeroMQ-style sockets (ZMTP 3.1), from a terminal or a script.
Its peers are programs that use ringmq or libzmq, and other ringmq commands.

` + statusHelp,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          noCommand,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		a.pubCommand(), a.subCommand(), a.pushCommand(), a.pullCommand(),
		a.reqCommand(), a.repCommand(), a.dealerCommand(), a.routerCommand(),
		a.pairCommand(), a.channelCommand(), a.clientCommand(), a.serverCommand(), a.peerCommand(),
		a.radioCommand(), a.dishCommand(), a.scatterCommand(), a.gatherCommand(),
		a.streamCommand(), a.dgramCommand(),
		a.proxyCommand(), a.spoolCommand(), a.benchCommand(), a.benchPeerCommand(), a.versionCommand(),
	)
	return root
}

// noCommand is reached when the arguments name no command.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("no command given")
	}
	return fmt.Errorf("unknown command %q", args[0])
}
