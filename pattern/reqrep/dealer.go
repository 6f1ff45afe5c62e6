package reqrep

import (
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Dealer sends to its peers in turn and receives from them in turn. To talk to a REP it sends an empty frame in front
// of the body, and receives one in front of the reply. Its methods may be called by any number of goroutines at once.
type Dealer struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewDealer makes a DEALER socket. The error is for a bad option.
func NewDealer(opts ...socket.Option) (*Dealer, error) {
	build := func(c *socket.Core) socket.Pattern { return &dealer{core: c} }
	c, err := socket.New(socket.KindOf(socket.DEALER), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Dealer{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type dealer struct {
	socket.Base
	core  *socket.Core
	peers socket.Rotation
}

func (s *dealer) Attach(p *socket.Pipe) { s.peers.Add(p) }
func (s *dealer) Detach(p *socket.Pipe) { s.peers.Remove(p) }

func (s *dealer) Send(m *ringmq.Message, borrowed bool) error {
	if s.peers.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

func (s *dealer) SendShort(body []byte) bool { return s.peers.SendShort(body) }

func (s *dealer) Straight() *atomic.Bool { return socket.Always() }

func (s *dealer) Recv(m *ringmq.Message) error {
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
