package reqrep

import (
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Rep receives requests from its peers in turn and sends a reply to each. Its methods may be called by any number of
// goroutines at once, but there is one request at a time.
//
// [socket.WithAck] has it take requests of a REQ with a spool: the reply is the acknowledgement, and Ack does nothing. Such a
// request may come again if the reply was lost; its Delivery says how often it was sent, and by Producer and Sequence which it
// is. While the program has it, and where a reply can still reach the requester, it does not come a second time. Nack gives it
// back in place of a reply: it comes again, or goes to another REP.
type Rep struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewRep makes a REP socket. The error is for a bad option.
func NewRep(opts ...socket.Option) (*Rep, error) {
	build := func(c *socket.Core) socket.Pattern { return &rep{core: c} }
	c, err := socket.New(socket.KindOf(socket.REP), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Rep{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type rep struct {
	socket.Base
	core *socket.Core

	mu       sync.Mutex // after either of the socket's locks
	owing    bool
	ticket   ringmq.Ticket // of the request, if a reply is owed and the peer has a spool
	from     *socket.Pipe  // who waits for the reply
	envelope [][]byte      // copies: the program may release the request
	buf      []byte
}

func (s *rep) Detach(p *socket.Pipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from == p {
		s.from = nil
	}
}

// Lost: the reply is for nobody who may come in its place (RFC 28).
func (s *rep) Lost(p *socket.Pipe) { s.Detach(p) }

// Deliver passes over a request without a delimiter or without a body: there is nothing that it could be answered to,
// and libzmq does the same.
func (s *rep) Deliver(_ *socket.Pipe, m *ringmq.Message) socket.Verdict {
	if n := envelopeLen(m); n == 0 || n == m.Len() {
		return socket.Discard
	}
	return socket.Enqueue
}

// envelopeLen is the number of frames up to and with the first empty one, 0 if there is none.
func envelopeLen(m *ringmq.Message) int {
	for i := range m.Len() {
		if len(m.Frame(i)) == 0 {
			return i + 1
		}
	}
	return 0
}

func (s *rep) Recv(m *ringmq.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owes() {
		return s.core.OutOfTurn("receive", "the last request has not been replied to")
	}
	p := s.core.Next(m)
	for p != nil && s.core.Stale(m) {
		m.Release()
		p = s.core.Next(m)
	}
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	n := envelopeLen(m)
	s.ticket = m.Ticket()
	s.keep(m, n)
	if s.owing, s.from = true, p; !p.Sent(m) {
		s.from = nil // the requester is gone
	}
	socket.Strip(m, n)
	s.core.SendChanged()
	return nil
}

// owes reports whether a reply is owed. The program may have given the request back by Nack. s.mu held.
func (s *rep) owes() bool {
	if s.owing && s.core.Refused(s.ticket) {
		s.owing, s.ticket, s.from = false, nil, nil
	}
	return s.owing
}

// keep copies the envelope.
func (s *rep) keep(m *ringmq.Message, n int) {
	s.buf, s.envelope = s.buf[:0], s.envelope[:0]
	size := 0
	for i := range n {
		size += len(m.Frame(i))
	}
	if cap(s.buf) < size {
		s.buf = make([]byte, 0, size)
	}
	for i := range n {
		at := len(s.buf)
		s.buf = append(s.buf, m.Frame(i)...)
		s.envelope = append(s.envelope, s.buf[at:len(s.buf):len(s.buf)])
	}
}

// Send replies. A requester that is gone, or that does not read its replies, loses its own: the reply is dropped and
// counted.
func (s *rep) Send(m *ringmq.Message, borrowed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.owes() {
		return s.core.OutOfTurn("send", "there is no request to reply to")
	}
	p, ticket := s.from, s.ticket
	s.owing, s.ticket, s.from = false, nil, nil
	defer s.core.Replied(ticket)
	switch {
	case p == nil:
		s.core.Drop()
	case p.Local() && !borrowed:
		// The receiver keeps the envelope for as long as it likes, and ours is used again.
		if !p.Write(cloneFrames(s.envelope), m, false) {
			p.Drop()
		}
	case !p.Write(s.envelope, m, borrowed):
		p.Drop()
	}
	s.core.RecvChanged()
	return nil
}

func cloneFrames(fs [][]byte) [][]byte {
	if len(fs) == 1 && len(fs[0]) == 0 {
		return delimiter
	}
	return ringmq.NewMessage(fs...).Clone().Frames()
}
