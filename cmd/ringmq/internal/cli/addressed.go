package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// Commands of the socket types whose messages begin with an address. They print what arrives, whoever sends it, as
// router does; or they talk to one peer, as dealer does, and its address is not shown.

func (a *app) serverCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:     "server [flags]",
		Short:   "Print messages of CLIENT peers with the routing id of their sender",
		Long:    "Prints each message of CLIENT peers, in front of it the routing id of its sender.\n\n" + statusHelp,
		Example: `  ringmq server --bind 'tcp://*:5558' --echo`,
		Args:    noMessages,
	}
	open := func(opts ...socket.Option) (*addressed, error) { return anonymous(clientserver.NewServer(opts...)) }
	f.socket(cmd)
	return a.addressed(f, cmd, open)
}

func (a *app) peerCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "peer [flags] [MESSAGE...]",
		Short: "Talk to PEER peers",
		Long: `With --connect, sends each argument, or each line of standard input, as a message to the peer, prints what it sends,
and ends as dealer does. Without, prints each message that arrives, in front of it the routing id of its sender.

` + statusHelp,
		Example: `  ringmq peer --bind 'tcp://*:5558' --echo
  ringmq peer --connect tcp://127.0.0.1:5558 hello`,
	}
	f.socket(cmd)
	return a.addressed(f, cmd, func(opts ...socket.Option) (*addressed, error) {
		s, err := clientserver.NewPeer(opts...)
		if err != nil {
			return nil, err
		}
		return &addressed{talkingSocket: s, call: func(endpoint string) ([]byte, error) {
			id, err := s.ConnectPeer(endpoint)
			return clientserver.To(id, nil).Frame(0), err
		}}, nil
	})
}

func (a *app) streamCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "stream [flags] [BYTES...]",
		Short: "Talk to programs that speak no ZMTP, over plain TCP or Unix connections",
		Long: `With --connect, sends the bytes of each argument, or of each line of standard input without its end, and prints what
comes back: what was read at once as a line. Without, prints what arrives, in front of it the id of its connection.

` + statusHelp,
		Example: `  ringmq stream --bind 'tcp://*:7' --echo
  ringmq stream --connect tcp://127.0.0.1:80 --count 1 -f json '"GET / HTTP/1.0\r\n\r\n"'`,
	}
	f.socket(cmd)
	return a.addressed(f, cmd, func(opts ...socket.Option) (*addressed, error) {
		s, err := stream.NewStream(append(opts, socket.WithStreamNotify(false))...)
		if err != nil {
			return nil, err
		}
		return &addressed{talkingSocket: s, call: func(endpoint string) ([]byte, error) {
			id, err := s.ConnectPeer(endpoint)
			return []byte(id), err
		}}, nil
	})
}

func (a *app) dgramCommand() *cobra.Command {
	f := new(flags)
	cmd := &cobra.Command{
		Use:   "dgram [flags] [DATAGRAM...]",
		Short: "Send and print datagrams, over UDP",
		Long: `With --to, sends each argument, or each line of standard input, as a datagram to that address, prints what arrives, and
ends as dealer does. Without, prints each datagram that arrives, in front of it the address of its sender.

` + statusHelp,
		Example: `  ringmq dgram --bind 'udp://*:5555' --echo
  ringmq dgram --bind 'udp://*:*' --to 127.0.0.1:5555 hello`,
	}
	f.socket(cmd)
	cmd.Flags().StringVar(&f.to, "to", "", "`address` to send to, such as 192.0.2.1:5555")
	return a.addressed(f, cmd, func(opts ...socket.Option) (*addressed, error) { return anonymous(dgram.NewDgram(opts...)) })
}

// addressed completes a command; open makes its socket.
func (a *app) addressed(
	f *flags, cmd *cobra.Command, open func(...socket.Option) (*addressed, error),
) *cobra.Command {
	f.text(cmd.Flags())
	f.talkCount(cmd.Flags())
	cmd.Flags().BoolVar(&f.echo, "echo", false, "send each message back to its sender")
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		s, err := open(f.options()...)
		if err != nil {
			return err
		}
		s.to = []byte(f.to)
		return a.with(cmd.Context(), f, s, func(ctx context.Context, l *link) error {
			switch {
			case len(s.to) > 0 && !f.echo:
				return l.deal(ctx, cmd, s, args)
			case len(args) > 0:
				return fmt.Errorf("%w: messages need somebody to be sent to, and no --echo", errUsage)
			}
			return l.route(ctx, s.talkingSocket, "")
		})
	})
	return cmd
}

// addressed is a socket that talks to one peer, once it is known: what is sent goes to it, and what is received is
// without its address.
type addressed struct {
	talkingSocket
	call func(endpoint string) (to []byte, err error) // Connect, for the types that then know the peer
	to   []byte
}

// anonymous is a socket whose Connect tells nothing of the peer.
func anonymous[S talkingSocket](s S, err error) (*addressed, error) {
	if err != nil {
		return nil, err
	}
	return &addressed{talkingSocket: s}, nil
}

// Connect connects to the peer. The last one is talked to.
func (s *addressed) Connect(endpoint string) (err error) {
	if s.call == nil {
		return s.talkingSocket.Connect(endpoint)
	}
	s.to, err = s.call(endpoint)
	return err
}

// Send sends to the peer.
func (s *addressed) Send(ctx context.Context, m ringmq.Message) error {
	return s.talkingSocket.Send(ctx, ringmq.NewMessage(append([][]byte{s.to}, m.Frames()...)...))
}

// Recv receives from anybody.
func (s *addressed) Recv(ctx context.Context) (ringmq.Message, error) {
	m, err := s.talkingSocket.Recv(ctx)
	return withoutFirst(m), err
}

// TryRecv is Recv without waiting.
func (s *addressed) TryRecv() (ringmq.Message, error) {
	m, err := s.talkingSocket.TryRecv()
	return withoutFirst(m), err
}

// withoutFirst passes the reference on the receive chunk on to what it returns.
func withoutFirst(m ringmq.Message) ringmq.Message {
	if m.Len() < 2 {
		return m
	}
	return ringmq.Assemble(m.Chunk(), m.Frame(1), m.Rest()[1:])
}
