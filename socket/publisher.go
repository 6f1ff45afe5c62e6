package socket

import (
	"context"
	"fmt"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/impatient"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

// publisher sends what is published through a spool. Durable subscribers, which have a name, are each a consumer of the
// spool and have a lane of their own: an outbox for one peer. All other subscribers are served by the pattern, from
// memory, as without a spool.
type publisher struct {
	lanes
	subs map[*Pipe]*durable // lanes.mu
}

// durable is a durable subscriber that is connected.
type durable struct {
	name  string
	ready bool         // the pipe has its peer
	start *spool.Start // what it has asked for; nil before it has

	mu     sync.Mutex // guards topics; a leaf
	topics topics.Set
}

// maxDurableName bounds the name of a durable subscriber, in bytes.
var maxDurableName = spool.MaxName - len(laneName(zmtp.Pub, ""))

// newPublisher returns the publisher of a PUB or an XPUB: either goes on where the other was.
func newPublisher(c *Core) *publisher {
	return &publisher{lanes: newLanes(c, zmtp.Pub), subs: make(map[*Pipe]*durable)}
}

// send appends a message for the durable subscribers, and sends it to the others. Where that has to wait ([WithNoDrop]), an
// error of ctx means that it went to the durable ones alone.
func (s *publisher) send(ctx context.Context, m *ringmq.Message, borrowed bool) error {
	e, _, err := s.append(ctx, m)
	if err != nil {
		return err
	}
	s.prod()
	if borrowed {
		return s.core.sendBytes(ctx, e.Message.Frames())
	}
	return s.core.send(ctx, &e.Message)
}

// trySend is send without waiting; subscribers that would have to be waited for lose the message, which is counted.
func (s *publisher) trySend(m *ringmq.Message) error {
	e, _, err := s.append(impatient.New(), m)
	if err != nil {
		return err
	}
	s.prod()
	if err = s.core.trySend(&e.Message, false); err == ringmq.ErrWouldBlock {
		s.core.Drop()
		return nil
	}
	return err
}

// sendBatch is send for many, which share the syncs of the spool.
func (s *publisher) sendBatch(ctx context.Context, ms []ringmq.Message) (int, error) {
	_, rs, err := s.appendBatch(ctx, ms)
	s.prod()
	for i := range rs {
		if err := s.core.send(ctx, &ms[i]); err != nil {
			return len(rs), err
		}
	}
	return len(rs), err
}

// prod has all lanes look at the spool.
func (s *publisher) prod() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.byName {
		l.prod()
	}
}

// introduce notes that the peer of p is, or is going to be, a durable subscriber.
func (s *publisher) introduce(p *Pipe, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs[p] == nil && len(name) > 0 && len(name) <= maxDurableName {
		s.subs[p] = &durable{name: name}
	}
}

// ready notes that p has its peer. Send lock held.
func (s *publisher) ready(p *Pipe) {
	p.lane.Store(nil)
	if peer := p.peer.Load(); peer != nil {
		name, _ := peer.Properties.Get(delivery.PropertySubscriber)
		s.introduce(p, name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.subs[p]; d != nil {
		d.ready = true
		s.begin(p, d)
	}
}

// forget notes that p has no peer any more.
func (s *publisher) forget(p *Pipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, p)
}

// subscribe notes a subscription, or its end; false if p is not that of a durable subscriber.
func (s *publisher) subscribe(p *Pipe, topic []byte, on bool) bool {
	s.mu.Lock()
	d := s.subs[p]
	s.mu.Unlock()
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !on:
		d.topics.Remove(topic)
	case !d.topics.Has(topic): // an XSUB repeats them, and takes back what it has said often once
		d.topics.Add(topic)
	}
	return true
}

func (d *durable) match(topic []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.topics.Match(topic)
}

// play notes where a subscriber wants to begin. The error, for a place that cannot be read, wraps [ringmq.ErrProtocol].
func (s *publisher) play(p *Pipe, from string) error {
	start, err := spool.ParseStart(from)
	if err != nil {
		return fmt.Errorf("%w: %w", ringmq.ErrProtocol, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.subs[p]; d != nil && d.start == nil {
		d.start = &start
		s.begin(p, d)
	}
	return nil
}

// begin serves a subscriber that is there and has said where to begin. s.mu held.
func (s *publisher) begin(p *Pipe, d *durable) {
	if d.ready && d.start != nil {
		s.core.spawn(func() { s.serve(p, d) }) // false if the socket is closed
	}
}

// serve opens the lane of a subscriber and has it lead to p. It runs on a goroutine of its own, since it waits for the
// disk.
func (s *publisher) serve(p *Pipe, d *durable) {
	s.opening.Lock()
	defer s.opening.Unlock()
	l, err := s.open(d.name, *d.start)
	if err != nil {
		s.core.trouble(fmt.Errorf("durable subscriber %q: %w", d.name, err))
		if cn := p.conn.Load(); cn != nil {
			cn.fail(err)
		}
		return
	}
	s.core.HoldsSend(func() {
		s.mu.Lock()
		current := s.subs[p] == d
		s.mu.Unlock()
		if current {
			l.move(p, d.match)
		}
	})
}
