package pubsub

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// Pub sends each message to the peers that subscribe to it. It has no receiving methods. Its methods may be called by
// any number of goroutines at once.
//
// A message for a subscriber that is at its high-water mark is dropped for that one and counted; with
// [socket.WithNoDrop] Send waits.
type Pub struct {
	socket.Socket
	socket.Sender
}

// NewPub makes a PUB socket. The error is for a bad option.
func NewPub(opts ...socket.Option) (*Pub, error) {
	build := func(c *socket.Core) socket.Pattern { return &pub{publisher{core: c}} }
	c, err := socket.New(socket.KindOf(socket.PUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Pub{socket.NewSocket(c), socket.NewSender(c)}, nil
}

type pub struct{ publisher }

// Deliver takes subscriptions; anything else that a subscriber sends is thrown away (RFC 29).
func (s *pub) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if on, topic, ok := subscription(m); ok {
		s.Subscribe(p, topic, on)
	}
	return socket.Discard
}

// publisher is what PUB and XPUB share.
type publisher struct {
	socket.Base
	core  *socket.Core
	index topics.Index[*socket.Pipe] // send lock
}

// Ready: a peer of ZMTP 1.0 filters by itself and says nothing of it.
func (s *publisher) Ready(p *socket.Pipe) {
	if p.FiltersItself() {
		s.index.Add(nil, p)
	}
}

// Lost and Detach: a peer that comes back subscribes anew.
func (s *publisher) Lost(p *socket.Pipe)   { s.index.RemovePeer(p, func([]byte) {}) }
func (s *publisher) Detach(p *socket.Pipe) { s.Lost(p) }

// Subscribe notes a subscription of p, or its end.
func (s *publisher) Subscribe(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		if on {
			s.index.Add(topic, p)
		} else {
			s.index.Remove(topic, p)
		}
	})
	s.core.SendChanged()
}

func (s *publisher) Send(m *ringmq.Message, borrowed bool) error {
	topic, _ := m.Parts()
	return s.core.Fanout(s.index.Match(topic), m, borrowed)
}

// subscription reads a subscription that travels as a message: 01 or 00 and the topic (RFC 29, ZMTP 3.0 and before).
func subscription(m *ringmq.Message) (on bool, topic []byte, ok bool) {
	b, rest := m.Parts()
	if len(rest) > 0 || len(b) == 0 || b[0] > 1 {
		return false, nil, false
	}
	return b[0] == 1, b[1:], true
}
