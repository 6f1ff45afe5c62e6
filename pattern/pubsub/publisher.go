package pubsub

import (
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/topics"
	"github.com/ringmq/ringmq/socket"
)

// publisher is what PUB and XPUB share.
type publisher struct {
	socket.Base
	core   *socket.Core
	opts   socket.PubSub
	index  topics.Index[*socket.Pipe] // send lock
	others *inverse                   // of WithInvertMatching, else nil; send lock
}

func (s *publisher) init(c *socket.Core) {
	s.core, s.opts = c, c.PubSub()
	if s.opts.Invert {
		s.others = new(inverse)
	}
}

// Ready welcomes a peer. One of ZMTP 1.0 filters by itself and says nothing of it.
func (s *publisher) Ready(p *socket.Pipe) {
	s.greet(p)
	if p.FiltersItself() {
		s.index.Add(nil, p)
	}
}

// greet sends the welcome to a peer that has come.
func (s *publisher) greet(p *socket.Pipe) {
	if s.others != nil {
		s.others.add(p)
	}
	if w := s.opts.Welcome; w != nil && !p.Write(nil, w, false) {
		p.Drop()
	}
}

// Lost and Detach: a peer that comes back subscribes anew.
func (s *publisher) Lost(p *socket.Pipe) {
	s.index.RemovePeer(p, func([]byte) {})
	s.leave(p)
}

func (s *publisher) Detach(p *socket.Pipe) { s.Lost(p) }

func (s *publisher) leave(p *socket.Pipe) {
	if s.others != nil {
		s.others.remove(p)
	}
}

// Subscribe notes a subscription of p, or its end.
func (s *publisher) Subscribe(p *socket.Pipe, topic []byte, on bool) {
	s.core.HoldsSend(func() {
		if on {
			s.index.Add(topic, p)
		} else {
			s.index.Remove(topic, p)
		}
		s.changed()
	})
	s.core.SendChanged()
}

// changed is called after each change of the index.
func (s *publisher) changed() {
	if s.others != nil {
		s.others.forget()
	}
}

func (s *publisher) Send(m *ringmq.Message, borrowed bool) error {
	topic, _ := m.Parts()
	return s.core.Fanout(s.match(topic), m, borrowed)
}

// SendShort is for a message to the one peer that alone had the last one.
func (s *publisher) SendShort(body []byte) bool {
	p := s.core.Lone()
	if p == nil {
		return false
	}
	peers := s.match(body)
	return len(peers) == 1 && peers[0] == p && p.WriteShort(body)
}

// match lists the peers that get a message of the topic. Send lock held.
func (s *publisher) match(topic []byte) []*socket.Pipe {
	peers := s.index.Match(topic)
	if s.others != nil {
		return s.others.of(peers)
	}
	return peers
}

// maxInverses is the number of lists that an inverse keeps before it begins anew.
const maxInverses = 1 << 10

// inverse turns lists of peers into those of all other peers. It remembers them, for Fanout knows a list that comes
// again by where it lies. Send lock.
type inverse struct {
	all   []*socket.Pipe // that are ready
	known map[**socket.Pipe][]*socket.Pipe
}

func (v *inverse) add(p *socket.Pipe) {
	v.all = append(v.all, p)
	v.forget()
}

func (v *inverse) remove(p *socket.Pipe) {
	v.all = slices.DeleteFunc(v.all, func(o *socket.Pipe) bool { return o == p })
	v.forget()
}

func (v *inverse) forget() { v.known = nil }

// of lists the peers that are not among peers, which the index has found.
func (v *inverse) of(peers []*socket.Pipe) []*socket.Pipe {
	var at **socket.Pipe
	if len(peers) > 0 {
		at = &peers[0]
	}
	if list, ok := v.known[at]; ok {
		return list
	}
	if v.known == nil || len(v.known) == maxInverses {
		v.known = make(map[**socket.Pipe][]*socket.Pipe)
	}
	list := v.without(peers)
	v.known[at] = list
	return list
}

func (v *inverse) without(peers []*socket.Pipe) (rest []*socket.Pipe) {
	in := make(map[*socket.Pipe]bool, len(peers))
	for _, p := range peers {
		in[p] = true
	}
	for _, p := range v.all {
		if !in[p] {
			rest = append(rest, p)
		}
	}
	return rest
}
