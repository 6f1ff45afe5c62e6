package pubsub

import (
	"sync"

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
	mu    sync.Mutex // after either of the socket's locks
	notes []ringmq.Message
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
// told too, as libzmq does.
func (s *xpub) Subscribe(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		if on {
			if first, _ := s.index.Add(topic, p); first {
				s.note(1, topic)
			}
		} else if last, removed := s.index.Remove(topic, p); last || !removed {
			s.note(0, topic)
		}
	})
}

func (s *xpub) note(kind byte, topic []byte) {
	m := ringmq.NewMessage(append([]byte{kind}, topic...))
	s.mu.Lock()
	s.notes = append(s.notes, m)
	s.mu.Unlock()
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
	if s.takeNote(m) {
		return nil
	}
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}

func (s *xpub) takeNote(m *ringmq.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.notes) == 0 {
		return false
	}
	*m = s.notes[0]
	s.notes[0] = ringmq.Message{}
	if s.notes = s.notes[1:]; len(s.notes) == 0 {
		s.notes = nil
	}
	s.core.RecvChanged()
	return true
}
