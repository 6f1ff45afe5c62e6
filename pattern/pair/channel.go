package pair

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Channel is Pair for messages of one frame: Send refuses others with [ringmq.ErrInvalidMessage], and one that arrives
// is thrown away. Its methods may be called by any number of goroutines at once.
type Channel struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewChannel makes a CHANNEL socket. The error is for a bad option.
func NewChannel(opts ...socket.Option) (*Channel, error) {
	build := func(c *socket.Core) socket.Pattern { return &channel{Single: socket.NewSingle(c)} }
	c, err := socket.New(socket.KindOf(socket.CHANNEL), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Channel{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type channel struct {
	socket.Single
	one
}

func (s *channel) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.Core.WantFrames(m, 1); err != nil {
		return err
	}
	return s.one.Send(m, borrowed)
}
