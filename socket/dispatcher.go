package socket

import (
	"context"
	"errors"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/impatient"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

// dispatcher sends what a ROUTER is given through a spool. Each peer that has announced a routing id has a lane, from when
// something is sent to it for the first time: what is for a peer that is not there waits for it. A peer whose id was made
// up when it connected does not come back as the same one, and is sent to by the pattern, from memory.
type dispatcher struct {
	lanes
	peers map[string]*Pipe // that have announced an id, and have it; send lock
}

func newDispatcher(c *Core) *dispatcher {
	return &dispatcher{lanes: newLanes(c, zmtp.Router), peers: make(map[string]*Pipe)}
}

// isLasting reports whether a routing id is one that a peer announces (RFC 37), which the spool can keep messages for.
func (s *dispatcher) isLasting(id []byte) bool {
	return len(id) > 0 && zmtp.ValidIdentity(id) && len(s.prefix)+len(id) <= spool.MaxName
}

// send appends a message for the peer that its first frame names.
func (s *dispatcher) send(ctx context.Context, m *ringmq.Message, borrowed bool) error {
	switch {
	case m.Len() < 2 || !s.isLasting(m.Frame(0)):
		return s.direct(ctx, m, borrowed)
	case s.core.closing.Load():
		return s.core.errClosed("send")
	}
	l, err := s.laneOf(string(m.Frame(0)))
	if err != nil {
		return s.failed(err)
	}
	body := *m
	Strip(&body, 1)
	e, err := s.entry(&body)
	if err != nil {
		return err
	}
	e.For = l.consumer.Name()
	r, err := s.put(ctx, e)
	if err != nil {
		return err
	}
	l.offer(&r, &e, borrowed)
	return nil
}

// direct sends a message without the spool.
func (s *dispatcher) direct(ctx context.Context, m *ringmq.Message, borrowed bool) error {
	if borrowed {
		return s.core.sendBytes(ctx, m.Frames())
	}
	return s.core.send(ctx, m)
}

// trySend is send without waiting.
func (s *dispatcher) trySend(m *ringmq.Message) error {
	if m.Len() < 2 || !s.isLasting(m.Frame(0)) {
		return s.core.trySend(m, false)
	}
	return s.send(impatient.New(), m, false)
}

// sendBatch sends one after the other.
func (s *dispatcher) sendBatch(ctx context.Context, ms []ringmq.Message) (int, error) {
	for i := range ms {
		if err := s.send(ctx, &ms[i], false); err != nil {
			return i, err
		}
	}
	return len(ms), nil
}

// laneOf returns the lane of a peer, which it opens if need be.
func (s *dispatcher) laneOf(id string) (*lane, error) {
	if l := s.get(id); l != nil {
		return l, nil
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	if l := s.get(id); l != nil {
		return l, nil
	}
	l, err := s.open(id, spool.Start{})
	if err != nil {
		return nil, err
	}
	s.core.HoldsSend(func() {
		if p := s.peers[id]; p != nil && l.pipe == nil { // else ready has done it meanwhile
			l.move(p, nil)
		}
	})
	return l, nil
}

// ready notes that p has its peer, and which id the pattern has given that. Send lock held.
func (s *dispatcher) ready(p *Pipe) {
	p.lane.Store(nil)
	id := string(p.Tag())
	if id == "" || !s.isLasting(p.Tag()) {
		return
	}
	s.peers[id] = p
	if l := s.get(id); l != nil {
		l.move(p, nil)
		return
	}
	s.core.spawn(func() { // it looks at the spool
		if !s.knows(id) {
			return
		}
		if _, err := s.laneOf(id); err != nil && !errors.Is(err, ringmq.ErrClosed) {
			s.core.trouble(err)
		}
	})
}

// forget notes that p has no peer any more. Send lock held.
func (s *dispatcher) forget(p *Pipe) {
	for id, o := range s.peers {
		if o == p {
			delete(s.peers, id)
		}
	}
}
