package pubsub

import (
	"sync/atomic"

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
	xsub *xsub
}

// NewXSub makes an XSUB socket. The error is for a bad option.
func NewXSub(opts ...socket.Option) (*XSub, error) {
	s := new(xsub)
	build := func(c *socket.Core) socket.Pattern { s.init(c); return s }
	c, err := socket.New(socket.KindOf(socket.XSUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &XSub{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c), s}, nil
}

// TopicsCount is the number of distinct topics that are subscribed to. (ZMQ_TOPICS_COUNT)
func (s *XSub) TopicsCount() int { return s.xsub.topics() }

type xsub struct{ subscriber }

// Send takes the subscriptions out of m. The rest is dropped, and counted, for a publisher at its high-water mark.
func (s *xsub) Send(m *ringmq.Message, borrowed bool) error {
	if !split(m, s.opts.AnyFrame, s.subscribe) {
		return nil
	}
	for _, p := range s.peers {
		if !p.Write(nil, m, borrowed) {
			p.Drop()
		}
	}
	return nil
}

// subscribe forwards every subscription, and the end of one when it is the last for its topic, or always.
func (s *xsub) subscribe(on bool, topic []byte) {
	if changed := s.set(topic, on); changed || on || s.opts.VerboseUnsubscribe {
		s.tell(topic, on)
	}
}

func (s *xsub) Straight() *atomic.Bool { return socket.Always() }

func (s *xsub) Recv(m *ringmq.Message) error { return s.next(m) }
