package pubsub

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// XPub is Pub that lets the program see subscriptions: it receives a message of one frame, 01 and the topic, when the
// first peer subscribes to a topic, and 00 and the topic when the last one leaves it, and whatever else subscribers
// send. Its methods may be called by any number of goroutines at once.
type XPub struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewXPub makes an XPUB socket. The error is for a bad option.
func NewXPub(opts ...socket.Option) (*XPub, error) {
	build := func(c *socket.Core) socket.Pattern { return &xpub{publisher: publisher{core: c}} }
	c, err := socket.New(socket.KindOf(socket.XPUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &XPub{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type xpub struct {
	publisher
	notes notes
}

func (s *xpub) Ready(p *socket.Pipe) {
	if p.FiltersItself() {
		if first, _ := s.index.Add(nil, p); first {
			s.note(1, nil)
		}
	}
}

func (s *xpub) Lost(p *socket.Pipe) {
	s.index.RemovePeer(p, func(topic []byte) { s.note(0, topic) })
}

func (s *xpub) Detach(p *socket.Pipe) { s.Lost(p) }

// Subscribe tells the program of the first and the last subscription to a topic. The end of one that was not known is
// told too, as libzmq does, unless the program is far behind.
func (s *xpub) Subscribe(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		if on {
			if first, _ := s.index.Add(topic, p); first {
				s.note(1, topic)
			}
			return
		}
		switch last, removed := s.index.Remove(topic, p); {
		case last:
			s.note(0, topic)
		case !removed && !s.notes.behind():
			s.note(0, topic)
		}
	})
	s.core.SendChanged()
}

func (s *xpub) note(kind byte, topic []byte) {
	s.notes.add(kind, topic)
	s.core.RecvChanged()
}

// Deliver takes subscriptions and passes everything else on.
func (s *xpub) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if on, topic, ok := subscription(m); ok {
		s.Subscribe(p, topic, on)
		return socket.Discard
	}
	return socket.Enqueue
}

func (s *xpub) Recv(m *ringmq.Message) error {
	if s.notes.take(m) {
		s.core.RecvChanged() // there may be another one
		return nil
	}
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
