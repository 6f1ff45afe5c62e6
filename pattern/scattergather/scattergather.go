package scattergather

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Scatter sends messages of one frame to its peers in turn. It has no receiving methods. Its methods may be called by
// any number of goroutines at once.
type Scatter struct {
	socket.Socket
	socket.Sender
}

// NewScatter makes a SCATTER socket. The error is for a bad option.
func NewScatter(opts ...socket.Option) (*Scatter, error) {
	build := func(c *socket.Core) socket.Pattern { return &scatter{core: c} }
	c, err := socket.New(socket.KindOf(socket.SCATTER), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Scatter{socket.NewSocket(c), socket.NewSender(c)}, nil
}

type scatter struct {
	socket.Base
	core  *socket.Core
	peers socket.Rotation
}

func (s *scatter) Attach(p *socket.Pipe) { s.peers.Add(p) }
func (s *scatter) Detach(p *socket.Pipe) { s.peers.Remove(p) }

func (s *scatter) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.core.WantFrames(m, 1); err != nil {
		return err
	}
	if s.peers.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

// Deliver throws away what a peer sends against the rules of the pattern.
func (s *scatter) Deliver(*socket.Pipe, *ringmq.Message) socket.Verdict { return socket.Discard }

// Gather receives messages of one frame from its peers in turn. It has no sending methods. Its methods may be called by
// any number of goroutines at once.
type Gather struct {
	socket.Socket
	socket.Receiver
}

// NewGather makes a GATHER socket. The error is for a bad option.
func NewGather(opts ...socket.Option) (*Gather, error) {
	build := func(c *socket.Core) socket.Pattern { return socket.NewSingle(c) }
	c, err := socket.New(socket.KindOf(socket.GATHER), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Gather{socket.NewSocket(c), socket.NewReceiver(c)}, nil
}
