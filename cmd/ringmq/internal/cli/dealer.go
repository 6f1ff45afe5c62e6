package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

func (a *app) dealerCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "dealer [flags] [MESSAGE...]",
		Short: "Send messages to ROUTER or REP peers, and print what they send",
		Long: `Sends each argument, or each line of standard input, as a message to the peers, to each in turn, and prints messages
as they arrive. It ends when all were sent and as many were received; with --count, when so many were received.

` + statusHelp,
		Example: `  ringmq dealer --connect tcp://127.0.0.1:5558 one two three
  ringmq dealer --connect tcp://127.0.0.1:5555 --delimiter 'to a REP'`,
	}
	f.socket(cmd)
	f.withIdentity(cmd.Flags())
	f.text(cmd.Flags())
	fs := cmd.Flags()
	fs.Uint64VarP(&f.count, "count", "n", 0,
		"end after so many `messages` received; 0: no limit (default: one for each message sent)")
	fs.DurationVar(&f.interval, "interval", 0, "pause between two messages sent")
	fs.BoolVar(&f.delimiter, "delimiter", false, "put an empty frame in front of each message, as REP peers need, "+
		"and take it off theirs")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := reqrep.NewDealer(f.options()...)
		if err != nil {
			return err
		}
		return a.with(f, s, func(l *link) error { return l.deal(cmd.Context(), s, args, !fs.Changed("count")) })
	})
	return cmd
}

// errEnough ends the receiving.
var errEnough = errors.New("enough was received")

// deal sends and receives at the same time. If matched is set it ends with as many messages received as sent.
func (l *link) deal(ctx context.Context, s *reqrep.Dealer, args []string, matched bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	in := newInput(ctx, l.stdin, args, l.layout, 0)
	t := &tally{matched: matched, stop: stop}
	var sending sync.WaitGroup
	sending.Go(func() {
		err := l.sendAll(ctx, in, func(m ringmq.Message) error {
			t.update(func() { t.sent++ })
			return l.send(ctx, s, l.enclose(m))
		})
		if err != nil {
			stop(err)
			return
		}
		t.update(func() { t.ended = true })
	})
	err := l.recvAll(ctx, s, func(m ringmq.Message) error {
		defer t.update(func() { t.received++ })
		return l.show(l.disclose(m))
	})
	stop(errEnough)
	sending.Wait()
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// tally compares what was sent with what was received. Two goroutines use it.
type tally struct {
	matched bool
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
	if t.matched && t.ended && t.received >= t.sent {
		t.stop(errEnough)
	}
}

func (l *link) enclose(m ringmq.Message) ringmq.Message {
	if !l.flags.delimiter {
		return m
	}
	return ringmq.NewMessage(append([][]byte{nil}, m.Frames()...)...)
}

// disclose passes the reference on the receive chunk on to what it returns.
func (l *link) disclose(m ringmq.Message) ringmq.Message {
	if !l.flags.delimiter || m.Len() < 2 || len(m.Frame(0)) > 0 {
		return m
	}
	return ringmq.Assemble(m.Chunk(), m.Frame(1), m.Rest()[1:])
}
