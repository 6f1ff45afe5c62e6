package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

func (a *app) dealerCommand() *cobra.Command {
	f := new(flags)
	cmd := converse(a, f, reqrep.NewDealer, &cobra.Command{
		Use:   "dealer [flags] [MESSAGE...]",
		Short: "Send messages to ROUTER or REP peers, and print what they send",
		Long: `Sends each argument, or each line of standard input, as a message to the peers, to each in turn, and prints messages
as they arrive. It ends when all were sent and as many were received; with --count, when so many were received and all
arguments sent.

` + statusHelp,
		Example: `  ringmq dealer --connect tcp://127.0.0.1:5558 one two three
  ringmq dealer --connect tcp://127.0.0.1:5555 --delimiter 'to a REP'`,
	})
	f.withIdentity(cmd.Flags())
	cmd.Flags().BoolVar(&f.delimiter, "delimiter", false, "put an empty frame in front of each message, as REP peers need, "+
		"and take it off theirs")
	return cmd
}

func (a *app) clientCommand() *cobra.Command {
	return converse(a, new(flags), clientserver.NewClient, &cobra.Command{
		Use:   "client [flags] [MESSAGE...]",
		Short: "Send messages to SERVER peers, and print what they send",
		Long: `Sends each argument, or each line of standard input, as a message of one frame to the peers, to each in turn, and
prints messages as they arrive. It ends as dealer does.

` + statusHelp,
		Example: `  ringmq client --connect tcp://127.0.0.1:5558 one two three`,
	})
}

func (a *app) pairCommand() *cobra.Command {
	return converse(a, new(flags), pair.NewPair, &cobra.Command{
		Use:   "pair [flags] [MESSAGE...]",
		Short: "Send messages to a PAIR peer, and print what it sends",
		Long: `Sends each argument, or each line of standard input, as a message to the one peer, and prints messages as they
arrive. It ends as dealer does.

` + statusHelp,
		Example: `  ringmq pair --bind 'tcp://*:5559' --count 1 'are you there?'`,
	})
}

func (a *app) channelCommand() *cobra.Command {
	return converse(a, new(flags), pair.NewChannel, &cobra.Command{
		Use:     "channel [flags] [MESSAGE...]",
		Short:   "Send messages of one frame to a CHANNEL peer, and print what it sends",
		Long:    "Does what pair does, with a CHANNEL peer; a message has one frame.\n\n" + statusHelp,
		Example: `  ringmq channel --bind 'tcp://*:5559' --count 1 'are you there?'`,
	})
}

// converse completes a command that sends and receives.
func converse[S talkingSocket](
	a *app, f *flags, open func(...socket.Option) (S, error), cmd *cobra.Command,
) *cobra.Command {
	f.lossless = true
	f.socket(cmd)
	f.text(cmd.Flags())
	f.talkCount(cmd.Flags())
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := open(f.options()...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			return l.deal(ctx, cmd, s, args)
		})
	})
	return cmd
}

// errEnough ends the receiving.
var errEnough = errors.New("enough was received")

// deal sends and receives at the same time. Without --count it ends with as many messages received as sent.
func (l *link) deal(ctx context.Context, cmd *cobra.Command, s talker, args []string) error {
	return l.exchange(ctx, cmd, args, exchange{
		from: s,
		send: func(ctx context.Context, m ringmq.Message) error { return l.send(ctx, s, l.enclose(m)) },
		show: func(m ringmq.Message) error { return l.show(l.disclose(m)) },
	})
}

// exchange is how messages are sent and received.
type exchange struct {
	from    receiver
	lingers bool // with nothing to send it does not end
	send    func(context.Context, ringmq.Message) error
	show    func(ringmq.Message) error // on the goroutine that receives
}

func (l *link) exchange(ctx context.Context, cmd *cobra.Command, args []string, x exchange) error {
	ctx, stop := context.WithCancelCause(ctx)
	in := newInput(ctx, l.stdin, args, l.layout, 0)
	t := &tally{matched: !cmd.Flags().Changed("count"), lingers: x.lingers, stop: stop}
	var sending sync.WaitGroup
	var unsent error // why the sending ended, if not for the end of the input; read after sending
	sending.Go(func() {
		unsent = l.sendAll(ctx, in, func(m ringmq.Message) error {
			t.update(func() { t.sent++ })
			return x.send(ctx, m)
		})
		if unsent != nil {
			stop(unsent)
			return
		}
		t.update(func() { t.ended = true })
	})
	err := l.recvAll(ctx, x.from, func(m ringmq.Message) error {
		defer t.update(func() { t.received++ })
		return x.show(m)
	})
	if err == nil {
		err = errEnough
	}
	if err == errEnough && len(args) > 0 { // they were given to be sent, whatever has come meanwhile
		if sending.Wait(); unsent != nil {
			err = unsent
		}
	}
	stop(err)
	sending.Wait()
	absent := new(absentError)
	switch {
	case errors.Is(err, errTimeout) && errors.As(unsent, &absent):
		return absent // whichever of the two waits was over first
	case errors.Is(err, errEnough):
		return nil
	}
	return err
}

// tally compares what was sent with what was received. Two goroutines use it.
type tally struct {
	matched bool
	lingers bool // also when nothing was sent
	stop    context.CancelCauseFunc

	mu             sync.Mutex
	sent, received uint64
	ended          bool // no more is sent
}

// update changes the tally, and stops the receiving if that makes it complete.
func (t *tally) update(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	if t.matched && t.ended && t.received >= t.sent && (t.sent > 0 || !t.lingers) {
		t.stop(errEnough)
	}
}

func (l *link) enclose(m ringmq.Message) ringmq.Message {
	if !l.flags.delimiter {
		return m
	}
	return ringmq.NewMessage(append([][]byte{nil}, m.Frames()...)...)
}

func (l *link) disclose(m ringmq.Message) ringmq.Message {
	if !l.flags.delimiter || len(m.Frame(0)) > 0 {
		return m
	}
	return withoutFirst(m)
}
