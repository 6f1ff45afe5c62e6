package clientserver

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Client sends to its peers in turn and receives from them in turn. Its messages have one frame: Send refuses others
// with [ringmq.ErrInvalidMessage], and one that arrives is thrown away. Its methods may be called by any number of
// goroutines at once.
type Client struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewClient makes a CLIENT socket. The error is for a bad option.
func NewClient(opts ...socket.Option) (*Client, error) {
	build := func(c *socket.Core) socket.Pattern { return &client{Single: socket.NewSingle(c)} }
	c, err := socket.New(socket.KindOf(socket.CLIENT), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Client{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type client struct {
	socket.Single
	peers socket.Rotation
}

func (s *client) Attach(p *socket.Pipe) { s.peers.Add(p) }
func (s *client) Detach(p *socket.Pipe) { s.peers.Remove(p) }

func (s *client) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.Core.WantFrames(m, 1); err != nil {
		return err
	}
	if s.peers.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
