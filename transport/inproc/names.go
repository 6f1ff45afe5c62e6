package inproc

import (
	"container/list"
	"sync"
)

// names is the set of names that are bound or waited for. Its methods may be called by many goroutines; none calls
// out while it holds the lock.
type names struct {
	mu     sync.Mutex
	byName map[string]*name
}

// name is one entry; it is there for as long as it is bound or a peer waits for it.
type name struct {
	bound   *binding  // nil: nobody
	open    bool      // the binding goroutine has accepted all who waited
	waiting list.List // of *waiter, in the order of their coming; empty while open
}

// binding is one call of Bind; as a pointer it tells that call from every other of the same name.
type binding struct {
	accept func(peer any)
}

// waiter is one peer that waits.
type waiter struct {
	peer    any
	element *list.Element // its place in name.waiting; nil once it has left
}

// entry returns the entry for n, which it makes if need be. The caller holds mu.
func (s *names) entry(n string) *name {
	e := s.byName[n]
	if e == nil {
		e = new(name)
		s.byName[n] = e
	}
	return e
}

// tidy drops an entry that holds nothing. The caller holds mu.
func (s *names) tidy(n string, e *name) {
	if e.bound == nil && e.waiting.Len() == 0 {
		delete(s.byName, n)
	}
}

// bind gives n to b unless somebody has it. Until admit says that there is no more, peers still wait.
func (s *names) bind(n string, b *binding) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(n)
	if e.bound != nil {
		return false
	}
	e.bound, e.open = b, false
	return true
}

// admit takes the peer that has waited longest. Without one it opens the name and returns false. Only the goroutine
// that has bound n calls it.
func (s *names) admit(n string) (peer any, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byName[n]
	front := e.waiting.Front()
	if front == nil {
		e.open = true
		return nil, false
	}
	return e.leave(front), true
}

// unbind frees n if b still has it.
func (s *names) unbind(n string, b *binding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byName[n]; e != nil && e.bound == b {
		e.bound, e.open = nil, false
		s.tidy(n, e)
	}
}

// connect returns the binding that the caller has to hand peer to, or the waiter that peer has become.
func (s *names) connect(n string, peer any) (*binding, *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(n)
	if e.open {
		return e.bound, nil
	}
	w := &waiter{peer: peer}
	w.element = e.waiting.PushBack(w)
	return nil, w
}

// cancel takes w back and reports whether it still waited.
func (s *names) cancel(n string, w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.element == nil {
		return false
	}
	e := s.byName[n] // there, since w waits in it
	e.leave(w.element)
	s.tidy(n, e)
	return true
}

// leave takes a waiter out of the list and its peer out of the waiter, which a cancel function may hold for long. The
// caller holds the lock of names.
func (e *name) leave(element *list.Element) (peer any) {
	w := e.waiting.Remove(element).(*waiter)
	peer, w.peer, w.element = w.peer, nil, nil
	return peer
}
