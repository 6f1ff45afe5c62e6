package clientserver

import (
	"encoding/binary"
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Server receives from its peers in turn and sends to the one that a message names. Its messages have two frames, the
// routing id and the body; see [RoutingID] and [To]. A message from a peer that has several frames is thrown away. Its
// methods may be called by any number of goroutines at once.
//
// Send waits where the peer is at its high-water mark. It returns [ringmq.ErrNoRoute] for an id that no peer has, or no
// longer has: a client that comes back after its connection was lost has a new one. [ringmq.ErrInvalidMessage] is for a
// message that is not an id and a body.
type Server struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewServer makes a SERVER socket. The error is for a bad option.
func NewServer(opts ...socket.Option) (*Server, error) {
	c, err := socket.New(socket.KindOf(socket.SERVER), newServer, opts...)
	if err != nil {
		return nil, err
	}
	return &Server{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

// server is what SERVER and PEER share.
type server struct {
	socket.Single
	routes map[uint32]*socket.Pipe // send lock
	last   uint32                  // the id given out last; send lock
}

func newServer(c *socket.Core) socket.Pattern {
	return &server{Single: socket.NewSingle(c), routes: make(map[uint32]*socket.Pipe)}
}

// Attach gives the pipe its id, for as long as it is there. Pipe.Tag is the id as it stands in messages.
func (s *server) Attach(p *socket.Pipe) {
	id := s.nextID()
	s.routes[id] = p
	p.SetTag(binary.BigEndian.AppendUint32(nil, id))
}

// nextID returns an id that no pipe has, and not 0 (RFC 41). They run upwards, so that one is not given out again until
// all others have been.
func (s *server) nextID() uint32 {
	for {
		s.last++
		if s.last != 0 && s.routes[s.last] == nil {
			return s.last
		}
	}
}

func (s *server) Detach(p *socket.Pipe) {
	if id := readID(p.Tag()); s.routes[id] == p {
		delete(s.routes, id)
	}
}

func (s *server) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.Core.WantFrames(m, 2); err != nil {
		return err
	}
	first, _ := m.Parts()
	if len(first) != idSize {
		return s.Core.SendError(string(first), fmt.Errorf("%w: a routing id has %d bytes", ringmq.ErrInvalidMessage, idSize))
	}
	id := readID(first)
	p := s.routes[id]
	if p == nil {
		return s.Core.SendError(fmt.Sprint(id), ringmq.ErrNoRoute)
	}
	body := *m
	socket.Strip(&body, 1)
	if !p.Write(nil, &body, borrowed) {
		return ringmq.ErrWouldBlock
	}
	return nil
}

func (s *server) Recv(m *ringmq.Message) error {
	p := s.Core.Next(m)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	s.Core.Prepend(p.Tag(), m)
	return nil
}
