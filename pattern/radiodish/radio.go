package radiodish

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// Radio sends each message, a group and a body, to the peers that have joined the group. It has no receiving methods.
// Its methods may be called by any number of goroutines at once.
//
// Send does not wait: it drops the message for a peer at its high-water mark, and counts it, or with
// [socket.WithNoDrop] waits. It returns [ringmq.ErrInvalidMessage] for a message that is not a group and a body, and
// [ringmq.ErrTooLarge] for a group of more than [MaxGroup] bytes, and while it is connected over udp for a message that
// is no datagram of at most [socket.MaxDatagram] bytes. Over udp it does not bind: [ringmq.ErrUnsupported].
type Radio struct {
	socket.Socket
	socket.Sender
}

// NewRadio makes a RADIO socket. The error is for a bad option.
func NewRadio(opts ...socket.Option) (*Radio, error) {
	build := func(c *socket.Core) socket.Pattern { return &radio{core: c} }
	c, err := socket.New(socket.KindOf(socket.RADIO), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Radio{socket.NewSocket(c), socket.NewSender(c)}, nil
}

type radio struct {
	socket.Base
	core  *socket.Core
	index topics.Index[*socket.Pipe] // of whole groups; send lock
	buf   []byte                     // send lock
	wide  int                        // pipes that lead to datagrams, and take every group; send lock
}

// whole is the group as the index has it. The index matches by the beginning; with the zero byte at the end, which no
// group contains, a group begins with no other. Send lock held.
func (s *radio) whole(group []byte) []byte {
	s.buf = append(append(s.buf[:0], group...), 0)
	return s.buf
}

// Attach has what is sent as datagrams go there whatever the group: nobody can tell which are wanted. All groups begin
// with nothing.
func (s *radio) Attach(p *socket.Pipe) {
	if p.Datagrams() {
		s.index.Add(nil, p)
		s.wide++
	}
}

// Lost and Detach: a peer that comes back joins anew.
func (s *radio) Lost(p *socket.Pipe) { s.index.RemovePeer(p, func([]byte) {}) }

func (s *radio) Detach(p *socket.Pipe) {
	if _, was := s.index.Remove(nil, p); was {
		s.wide--
	}
	s.Lost(p)
}

// Join notes that p has joined a group, or left it. What is no group has no messages, and is passed over. A peer that
// joins twice is a member once, and leaves at once.
func (s *radio) Join(p *socket.Pipe, group []byte, on bool) {
	if checkGroup(group, ringmq.ErrProtocol) != nil {
		return
	}
	s.core.HoldsSend(func() {
		if on {
			s.index.Add(s.whole(group), p)
		} else {
			s.index.Remove(s.whole(group), p)
		}
	})
	s.core.SendChanged()
}

func (s *radio) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.core.WantFrames(m, 2); err != nil {
		return err
	}
	group, _ := m.Parts()
	if err := checkGroup(group, ringmq.ErrInvalidMessage); err != nil {
		return s.core.SendError(string(group), err)
	}
	if s.wide > 0 {
		if err := s.core.FitsDatagram(1 + m.Size()); err != nil {
			return err
		}
	}
	return s.core.Fanout(s.index.Match(s.whole(group)), m, borrowed)
}

// Deliver throws away whatever a dish sends (RFC 48).
func (s *radio) Deliver(*socket.Pipe, *ringmq.Message) socket.Verdict { return socket.Discard }
