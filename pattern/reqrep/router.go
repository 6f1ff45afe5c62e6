package reqrep

import (
	"encoding/binary"
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Router receives from its peers in turn, with the sender's routing id as first frame, and sends to the peer that the
// first frame names. A peer has the id that it announced ([socket.WithIdentity]), or one of five bytes that begins with
// a zero byte, made up when it connects. Its methods may be called by any number of goroutines at once.
//
// A message for an id that no peer has, or whose peer is at its high-water mark, is dropped and counted; with
// [socket.WithMandatory] Send returns [ringmq.ErrNoRoute], or waits.
//
// A second peer that announces the id of one that is there is disconnected when it sends something; libzmq keeps such a
// connection and never reads from it. With [socket.WithHandover] it takes the place of the first.
type Router struct {
	socket.Socket
	socket.Sender
	socket.Receiver
	state *router
}

// NewRouter makes a ROUTER socket. The error is for a bad option.
func NewRouter(opts ...socket.Option) (*Router, error) {
	var state *router
	build := func(c *socket.Core) socket.Pattern {
		state = &router{core: c, routes: make(map[string]*socket.Pipe), named: make(map[*socket.Pipe]bool)}
		return state
	}
	c, err := socket.New(socket.KindOf(socket.ROUTER), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Router{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c), state}, nil
}

// ConnectWithID is Connect to a peer that has the given routing id here, whatever it announces itself. Messages may be
// sent to it at once, and queue until it is there. Errors, besides those of Connect: [ringmq.ErrInvalidOption] unless id
// has 1 to 255 bytes of which the first is not zero; [ringmq.ErrAddrInUse] if a peer has it; [ringmq.ErrState] if the
// socket was made [socket.WithImmediate], which is against queueing. (ZMQ_CONNECT_ROUTING_ID)
func (s *Router) ConnectWithID(endpoint, id string) error {
	_, err := s.state.core.ConnectBy(endpoint, func(p *socket.Pipe) error { return s.state.name(p, id) })
	return err
}

type router struct {
	socket.Base
	core   *socket.Core
	routes map[string]*socket.Pipe // send lock
	named  map[*socket.Pipe]bool   // have their id from ConnectWithID; send lock
	auto   uint32                  // send lock
}

// duplicate is the tag of a peer whose id is another's.
var duplicate = []byte{}

func isDuplicate(tag []byte) bool { return tag != nil && len(tag) == 0 }

// name gives the pipe its id for good.
func (s *router) name(p *socket.Pipe, id string) error {
	if err := socket.CheckIdentity(id); err != nil {
		return err
	}
	if s.core.Immediate() {
		return fmt.Errorf("%w: WithImmediate is against queueing for a peer that is not there", ringmq.ErrState)
	}
	if s.routes[id] != nil {
		return &ringmq.Error{Value: id, Err: fmt.Errorf("%w: another peer has the routing id", ringmq.ErrAddrInUse)}
	}
	s.routes[id] = p
	s.named[p] = true
	p.SetTag([]byte(id))
	return nil
}

// Attach makes up an id for a peer that has not said its own yet; it has no route before it is Ready.
func (s *router) Attach(p *socket.Pipe) {
	if !p.Accepted() && p.Tag() == nil {
		p.SetTag(s.autoID(p))
	}
}

// Ready gives the peer its route. Pipe.Tag is the id that it got.
func (s *router) Ready(p *socket.Pipe) {
	if s.named[p] {
		return
	}
	id := p.Identity()
	if len(id) == 0 {
		id = s.autoID(p)
	}
	s.unroute(p) // it may have come back with another id
	if first := s.routes[string(id)]; first != nil {
		if !s.core.Handover() {
			p.SetTag(duplicate)
			return
		}
		first.Expel()
	}
	s.routes[string(id)] = p
	p.SetTag(id)
}

// autoID makes up an id, or keeps the one of a pipe that was connected before (RFC 28).
func (s *router) autoID(p *socket.Pipe) []byte {
	if id := p.Tag(); len(id) == 5 && id[0] == 0 {
		return id
	}
	s.auto++
	return binary.BigEndian.AppendUint32([]byte{0}, s.auto)
}

func (s *router) Detach(p *socket.Pipe) {
	s.unroute(p)
	delete(s.named, p)
}

func (s *router) unroute(p *socket.Pipe) {
	if id := p.Tag(); id != nil && s.routes[string(id)] == p {
		delete(s.routes, string(id))
	}
}

func (s *router) Send(m *ringmq.Message, borrowed bool) error {
	p := s.routes[string(m.Frame(0))]
	mandatory := s.core.Mandatory()
	body := *m
	if m.Len() > 1 {
		socket.Strip(&body, 1)
	}
	switch {
	case p == nil && mandatory:
		return s.core.SendError(string(m.Frame(0)), ringmq.ErrNoRoute)
	case p == nil:
		s.core.Drop()
		return nil
	case m.Len() == 1: // there is nothing to send; libzmq passes over it too
		return nil
	case p.Write(nil, &body, borrowed):
		return nil
	case mandatory:
		return ringmq.ErrWouldBlock
	}
	p.Drop()
	return nil
}

// Deliver refuses a peer whose id is another's.
func (s *router) Deliver(p *socket.Pipe, _ *ringmq.Message) socket.Verdict {
	if isDuplicate(p.Tag()) {
		return socket.Refuse
	}
	return socket.Enqueue
}

// Recv passes over what came of a peer before its id turned out to be another's.
func (s *router) Recv(m *ringmq.Message) error {
	for {
		p := s.core.Next(m)
		if p == nil {
			return ringmq.ErrWouldBlock
		}
		if id := p.Tag(); !isDuplicate(id) {
			s.core.Prepend(id, m)
			return nil
		}
		m.Release()
		p.Drop()
	}
}
