package reqrep

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// kept is the pattern of a REQ with a spool. Whose turn it is, is a matter of what is in the spool: the socket's Asker keeps
// the turns. Every request carries its number, which it keeps when it is sent again: the reply of any peer will do.
type kept struct {
	socket.Base
	core  *socket.Core
	peers socket.Rotation
	calls chan struct{} // has one while a Request is under way
}

var (
	_ socket.CanReceive = (*kept)(nil)
	_ socket.CanSend    = (*kept)(nil)
)

func newKept(c *socket.Core) *kept { return &kept{core: c, calls: make(chan struct{}, 1)} }

func (s *kept) Attach(p *socket.Pipe) { s.peers.Add(p) }

func (s *kept) Detach(p *socket.Pipe) {
	s.peers.Remove(p)
	s.Lost(p)
}

func (s *kept) Lost(p *socket.Pipe) { s.core.Asker().Gone(p) }

// Send writes the request that is due.
func (s *kept) Send(m *ringmq.Message, borrowed bool) error {
	a := s.core.Asker()
	p := s.peers.Send(envelope(a.Number()), m, borrowed)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	a.Asked(p)
	return nil
}

// Deliver takes the reply that is due. What is no reply at all ends the connection.
func (s *kept) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	number, numbered, ok := replyTo(m)
	switch {
	case !ok:
		return socket.Refuse
	case !numbered:
		return socket.Discard
	}
	return s.core.Asker().Answer(p, number)
}

// Recv is for a reply by itself, answer for one of Request.
func (s *kept) Recv(m *ringmq.Message) error   { return s.recv(m, false) }
func (s *kept) answer(m *ringmq.Message) error { return s.recv(m, true) }

func (s *kept) recv(m *ringmq.Message, call bool) error {
	a := s.core.Asker()
	if err := a.MayRecv(call); err != nil {
		return err
	}
	for s.core.Next(m) != nil {
		if number, _, _ := replyTo(m); a.HandOver(m, number) {
			socket.Strip(m, 2)
			return nil
		}
		m.Release() // to a request that was given up
	}
	return ringmq.ErrWouldBlock
}

func (s *kept) request(ctx context.Context, m ringmq.Message) (ringmq.Message, error) {
	a := s.core.Asker()
	if err := s.core.Enter(ctx, s.calls, "request"); err != nil {
		return ringmq.Message{}, err
	}
	defer func() { <-s.calls }()
	if err := a.Ask(ctx, &m); err != nil {
		return ringmq.Message{}, err
	}
	reply, err := s.core.RecvBy(ctx, s.answer)
	if err != nil {
		a.EndCall()
	}
	return reply, err
}

// CanRecv is for the reply that is due, or the news that it will not come.
func (s *kept) CanRecv() bool { return s.core.Asker().CanRecv() }

// CanSend is for the next request, once the program has the reply to the last.
func (s *kept) CanSend() bool { return s.core.Asker().CanSend() }

// replyTo is the number in the envelope of a reply, if it has one; ok is false for what is no reply (RFC 28).
func replyTo(m *ringmq.Message) (number uint32, numbered, ok bool) {
	first, rest := m.Parts()
	if len(first) == numberSize && len(rest) > 1 && len(rest[0]) == 0 {
		return binary.BigEndian.Uint32(first), true, true
	}
	return 0, false, len(first) == 0 && len(rest) > 0
}

// Unanswered returns a copy of the request whose reply has not been received: with a spool it outlives the process that has
// sent it, and a program that begins asks this first. If there is one it is the socket's turn to wait for that reply, and
// Recv returns it. Without a spool, and if there is none, it is false.
func (s *Req) Unanswered() (ringmq.Message, bool) {
	if s.kept == nil {
		return ringmq.Message{}, false
	}
	return s.kept.core.Asker().Unanswered()
}

// GiveUp takes the request whose reply has not been received out of the spool, so that the next may be sent. A reply that
// comes later is thrown away. Errors: [ringmq.ErrState] if there is none, if a Request waits for the reply, and without a
// spool; [ringmq.ErrClosed].
func (s *Req) GiveUp() error {
	if s.kept == nil {
		return &ringmq.Error{Socket: s.Type(), Op: "give up", Err: fmt.Errorf("%w: only with a spool", ringmq.ErrState)}
	}
	return s.kept.core.Asker().GiveUp()
}
