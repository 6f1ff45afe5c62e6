package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

func (a *app) reqCommand() *cobra.Command {
	f := &flags{lossless: true}
	cmd := &cobra.Command{
		Use:   "req [flags] [MESSAGE...]",
		Short: "Send requests to REP peers and print the replies",
		Long: `Sends each argument, or each line of standard input, as a request to the REP peers, to each in turn, and prints the
reply before it sends the next.

` + statusHelp,
		Example: `  ringmq req --connect tcp://127.0.0.1:5555 --timeout 2s hello`,
	}
	f.socket(cmd)
	f.withIdentity(cmd.Flags())
	f.text(cmd.Flags())
	f.sendCount(cmd.Flags())
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := reqrep.NewReq(f.options()...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			in := newInput(ctx, a.stdin, args, l.layout, f.count)
			return l.sendAll(ctx, in, func(m ringmq.Message) error { return l.ask(ctx, s, m) })
		})
	})
	return cmd
}

// ask sends a request and prints the reply. Each of the two waits has its own --timeout.
func (l *link) ask(ctx context.Context, s *reqrep.Req, m ringmq.Message) error {
	if err := l.send(ctx, s, m); err != nil {
		return err
	}
	reply, err := l.recv(ctx, s)
	if err != nil {
		return err
	}
	if err := l.show(reply); err != nil {
		return err
	}
	return l.out.flush()
}

func (a *app) repCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "rep [flags] [MESSAGE...]",
		Short: "Print requests of REQ peers and reply to them",
		Long: `Prints each request of REQ peers, and replies with the next argument, or the next line of standard input, so that they
can be answered by hand. It ends after the last of these; with --count, after so many requests, for which arguments are
taken over and over. With --echo or --reply it replies to all requests with the same message or a fixed one.

` + statusHelp,
		Example: `  ringmq rep --bind 'tcp://*:5555'
  ringmq rep --bind 'tcp://*:5555' --echo
  ringmq rep --bind 'tcp://*:5555' --reply ok`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && (f.echo || cmd.Flags().Changed("reply")) {
				return fmt.Errorf("%q: rep takes no messages with --echo or --reply", args[0])
			}
			return nil
		},
	}
	f.socket(cmd)
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.Flags().StringVar(&f.reply, "reply", "", "`message` to reply with, in --format")
	cmd.Flags().BoolVar(&f.echo, "echo", false, "reply with the request")
	cmd.MarkFlagsMutuallyExclusive("reply", "echo")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := reqrep.NewRep(f.options()...)
		if err != nil {
			return err
		}
		byHand := !f.echo && !cmd.Flags().Changed("reply")
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			if byHand {
				return l.answer(ctx, s, args)
			}
			return l.reply(ctx, s)
		})
	})
	return cmd
}

// answer replies to each request with the next message of the input, which is read ahead: its end is seen while no
// request is there. Requests are printed first.
func (l *link) answer(ctx context.Context, s *reqrep.Rep, args []string) error {
	open, end := context.WithCancelCause(ctx)
	in := newInput(open, l.stdin, args, l.layout, l.flags.count)
	replies := make(chan ringmq.Message)
	var reading sync.WaitGroup
	reading.Go(func() {
		err := l.sendAll(open, in, func(m ringmq.Message) error {
			select {
			case replies <- m:
				return nil
			case <-open.Done():
				return context.Cause(open)
			}
		})
		if err == nil {
			err = errEnough
		}
		end(err)
	})
	err := l.recvAll(open, s, func(m ringmq.Message) error {
		if err := errors.Join(l.show(m), l.out.flush()); err != nil {
			return err
		}
		select {
		case reply := <-replies:
			return l.send(ctx, s, reply) // also when it is the last
		case <-open.Done():
			if errors.Is(context.Cause(open), errEnough) {
				fmt.Fprintln(l.stderr, "no reply to the last request: there is no more input")
			}
			return context.Cause(open)
		}
	})
	end(errEnough)
	reading.Wait()
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (l *link) reply(ctx context.Context, s *reqrep.Rep) error {
	fixed, err := l.layout.parse([]byte(l.flags.reply))
	if err != nil && !l.flags.echo {
		return fmt.Errorf("%w: --reply: %w", errUsage, err)
	}
	return l.recvAll(ctx, s, func(m ringmq.Message) error {
		if err := l.out.print(m); err != nil {
			return err
		}
		if !l.flags.echo {
			m.Release()
			m = fixed.Clone() // what is sent is given away
		}
		return l.send(ctx, s, m)
	})
}
