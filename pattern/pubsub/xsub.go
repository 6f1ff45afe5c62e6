package pubsub

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// XSub is Sub that subscribes by messages: sending one frame, 01 and a topic, subscribes, 00 and a topic unsubscribes;
// any other message goes to all publishers. It does not filter what it receives. Its methods may be called by any
// number of goroutines at once.
type XSub struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewXSub makes an XSUB socket. The error is for a bad option.
func NewXSub(opts ...socket.Option) (*XSub, error) {
	build := func(c *socket.Core) socket.Pattern { return &xsub{subscriber{core: c}} }
	c, err := socket.New(socket.KindOf(socket.XSUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &XSub{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type xsub struct{ subscriber }

// Send forwards every subscribe, and an unsubscribe when it is the last for its topic. Other messages are dropped, and
// counted, for a publisher at its high-water mark.
func (s *xsub) Send(m *ringmq.Message, borrowed bool) error {
	if on, topic, ok := subscription(m); ok {
		if changed := s.set(topic, on); changed || on {
			s.tell(topic, on)
		}
		return nil
	}
	for _, p := range s.peers {
		if !p.Write(nil, m, borrowed) {
			p.Drop()
		}
	}
	return nil
}

func (s *xsub) Recv(m *ringmq.Message) error { return s.next(m) }
