package reqrep

import (
	"encoding/binary"

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
// connection and never reads from it.
type Router struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewRouter makes a ROUTER socket. The error is for a bad option.
func NewRouter(opts ...socket.Option) (*Router, error) {
	build := func(c *socket.Core) socket.Pattern { return &router{core: c, routes: make(map[string]*socket.Pipe)} }
	c, err := socket.New(socket.KindOf(socket.ROUTER), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Router{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type router struct {
	socket.Base
	core   *socket.Core
	routes map[string]*socket.Pipe // send lock
	auto   uint32                  // send lock
}

// Ready gives the peer its route. Pipe.Tag is the id that it got, or unset for one whose id is taken.
func (s *router) Ready(p *socket.Pipe) {
	id := p.Identity()
	if len(id) == 0 {
		id = s.autoID(p)
	}
	s.Detach(p) // it may have come back with another id
	if _, taken := s.routes[string(id)]; taken {
		p.SetTag(nil)
		return
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
	if p.Tag() == nil {
		return socket.Refuse
	}
	return socket.Enqueue
}

func (s *router) Recv(m *ringmq.Message) error {
	p := s.core.Next(m)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	s.core.Prepend(p.Tag(), m)
	return nil
}
