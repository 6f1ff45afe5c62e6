package reqrep

import (
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Req sends a request to its peers in turn and receives the reply. Its methods may be called by any number of
// goroutines at once, but there is one request at a time.
type Req struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewReq makes a REQ socket. The error is for a bad option.
func NewReq(opts ...socket.Option) (*Req, error) {
	build := func(c *socket.Core) socket.Pattern { return &req{core: c} }
	c, err := socket.New(socket.KindOf(socket.REQ), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Req{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

// delimiter ends the envelope (RFC 28).
var delimiter = [][]byte{{}}

// turn is whose turn it is.
type turn uint8

const (
	turnSend  turn = iota // the program's, to send
	turnWait              // the peer's, to reply
	turnReply             // the reply is here: the program's, to receive
)

type req struct {
	socket.Base
	core  *socket.Core
	peers socket.Rotation

	mu    sync.Mutex // after either of the socket's locks
	turn  turn
	asked *socket.Pipe // the peer that owes the reply
}

func (s *req) Attach(p *socket.Pipe) { s.peers.Add(p) }
func (s *req) Detach(p *socket.Pipe) { s.peers.Remove(p) }

func (s *req) Send(m *ringmq.Message, borrowed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != turnSend {
		return s.core.OutOfTurn("send", "the reply to the last request has not been received")
	}
	p := s.peers.Send(delimiter, m, borrowed)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	s.turn, s.asked = turnWait, p
	return nil
}

// Deliver takes the one reply that is due. A reply from another peer, or a second one, is too late and not there.
func (s *req) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if m.Len() < 2 || len(m.Frame(0)) > 0 {
		return socket.Refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != turnWait || p != s.asked {
		return socket.Discard
	}
	s.turn = turnReply
	return socket.Enqueue
}

func (s *req) Recv(m *ringmq.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn == turnSend {
		return s.core.OutOfTurn("receive", "no request has been sent")
	}
	if s.core.Next(m) == nil {
		return ringmq.ErrWouldBlock
	}
	s.turn, s.asked = turnSend, nil
	socket.Strip(m, 1)
	return nil
}
