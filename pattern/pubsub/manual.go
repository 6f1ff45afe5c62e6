package pubsub

import (
	"fmt"
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// visitor is a peer of an XPUB in manual mode, from when it is ready until it is lost.
type visitor struct {
	pipe *socket.Pipe
	gone atomic.Bool
}

// manual is the state of an XPUB whose program subscribes for its peers; see [socket.WithManual].
type manual struct {
	here  map[*socket.Pipe]*visitor  // send lock
	asked topics.Index[*socket.Pipe] // what they have asked for; send lock
	last  atomic.Pointer[visitor]    // who the last notification came from that the program received
	next  atomic.Pointer[visitor]    // the same until something is sent
	one   [1]*socket.Pipe            // send lock
}

func (s *manual) enter(p *socket.Pipe) {
	if s.here == nil {
		s.here = make(map[*socket.Pipe]*visitor)
	}
	s.here[p] = &visitor{pipe: p}
}

// request notes what p asks for and returns who p is; news if p has not asked for it before.
func (s *manual) request(p *socket.Pipe, topic []byte, on bool) (who *visitor, news bool) {
	if on {
		_, news = s.asked.Add(topic, p)
	} else {
		_, news = s.asked.Remove(topic, p)
	}
	return s.here[p], news
}

// leave forgets p, after calling each for every topic that it has asked for.
func (s *manual) leave(p *socket.Pipe, each func(who *visitor, topic []byte)) {
	who := s.here[p]
	if who == nil {
		return
	}
	s.asked.Of(p, func(topic []byte) { each(who, topic) })
	s.asked.RemovePeer(p, nil)
	delete(s.here, p)
	who.gone.Store(true)
}

// told notes that the program received a notification of who.
func (s *manual) told(who *visitor) {
	s.last.Store(who)
	s.next.Store(who)
}

// target is the peer that the next message is for alone, if there is one. Send lock held.
func (s *manual) target() *visitor {
	if who := s.next.Load(); who != nil && !who.gone.Load() {
		return who
	}
	return nil
}

// only is the list of who, if it is among peers, and else empty. Send lock held.
func (s *manual) only(who *visitor, peers []*socket.Pipe) []*socket.Pipe {
	for _, p := range peers {
		if p == who.pipe {
			s.one[0] = p
			return s.one[:]
		}
	}
	return nil
}

// Subscribe subscribes the peer that the last notification came from to topic: the answer of a program to what it
// received, with [socket.WithManual]. It need not be the topic that the peer asked for. Errors: [ringmq.ErrState]
// without that option and before the first notification, [ringmq.ErrNoRoute] if the peer has gone, [ringmq.ErrClosed].
// (ZMQ_SUBSCRIBE of an XPUB)
func (s *XPub) Subscribe(topic string) error { return s.xpub.answer("subscribe", topic, true) }

// Unsubscribe is the opposite of Subscribe. A subscription that is not there is passed over. (ZMQ_UNSUBSCRIBE)
func (s *XPub) Unsubscribe(topic string) error { return s.xpub.answer("unsubscribe", topic, false) }

func (s *xpub) answer(op, topic string, on bool) error {
	if s.core.IsClosed() {
		return s.core.Closed(op)
	}
	if s.manual == nil {
		return s.core.OutOfTurn(op, "only with WithManual")
	}
	who := s.manual.last.Load()
	if who == nil {
		return s.core.OutOfTurn(op, "no notification has been received")
	}
	gone := false
	s.core.HoldsSend(func() {
		switch gone = who.gone.Load(); {
		case gone:
		case on:
			s.index.Add([]byte(topic), who.pipe)
		default:
			s.index.Remove([]byte(topic), who.pipe)
		}
		s.changed()
	})
	if gone {
		err := fmt.Errorf("%w: it has gone", ringmq.ErrNoRoute)
		return &ringmq.Error{Socket: socket.XPUB, Op: op, Peer: who.pipe.Address(), Value: topic, Err: err}
	}
	s.core.SendChanged()
	return nil
}
