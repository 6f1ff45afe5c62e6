package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/radiodish"
)

func (a *app) radioCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "radio [flags] [MESSAGE...]",
		Short: "Send messages to the DISH peers that have joined a group",
		Long: `Sends each argument, or each line of standard input, as a message to the DISH peers that have joined its group: --group,
or without it the first of the message's two frames.

A radio never waits for dishes: what is sent before one has joined is not for it. So that the first messages are not
lost, radio waits for the first peer before it sends, a second at most; with --wait-peers N, as long as it takes (or
--timeout allows) until N peers are connected. Over udp, which it connects to, there is nobody to wait for.

` + statusHelp,
		Example: `  ringmq radio --bind 'tcp://*:5560' --group prices 189.30
  ringmq radio --connect 'udp://239.1.1.1:5560' --group prices 189.30`,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.sendCount(cmd.Flags())
	group := cmd.Flags().String("group", "", "`group` of all messages")
	cmd.Flags().Var(numberVar(&f.waitPeers, 0), "wait-peers",
		"wait for so many `peers` before the first message (default: for one, up to 1s)")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("group") {
			f.topics = []string{*group}
		}
		if !cmd.Flags().Changed("wait-peers") {
			f.waitPeers = someSubscriber
		}
		return a.radio(cmd.Context(), f, args)
	})
	return cmd
}

func (a *app) radio(ctx context.Context, f *flags, args []string) error {
	s, err := radiodish.NewRadio(f.options()...)
	if err != nil {
		return err
	}
	return a.with(ctx, f, s, func(ctx context.Context, l *link) error {
		if err := l.waitForDishes(ctx); err != nil {
			return err
		}
		in := newInput(ctx, a.stdin, args, l.layout, f.count)
		return l.sendAll(ctx, in, func(m ringmq.Message) error { return l.send(ctx, s, l.withTopic(m)) })
	})
}

// waitForDishes waits for as many as --wait-peers says, and a little longer for what they join.
func (l *link) waitForDishes(ctx context.Context) error {
	switch n := l.flags.waitPeers; {
	case n == 0:
		return nil
	case n > 0:
		if err := l.waitForPeers(ctx, n); err != nil {
			return err
		}
	default:
		bounded, cancel := context.WithTimeoutCause(ctx, subscriberWait, errTimeout)
		defer cancel()
		err := l.waitForPeers(bounded, 1)
		if errors.Is(err, errTimeout) && ctx.Err() == nil {
			fmt.Fprintln(l.stderr, "no peer yet; sending all the same (see --wait-peers)")
			return nil
		}
		if err != nil {
			return err
		}
	}
	return pause(ctx, settle)
}

func (a *app) dishCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "dish [flags]",
		Short: "Join groups and print the messages of RADIO peers",
		Long: `Prints each message from RADIO peers to one of the groups, in front of it the group. Over udp, which it binds to, the
peers may be many, and need not be known.

` + statusHelp,
		Example: `  ringmq dish --connect tcp://127.0.0.1:5560 --group prices
  ringmq dish --bind 'udp://239.1.1.1:5560' --group prices --group news`,
		Args: noMessages,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.Flags().StringArrayVar(&f.topics, "group", nil, "`group` to join (repeatable)")
	cmd.MarkFlagsOneRequired("group")
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error {
		s, err := radiodish.NewDish(f.options()...)
		if err != nil {
			return err
		}
		for _, group := range f.topics {
			if err := s.Join(group); err != nil {
				return errors.Join(fmt.Errorf("%w: --group %q: %w", errUsage, group, err), s.Close())
			}
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error { return l.recvAll(ctx, s, l.show) })
	})
	return cmd
}
