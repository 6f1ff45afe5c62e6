package radiodish

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Dish receives the messages, each a group and a body, of the groups that it has joined; without one it receives
// nothing. It has no sending methods. Over udp it does not connect: [ringmq.ErrUnsupported]. Its methods may be called
// by any number of goroutines at once.
type Dish struct {
	socket.Socket
	socket.Receiver
	dish *dish
}

// NewDish makes a DISH socket. The error is for a bad option.
func NewDish(opts ...socket.Option) (*Dish, error) {
	s := &dish{groups: make(map[string]struct{})}
	build := func(c *socket.Core) socket.Pattern { s.Core = c; return s }
	c, err := socket.New(socket.KindOf(socket.DISH), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Dish{socket.NewSocket(c), socket.NewReceiver(c), s}, nil
}

// Join adds a group. Peers are told now and whenever they connect. Errors: [ringmq.ErrState] if the group has been
// joined, [ringmq.ErrTooLarge] for more than [MaxGroup] bytes, [ringmq.ErrInvalidOption] for a zero byte among them,
// [ringmq.ErrClosed]. (zmq_join)
func (s *Dish) Join(group string) error { return s.dish.change("join", group, true) }

// Leave takes a group back. Messages that have arrived already are still received. Errors: [ringmq.ErrNotFound] if the
// group has not been joined, [ringmq.ErrClosed]. (zmq_leave)
func (s *Dish) Leave(group string) error { return s.dish.change("leave", group, false) }

type dish struct {
	socket.Fair
	peers []*socket.Pipe // that are ready; send lock

	mu     sync.RWMutex        // after the send lock
	groups map[string]struct{} // written with both locks held, read with either
}

func (s *dish) change(op, group string, on bool) (err error) {
	if s.Core.IsClosed() {
		return s.Core.Closed(op)
	}
	s.Core.HoldsSend(func() {
		if err = s.set(group, on); err == nil {
			s.tell(group, on)
		}
	})
	if err != nil {
		return &ringmq.Error{Socket: socket.DISH, Op: op, Value: group, Err: err}
	}
	return nil
}

// set changes the groups. Send lock held.
func (s *dish) set(group string, on bool) error {
	if err := checkGroup([]byte(group), ringmq.ErrInvalidOption); on && err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, joined := s.groups[group]; {
	case on && joined:
		return fmt.Errorf("%w: the group has been joined", ringmq.ErrState)
	case on:
		s.groups[group] = struct{}{}
	case !joined:
		return fmt.Errorf("%w: the group has not been joined", ringmq.ErrNotFound)
	default:
		delete(s.groups, group)
	}
	return nil
}

// tell tells all peers. Send lock held.
func (s *dish) tell(group string, on bool) {
	for _, p := range s.peers {
		p.SendJoin(on, group)
	}
}

// Ready tells a new peer of each group.
func (s *dish) Ready(p *socket.Pipe) {
	s.peers = append(s.peers, p)
	p.SendJoin(true, slices.Sorted(maps.Keys(s.groups))...)
}

// Lost and Detach forget a peer that is not there any more.
func (s *dish) Lost(p *socket.Pipe) {
	if i := slices.Index(s.peers, p); i >= 0 {
		s.peers = slices.Delete(s.peers, i, i+1)
	}
}

func (s *dish) Detach(p *socket.Pipe) { s.Lost(p) }

// Deliver filters, since a radio may not know yet that a group was left. What is not a group and a body ends the
// connection, as in libzmq.
func (s *dish) Deliver(_ *socket.Pipe, m *ringmq.Message) socket.Verdict {
	group, rest := m.Parts()
	if len(rest) != 1 || len(group) > MaxGroup {
		return socket.Refuse
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, joined := s.groups[string(group)]; joined {
		return socket.Enqueue
	}
	return socket.Discard
}
