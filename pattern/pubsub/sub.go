package pubsub

import (
	"sync"
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// Sub receives the messages that match its subscriptions; without one it receives nothing. It has no sending methods.
// Its methods may be called by any number of goroutines at once.
type Sub struct {
	socket.Socket
	socket.Receiver
	sub *sub
}

// NewSub makes a SUB socket. The error is for a bad option.
func NewSub(opts ...socket.Option) (*Sub, error) {
	s := new(sub)
	build := func(c *socket.Core) socket.Pattern { s.init(c); return s }
	c, err := socket.New(socket.KindOf(socket.SUB), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Sub{socket.NewSocket(c), socket.NewReceiver(c), s}, nil
}

// Subscribe adds a subscription: messages whose first frame begins with topic, all if it is empty. Peers are told now
// and whenever they connect. Subscribing twice takes two Unsubscribes to undo. Error: [ringmq.ErrClosed].
func (s *Sub) Subscribe(topic string) error { return s.sub.change([]byte(topic), true) }

// Unsubscribe takes a subscription back; one that is not there is passed over. Messages that have arrived already are
// still received. Error: [ringmq.ErrClosed].
func (s *Sub) Unsubscribe(topic string) error { return s.sub.change([]byte(topic), false) }

// TopicsCount is the number of distinct topics that are subscribed to. (ZMQ_TOPICS_COUNT)
func (s *Sub) TopicsCount() int { return s.sub.topics() }

type sub struct {
	subscriber
}

func (s *sub) change(topic []byte, on bool) error {
	if s.core.IsClosed() {
		return s.core.Closed("subscribe")
	}
	s.core.HoldsSend(func() {
		if s.set(topic, on) {
			s.tell(topic, on)
		}
	})
	return nil
}

// Deliver filters, since a publisher may not know the latest subscriptions, or may not filter at all.
func (s *sub) Deliver(_ *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if topic, _ := m.Parts(); s.match(topic) != s.opts.Invert {
		return socket.Enqueue
	}
	return socket.Discard
}

// Straight is true while everything is subscribed to.
func (s *sub) Straight() *atomic.Bool { return &s.open }

func (s *sub) Recv(m *ringmq.Message) error { return s.next(m) }

// subscriber is what SUB and XSUB share.
type subscriber struct {
	socket.Base
	core  *socket.Core
	opts  socket.PubSub
	peers []*socket.Pipe // that are ready; send lock

	mu   sync.RWMutex // after the send lock; guards topics
	all  atomic.Bool  // the empty topic is subscribed to
	open atomic.Bool  // all, and the match is not inverted
	subs topics.Set
}

func (s *subscriber) init(c *socket.Core) { s.core, s.opts = c, c.PubSub() }

// set changes the subscriptions. It reports whether the first of its kind came or the last one went.
func (s *subscriber) set(topic []byte, on bool) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		changed = s.subs.Add(topic)
	} else {
		changed, _ = s.subs.Remove(topic)
	}
	all := s.subs.Match(nil)
	s.all.Store(all)
	s.open.Store(all && !s.opts.Invert)
	return changed
}

func (s *subscriber) topics() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.subs.Len()
}

func (s *subscriber) match(topic []byte) bool {
	if s.all.Load() {
		return true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.subs.Match(topic)
}

// tell tells all peers. Send lock held.
func (s *subscriber) tell(topic []byte, on bool) {
	for _, p := range s.peers {
		p.SendSubscribe(topic, on)
	}
}

// Ready tells a new peer of each topic once.
func (s *subscriber) Ready(p *socket.Pipe) {
	s.peers = append(s.peers, p)
	s.mu.RLock()
	defer s.mu.RUnlock()
	p.SendSubscriptions(s.subs.All)
}

// Lost forgets a peer that is not there any more.
func (s *subscriber) Lost(p *socket.Pipe) {
	for i, o := range s.peers {
		if o == p {
			s.peers = append(s.peers[:i], s.peers[i+1:]...)
			return
		}
	}
}

// Detach forgets a peer for good.
func (s *subscriber) Detach(p *socket.Pipe) { s.Lost(p) }

func (s *subscriber) next(m *ringmq.Message) error {
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	return nil
}
