package pubsub

import (
	"github.com/ringmq/ringmq"
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
	audience
}

// NewPub makes a PUB socket. The error is for a bad option.
func NewPub(opts ...socket.Option) (*Pub, error) {
	s := new(pub)
	build := func(c *socket.Core) socket.Pattern { s.init(c); return s }
	c, err := socket.New(socket.KindOf(socket.PUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Pub{socket.NewSocket(c), socket.NewSender(c), audience{&s.publisher}}, nil
}

type pub struct{ publisher }

// Deliver takes subscriptions; anything else that a subscriber sends is thrown away (RFC 29).
func (s *pub) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	split(m, s.opts.AnyFrame, func(on bool, topic []byte) { s.core.Subscribe(p, topic, on) })
	return socket.Discard
}
