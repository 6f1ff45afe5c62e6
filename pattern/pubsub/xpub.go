package pubsub

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// XPub is Pub that lets the program see subscriptions: it receives a message of one frame, 01 and the topic, when the
// first peer subscribes to a topic, and 00 and the topic when the last one leaves it, and whatever else subscribers
// send. [socket.WithVerbose] and [socket.WithVerboser] tell of more, [socket.WithManual] leaves subscriptions to the
// program. With [socket.WithSpool] it is told of the subscriptions of durable subscribers too, as long as they are there: one
// that is away has left, though what is published is kept for it. Its methods may be called by any number of goroutines at
// once.
type XPub struct {
	socket.Socket
	socket.Sender
	socket.Receiver
	audience
	xpub *xpub
}

// NewXPub makes an XPUB socket. The error is for a bad option.
func NewXPub(opts ...socket.Option) (*XPub, error) {
	s := new(xpub)
	build := func(c *socket.Core) socket.Pattern { s.init(c); return s }
	c, err := socket.New(socket.KindOf(socket.XPUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &XPub{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c), audience{&s.publisher}, s}, nil
}

type xpub struct {
	publisher
	notes   notes
	manual  *manual                    // of WithManual, else nil
	durable topics.Index[*socket.Pipe] // of subscribers that are served out of a spool; send lock
}

func (s *xpub) init(c *socket.Core) {
	s.publisher.init(c)
	if s.opts.Manual {
		s.manual = new(manual)
	}
}

// SendShort leaves it to Send to see whom the last value is for.
func (s *xpub) SendShort(body []byte) bool { return !s.opts.LastValue && s.publisher.SendShort(body) }

func (s *xpub) Ready(p *socket.Pipe) {
	s.greet(p)
	if s.manual != nil {
		s.manual.enter(p)
	}
	if p.FiltersItself() {
		if first, _ := s.index.Add(nil, p); first {
			s.note(1, nil, nil)
		}
	}
}

// Lost tells of the subscriptions that end with a peer: those that nobody else has, or all.
func (s *xpub) Lost(p *socket.Pipe) {
	s.leave(p)
	switch {
	case s.manual != nil:
		s.manual.leave(p, func(who *visitor, topic []byte) { s.note(0, topic, who) })
		s.index.RemovePeer(p, nil)
	case s.opts.Verboser:
		s.index.Of(p, func(topic []byte) { s.note(0, topic, nil) })
		s.index.RemovePeer(p, nil)
	default:
		s.index.RemovePeer(p, s.unless(&s.durable))
	}
	if s.opts.Verboser {
		s.durable.Of(p, func(topic []byte) { s.note(0, topic, nil) })
		s.durable.RemovePeer(p, nil)
	} else {
		s.durable.RemovePeer(p, s.unless(&s.index))
	}
}

// unless tells that nobody is left who subscribes to a topic, unless there is one in the other index.
func (s *xpub) unless(other *topics.Index[*socket.Pipe]) func(topic []byte) {
	return func(topic []byte) {
		if !other.Has(topic) {
			s.note(0, topic, nil)
		}
	}
}

func (s *xpub) Detach(p *socket.Pipe) { s.Lost(p) }

// Subscribe tells the program of the first and the last subscription to a topic, or of more where an option says so.
// The end of one that was not known is told too, as libzmq does. What changes nothing is not told while the program is
// far behind.
func (s *xpub) Subscribe(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		var who *visitor
		var news, tell bool
		if s.manual != nil {
			who, news = s.manual.request(p, topic, on)
			tell = true
		} else {
			news, tell = s.enter(&s.index, &s.durable, p, topic, on)
			s.changed()
		}
		if news || tell && !s.notes.behind() {
			s.note(b2i(on), topic, who)
		}
	})
	s.core.SendChanged()
}

// Overhear is Subscribe for a durable subscriber.
func (s *xpub) Overhear(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		news, tell := s.enter(&s.durable, &s.index, p, topic, on)
		if news || tell && !s.notes.behind() {
			s.note(b2i(on), topic, nil)
		}
	})
}

// enter notes a subscription, or its end, in one of the two indexes. news: it is the first or the last in both; tell: the
// program wants to know anyway.
func (s *xpub) enter(in, beside *topics.Index[*socket.Pipe], p *socket.Pipe, topic []byte, on bool) (news, tell bool) {
	if on {
		first, _ := in.Add(topic, p)
		return first && !beside.Has(topic), s.opts.Verbose
	}
	last, removed := in.Remove(topic, p)
	return last && !beside.Has(topic), !removed || s.opts.Verboser
}

func b2i(on bool) byte {
	if on {
		return 1
	}
	return 0
}

func (s *xpub) note(kind byte, topic []byte, from *visitor) {
	s.notes.add(kind, topic, from)
	s.core.RecvChanged()
}

// Deliver takes subscriptions and passes everything else on.
func (s *xpub) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if split(m, s.opts.AnyFrame, func(on bool, topic []byte) { s.core.Subscribe(p, topic, on) }) {
		return socket.Enqueue
	}
	return socket.Discard
}

// Send sends to the peer that a notification came from, where it is the first message since then and the option says
// so, and else to whoever subscribes.
func (s *xpub) Send(m *ringmq.Message, borrowed bool) error {
	if !s.opts.LastValue {
		return s.publisher.Send(m, borrowed)
	}
	who := s.manual.target()
	if who == nil {
		return s.publisher.Send(m, borrowed)
	}
	topic, _ := m.Parts()
	err := s.core.Fanout(s.manual.only(who, s.match(topic)), m, borrowed)
	if err == nil {
		s.manual.next.CompareAndSwap(who, nil)
	}
	return err
}

func (s *xpub) Recv(m *ringmq.Message) error {
	if from, ok := s.notes.take(m); ok {
		if from != nil {
			s.manual.told(from)
		}
		s.core.RecvChanged() // there may be another one
		return nil
	}
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
