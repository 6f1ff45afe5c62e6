package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
)

func (a *app) pubCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "pub [flags] [MESSAGE...]",
		Short: "Publish messages to SUB peers",
		Long: `Publishes each argument, or each line of standard input, as a message to the SUB peers that subscribe to its topic: the
beginning of its first frame, which is --topic if that is given.

A publisher never waits for subscribers: what is sent before one has subscribed is not for it. So that the first
messages are not lost, pub waits for the first subscription before it sends, a second at most; with --wait-peers N, as
long as it takes (or --timeout allows) until N subscribers are connected. --wait-peers 0 does not wait.

` + statusHelp,
		Example: `  ringmq pub --bind 'tcp://*:5556' --topic AAPL '189.30'
  tail -f feed | ringmq pub --bind 'tcp://*:5556' --separator ' '`,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.sendCount(cmd.Flags())
	topic := cmd.Flags().String("topic", "", "frame to put in front of each message")
	cmd.Flags().Var(numberVar(&f.waitPeers, 0), "wait-peers",
		"wait for so many `subscribers` before the first message (default: for one, up to 1s)")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("topic") {
			f.topics = []string{*topic}
		}
		if !cmd.Flags().Changed("wait-peers") {
			f.waitPeers = someSubscriber
		}
		return a.pub(cmd.Context(), f, args)
	})
	return cmd
}

// pub is an XPUB socket, which to a subscriber is the same: it tells when there is a first subscription.
func (a *app) pub(ctx context.Context, f *flags, args []string) error {
	s, err := pubsub.NewXPub(f.options()...)
	if err != nil {
		return err
	}
	return a.with(ctx, f, s, func(ctx context.Context, l *link) error {
		defer l.sayDropped(s)
		if err := l.waitForSubscribers(ctx, l.subscriptions(s)); err != nil {
			return err
		}
		in := newInput(ctx, a.stdin, args, l.layout, f.count)
		return l.sendAll(ctx, in, func(m ringmq.Message) error { return l.send(ctx, s, l.withTopic(m)) })
	})
}

func (l *link) withTopic(m ringmq.Message) ringmq.Message {
	if len(l.flags.topics) == 0 {
		return m
	}
	return ringmq.NewMessage(append([][]byte{[]byte(l.flags.topics[0])}, m.Frames()...)...)
}

func (a *app) subCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "sub [flags]",
		Short: "Subscribe to PUB peers and print their messages",
		Long: `Prints each message from PUB peers whose first frame begins with one of the topics; all messages if there is no --topic.

` + statusHelp,
		Example: `  ringmq sub --connect tcp://127.0.0.1:5556 --topic AAPL --topic MSFT
  ringmq sub --connect tcp://127.0.0.1:5556 --format json | jq -r '.[1]'`,
		Args: noMessages,
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.Flags().StringArrayVar(&f.topics, "topic", nil, "`prefix` to subscribe to (repeatable; default: everything)")
	cmd.RunE = a.body(func(cmd *cobra.Command, _ []string) error {
		s, err := pubsub.NewSub(f.options()...)
		if err != nil {
			return err
		}
		if err := subscribe(s, f.topics); err != nil {
			return errors.Join(err, s.Close())
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error { return l.recvAll(ctx, s, l.show) })
	})
	return cmd
}

func subscribe(s *pubsub.Sub, topics []string) error {
	if len(topics) == 0 {
		return s.Subscribe("")
	}
	for _, t := range topics {
		if err := s.Subscribe(t); err != nil {
			return fmt.Errorf("--topic %q: %w", t, err)
		}
	}
	return nil
}
