package socket

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// lane is what is sent to one peer by name, wherever that is connected: an outbox for one peer, with a consumer of its own.
type lane struct {
	*outbox
	pipe *Pipe                   // where the peer is connected now, or was last; send lock
	want func(topic []byte) bool // what it wants; nil for everything; send lock
}

// lanes are those of a socket.
type lanes struct {
	appender
	prefix string // of the consumers' names

	opening sync.Mutex // held while a lane is opened, begun anew or moved; taken before all others

	mu     sync.Mutex // guards what follows; a leaf
	byName map[string]*lane
}

// maxLanes is the greatest number of consumers that a spool may have for a lane to be opened for a further peer, since the
// spool keeps messages for each that it has once seen.
const maxLanes = 1 << 10

func newLanes(c *Core, kind string) lanes {
	return lanes{appender: appender{c, c.cfg.delivery.spool}, prefix: laneName(kind, ""), byName: make(map[string]*lane)}
}

// laneName is the name of the consumer for a peer of that name.
func laneName(kind, peer string) string { return kind + " " + peer }

// get returns the lane of a name if it is open.
func (s *lanes) get(name string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byName[name]
}

// all returns the outboxes of all lanes.
func (s *lanes) all() (list []*outbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.byName {
		list = append(list, l.outbox)
	}
	return list
}

// open returns the lane of a name: the one that is there, or a new one, which begins at start if that says a place. s.opening
// held.
func (s *lanes) open(name string, start spool.Start) (*lane, error) {
	l := s.get(name)
	replay := start != spool.Start{}
	if l != nil && !replay {
		return l, nil
	}
	if err := s.clear(l, name, replay); err != nil {
		return nil, err
	}
	if !replay {
		start = spool.FromNewest()
	}
	o, err := newOutbox(s.core, s.prefix+name, start)
	if err != nil {
		return nil, err
	}
	l = &lane{outbox: o}
	o.dispatch = l.dispatch
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.core.closing.Load() {
		return nil, errors.Join(s.core.errClosed("open"), o.close())
	}
	s.byName[name] = l
	go o.pump()
	return l, nil
}

// knows reports whether the spool has a consumer for a name.
func (s *lanes) knows(name string) bool {
	return slices.ContainsFunc(s.spool.Consumers(), func(c spool.ConsumerInfo) bool { return c.Name == s.prefix+name })
}

// clear makes way for a lane: an old one, and what the spool knows of the peer, if it begins somewhere else.
func (s *lanes) clear(l *lane, name string, replay bool) error {
	known := s.knows(name)
	if n := len(s.spool.Consumers()); !known && n >= maxLanes {
		return fmt.Errorf("%w: the spool has %d consumers", ringmq.ErrTooLarge, n)
	}
	if l != nil {
		s.mu.Lock()
		delete(s.byName, name)
		s.mu.Unlock()
		s.core.HoldsSend(l.leave)
		l.stop()
		if err := l.close(); err != nil {
			return err
		}
	}
	if known && replay {
		return s.spool.RemoveConsumer(s.prefix + name)
	}
	return nil
}

// move has a lane lead to p. Send lock held.
func (l *lane) move(p *Pipe, want func(topic []byte) bool) {
	l.leave()
	l.pipe, l.want = p, want
	p.lane.Store(l.outbox)
	l.begin(p, offerOf(p.peer.Load()).Receive)
}

// leave takes the lane from where it led to. Send lock held.
func (l *lane) leave() {
	if l.pipe != nil {
		l.end(l.pipe)
	}
}

// dispatch sends a message to the peer, if it wants it; otherwise that is done with. Send lock held.
func (l *lane) dispatch(m *ringmq.Message, borrowed bool) error {
	topic, _ := m.Parts()
	switch {
	case l.pipe == nil:
		return ringmq.ErrWouldBlock
	case l.want != nil && !l.want(topic):
		l.skip()
	case !l.writeTo(l.pipe, nil, m, borrowed):
		return ringmq.ErrWouldBlock
	}
	return nil
}

// skip has done with the item that the peer does not want.
func (l *lane) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys.Settled(l.item)
	l.check(l.consumer.Ack(spool.Range{First: l.item.Sequence, Last: l.item.Sequence}))
}
