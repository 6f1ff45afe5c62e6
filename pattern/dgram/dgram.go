package dgram

import (
	"fmt"
	"net/netip"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Dgram sends and receives datagrams, with the address of the peer as first frame. Its methods may be called by any
// number of goroutines at once.
//
// Send waits where the socket is at its high-water mark, and until it is bound. It returns [ringmq.ErrInvalidMessage]
// for a message that is not the address of a peer, as "192.0.2.1:5555" or "[2001:db8::1]:5555", and a body, and
// [ringmq.ErrTooLarge] for a body of more than [socket.MaxDatagram] bytes. Connect is [ringmq.ErrUnsupported], and a
// second Bind [ringmq.ErrState].
type Dgram struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewDgram makes a DGRAM socket. The error is for a bad option.
func NewDgram(opts ...socket.Option) (*Dgram, error) {
	build := func(c *socket.Core) socket.Pattern { return &dgram{Fair: socket.Fair{Core: c}} }
	c, err := socket.New(socket.KindOf(socket.DGRAM), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Dgram{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type dgram struct {
	socket.Fair
	out socket.Rotation // over the one pipe there is; send lock
}

func (s *dgram) Attach(p *socket.Pipe) { s.out.Add(p) }
func (s *dgram) Detach(p *socket.Pipe) { s.out.Remove(p) }

func (s *dgram) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.Core.WantFrames(m, 2); err != nil {
		return err
	}
	to, body := m.Parts()
	if addr, err := netip.ParseAddrPort(string(to)); err != nil || addr.Port() == 0 {
		return s.Core.SendError(string(to), fmt.Errorf("%w: want the address and the port of a peer", ringmq.ErrInvalidMessage))
	}
	if err := s.Core.FitsDatagram(len(body[0])); err != nil {
		return err
	}
	if s.out.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
