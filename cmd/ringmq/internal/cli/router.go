package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

func (a *app) routerCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "router [flags] [MESSAGE...]",
		Short: "Send messages to DEALER, REQ and ROUTER peers by their routing id, and print what they send",
		Long: `Sends each argument, or each line of standard input, as a message to the peer whose routing id is its first frame, and
prints messages as they arrive, in front of each the routing id of its sender. What is printed can be sent. In text an id
that is not printable is 0x and hexadecimal digits, and a tab separates frames unless there is a --separator. A message
from a REQ, and the reply to it, has an empty frame after the id.

A peer that is not there yet is waited for, as long as --timeout allows. The command ends when all were sent and as many
were received; with nothing to send, not by itself; with --count, when so many were received and the arguments sent.
With --echo it sends nothing else.

` + statusHelp,
		Example: `  ringmq router --bind 'tcp://*:5558' --echo
  ringmq router --bind 'tcp://*:5558' --separator '|' --timeout 5s 'Ann|hello' '0x0000000001|who are you?'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && f.echo {
				return fmt.Errorf("%q: router takes no messages with --echo", args[0])
			}
			return nil
		},
	}
	f.socket(cmd)
	f.withIdentity(cmd.Flags())
	f.text(cmd.Flags())
	cmd.Flags().Lookup("separator").Usage = "what separates the frames of a message in text and hex; may have escapes such as \\t " +
		"(default for text: a tab; for hex: white space)"
	f.talkCount(cmd.Flags())
	cmd.Flags().BoolVar(&f.echo, "echo", false, "send each message back to its sender")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		opts := f.options()
		if !f.echo { // a peer that has gone meanwhile needs no echo
			opts = append(opts, socket.WithMandatory())
		}
		s, err := reqrep.NewRouter(opts...)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			if l.layout.format == formatText {
				l.layout.separator = l.layout.separatorOut() // both ways: what is printed can be sent
			}
			if f.echo {
				return l.route(ctx, s, l.layout.separator)
			}
			return l.exchange(ctx, cmd, args, exchange{
				from: s, lingers: true,
				send: func(ctx context.Context, m ringmq.Message) error { return l.sendTo(ctx, s, m) },
				show: func(m ringmq.Message) error {
					defer m.Release()
					return l.out.print(l.addressShown(m, l.layout.separator))
				},
			})
		})
	})
	return cmd
}

// route prints messages with the address in their first frame, and sends them back if --echo says so. In text an address
// is in a form without the separator.
func (l *link) route(ctx context.Context, s talker, separator string) error {
	return l.recvAll(ctx, s, func(m ringmq.Message) error {
		if err := l.out.print(l.addressShown(m, separator)); err != nil || !l.flags.echo {
			m.Release()
			return err
		}
		return l.send(ctx, s, m)
	})
}

// addressShown is a message as it is printed. It has the frames of m, and no reference on them.
func (l *link) addressShown(m ringmq.Message, separator string) ringmq.Message {
	if l.layout.format != formatText {
		return m
	}
	return ringmq.NewMessage(append([][]byte{appendID(m.Frame(0), separator)}, m.Rest()...)...)
}

// errAddress: a message that a ROUTER cannot send.
var errAddress = errors.New("a message needs a routing id and a frame after it")

// sendTo sends to the peer that the first frame names, in the form in which it is printed, and waits until it is there.
func (l *link) sendTo(ctx context.Context, s *reqrep.Router, m ringmq.Message) error {
	id := m.Frame(0)
	if m.Len() < 2 || len(id) == 0 {
		return fmt.Errorf("%q: %w (see --separator)", id, errAddress)
	}
	if l.layout.format == formatText {
		id = parseID(id, l.layout.separator)
		m = ringmq.NewMessage(append([][]byte{id}, m.Rest()...)...)
	}
	shown := appendID(id, l.layout.separator)
	l.flags.lossless = true
	missing := true
	err := l.within(ctx, "waiting for a peer that takes a message", func(ctx context.Context) (err error) {
		missing, err = l.whenThere(ctx, s, m, shown)
		return err
	})
	switch {
	case missing && errors.Is(err, errEnough): // as much was received as was asked for
		fmt.Fprintf(l.stderr, "not sent: no peer has the routing id %q\n", shown)
	case missing && errors.Is(err, errTimeout):
		return &absentError{id: string(shown), err: err}
	}
	return err
}

// absentError: a message has waited in vain for the peer that it is for.
type absentError struct {
	id  string // as it is printed
	err error
}

// Error reads `timed out after 2s …: no peer has the routing id "Ann"`.
func (e *absentError) Error() string {
	return fmt.Sprintf("%v: no peer has the routing id %q", e.err, e.id)
}

// Unwrap returns why it waits no longer.
func (e *absentError) Unwrap() error { return e.err }

// whenThere sends as soon as a peer has the routing id of m, or reports that it was missing to the end. If it takes a
// while, it is told to be waited for. Over inproc no event tells of a peer.
func (l *link) whenThere(ctx context.Context, s *reqrep.Router, m ringmq.Message, shown []byte) (missing bool, err error) {
	begun, told := time.Now(), false
	for {
		err := s.TrySend(m)
		if errors.Is(err, ringmq.ErrWouldBlock) { // it is there, and at its high-water mark
			err = s.Send(ctx, m)
		}
		if !errors.Is(err, ringmq.ErrNoRoute) {
			return false, err
		}
		if !told && time.Since(begun) > peerWait {
			fmt.Fprintf(l.stderr, "no peer has the routing id %q yet; waiting for it (see --timeout)\n", shown)
			told = true
		}
		if err := pause(ctx, peerPoll); err != nil {
			if s.TrySend(m) == nil { // what came last may have come from this peer
				return false, nil
			}
			return true, err
		}
	}
}
