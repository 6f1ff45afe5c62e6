package reqrep

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// delimiter ends the envelope (RFC 28).
var delimiter = [][]byte{{}}

// numberSize is the length in bytes of the frame that tells requests apart.
const numberSize = 4

// turn is whose turn it is.
type turn uint8

const (
	turnSend  turn = iota // the program's, to send
	turnWait              // the peer's, to reply
	turnReply             // the reply is here: the program's, to receive
	turnLost              // the peer is gone: the program's, to be told so or to send
)

// req keeps the turns of a REQ.
//
//	       Send               Deliver              Recv
//	send ───────> wait ───────────────> reply ──────────────> send
//	               │ Lost, Detach
//	               └────────> lost ── Recv: ErrNoRoute ──> send
//
// A Send in any other state is out of turn, unless the socket is relaxed.
type req struct {
	socket.Base
	core  *socket.Core
	peers socket.Rotation
	calls chan struct{} // has one while a Request is under way

	mu       sync.Mutex // after either of the socket's locks
	turn     turn
	call     bool           // the exchange is a Request's
	numbered bool           // the request carries its number
	number   uint32         // of the last request that did
	asked    *socket.Pipe   // the peer that owes the reply
	late     []*socket.Pipe // peers with a reply in their queue that nobody waits for any more: one entry for each reply
}

func newReq(c *socket.Core) *req {
	// A number of an earlier life with the same identity must not come again soon.
	return &req{core: c, calls: make(chan struct{}, 1), number: rand.Uint32()}
}

func (s *req) Attach(p *socket.Pipe) { s.peers.Add(p) }

// Detach: whether or not it has replied, a peer that was disconnected on purpose is not heard any more.
func (s *req) Detach(p *socket.Pipe) {
	s.peers.Remove(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Leaving() {
		s.late = slices.DeleteFunc(s.late, func(o *socket.Pipe) bool { return o == p })
	}
	if s.turn == turnWait || s.turn == turnReply && p.Leaving() {
		s.lose(p)
	}
}

// Lost: what the peer has been given is lost with it, what has not been written goes to the next connection.
func (s *req) Lost(p *socket.Pipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn == turnWait && p.Unsent() == 0 {
		s.lose(p)
	}
}

func (s *req) lose(p *socket.Pipe) {
	if s.asked == p {
		s.turn = turnLost
		s.core.RecvChanged()
		s.core.SendChanged()
	}
}

// Send is for a request by itself, ask for one of Request.
func (s *req) Send(m *ringmq.Message, borrowed bool) error { return s.send(m, borrowed, false) }
func (s *req) ask(m *ringmq.Message) error                 { return s.send(m, false, true) }

func (s *req) send(m *ringmq.Message, borrowed, call bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayAsk(call); err != nil {
		return err
	}
	numbered, env := call || s.core.Correlated(), delimiter
	if numbered {
		env = envelope(s.number + 1)
	}
	p := s.peers.Send(env, m, borrowed)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	if numbered {
		s.number++
	}
	s.begin(turnWait, p)
	s.call, s.numbered = call, numbered
	s.core.RecvChanged() // a Poller that saw no reply to come looks for this one
	return nil
}

func (s *req) mayAsk(call bool) error {
	switch {
	case s.call && !call:
		return s.core.OutOfTurn("send", "a Request is under way")
	case s.turn == turnSend, s.turn == turnLost, s.core.Relaxed():
		return nil
	}
	return s.core.OutOfTurn("send", "the reply to the last request has not been received")
}

// envelope is that of a request with a number. Over inproc the receiver keeps it.
func envelope(number uint32) [][]byte {
	return [][]byte{binary.BigEndian.AppendUint32(nil, number), {}}
}

// begin starts a turn; a reply that was there and not received is too late from now on.
func (s *req) begin(t turn, p *socket.Pipe) {
	if s.turn == turnReply {
		s.late = append(s.late, s.asked)
	}
	s.turn, s.asked, s.call = t, p, false
}

// giveUp ends a Request that has failed.
func (s *req) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.call {
		s.begin(turnSend, nil)
		s.core.SendChanged()
	}
}

// Deliver takes the one reply that is due. A reply from another peer, a second one, or one with another number is too
// late and not there. What is no reply at all ends the connection.
func (s *req) Deliver(p *socket.Pipe, m *ringmq.Message) socket.Verdict {
	number, numbered, ok := replyTo(m)
	if !ok {
		return socket.Refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.turn != turnWait, p != s.asked, numbered != s.numbered, numbered && number != s.number:
		return socket.Discard
	}
	s.turn = turnReply
	return socket.Enqueue
}

// Recv is for a reply by itself, answer for one of Request.
func (s *req) Recv(m *ringmq.Message) error   { return s.recv(m, false) }
func (s *req) answer(m *ringmq.Message) error { return s.recv(m, true) }

func (s *req) recv(m *ringmq.Message, call bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayTake(call); err != nil {
		return err
	}
	for p := s.core.Next(m); ; p = s.core.Next(m) {
		if p == nil {
			return ringmq.ErrWouldBlock
		}
		i := slices.Index(s.late, p)
		if i < 0 {
			break
		}
		s.late = slices.Delete(s.late, i, i+1)
		m.Release()
	}
	s.turn, s.asked, s.call = turnSend, nil, false
	s.core.SendChanged() // for who polls
	if s.numbered {
		socket.Strip(m, 2)
	} else {
		socket.Strip(m, 1)
	}
	return nil
}

func (s *req) mayTake(call bool) error {
	switch {
	case s.call && !call:
		s.core.RecvChanged() // it may have been the Request that was to be woken
		return s.core.OutOfTurn("receive", "the reply is for a Request that is under way")
	case s.turn == turnSend:
		return s.core.OutOfTurn("receive", "no request has been sent")
	case s.turn == turnLost:
		p := s.asked
		s.begin(turnSend, nil)
		s.core.SendChanged()
		return s.core.PeerGone(p)
	}
	return nil
}
