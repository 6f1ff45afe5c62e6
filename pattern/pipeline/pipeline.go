package pipeline

import (
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Push sends messages to its peers in turn. It has no receiving methods. Its methods may be called by any number of
// goroutines at once.
type Push struct {
	socket.Socket
	socket.Sender
}

// NewPush makes a PUSH socket. The error is for a bad option.
func NewPush(opts ...socket.Option) (*Push, error) {
	c, err := socket.New(socket.KindOf(socket.PUSH), func(*socket.Core) socket.Pattern { return new(push) }, opts...)
	if err != nil {
		return nil, err
	}
	return &Push{socket.NewSocket(c), socket.NewSender(c)}, nil
}

type push struct {
	socket.Base
	turn socket.Rotation
}

func (s *push) Attach(p *socket.Pipe) { s.turn.Add(p) }
func (s *push) Detach(p *socket.Pipe) { s.turn.Remove(p) }

func (s *push) Send(m *ringmq.Message, borrowed bool) error {
	if s.turn.Send(nil, m, borrowed) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

func (s *push) SendShort(body []byte) bool { return s.turn.SendShort(body) }

// Deliver throws away what a peer sends against the rules of the pattern.
func (s *push) Deliver(*socket.Pipe, *ringmq.Message) socket.Verdict { return socket.Discard }

// Pull receives messages from its peers in turn. It has no sending methods. Its methods may be called by any number of
// goroutines at once.
type Pull struct {
	socket.Socket
	socket.Receiver
}

// NewPull makes a PULL socket. The error is for a bad option.
func NewPull(opts ...socket.Option) (*Pull, error) {
	build := func(c *socket.Core) socket.Pattern { return &pull{core: c} }
	c, err := socket.New(socket.KindOf(socket.PULL), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Pull{socket.NewSocket(c), socket.NewReceiver(c)}, nil
}

type pull struct {
	socket.Base
	core *socket.Core
}

func (s *pull) Straight() *atomic.Bool { return socket.Always() }

func (s *pull) Recv(m *ringmq.Message) error {
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
