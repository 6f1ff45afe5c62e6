package reqrep

import "github.com/ringmq/ringmq/socket"

var (
	_ socket.CanReceive = (*req)(nil)
	_ socket.CanReceive = (*rep)(nil)
	_ socket.CanSend    = (*req)(nil)
	_ socket.CanSend    = (*rep)(nil)
	_ socket.CanSend    = (*router)(nil)
)

// CanRecv is for the reply that is due, or the news that it will not come: out of turn there is none.
func (s *req) CanRecv() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn == turnLost || s.turn != turnSend && s.core.CanNext()
}

func (s *req) CanSend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mayAsk(false) == nil && s.core.CanWrite()
}

// CanRecv is for a request, once the last one is replied to.
func (s *rep) CanRecv() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.owes() && s.core.CanNext()
}

// CanSend is for the reply that is owed, which never waits.
func (s *rep) CanSend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owes()
}

// CanSend: a router drops what it cannot send, unless it is told not to. Then some peer must have room.
func (s *router) CanSend() bool {
	if !s.core.Mandatory() {
		return true
	}
	for _, p := range s.routes {
		if p.CanWrite() {
			return true
		}
	}
	return false
}
