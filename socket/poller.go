package socket

import (
	"context"
	"fmt"
	"sync"

	"github.com/ringmq/ringmq"
)

// Readiness is what can be done with a socket without waiting: a set of Readable, Writable and Ended.
type Readiness uint8

// What a poller can be asked for, and what it tells besides.
const (
	// Readable: Recv would return at once.
	Readable Readiness = 1 << iota
	// Writable: Send would return at once, at least for some message. A socket that never waits always is. One whose
	// messages go where their first frame says is as long as there is a peer with room, and one [WithNoDrop] or with
	// [BlockFor] as long as all subscribers have room. REQ and REP are when it is their turn to send.
	Writable
	// Ended: the socket is closed, and is in the poller no more. It is told whether it was asked for or not.
	Ended
)

// Pollable is a socket of any type.
type Pollable interface {
	Type() string
	pollCore() *Core
}

func (s Socket) pollCore() *Core { return s.core }

// Ready is a socket that is ready, as it was given to [Poller.Add].
type Ready struct {
	Socket    Pollable
	Readiness Readiness
}

// Poller waits for many sockets at once, on one goroutine. It tells of states, not of changes: a socket that was told to
// be readable and is not read from is told again the next time (zmq_poller calls this level-triggered).
//
//	p := socket.NewPoller()
//	defer p.Close()
//	err := errors.Join(p.Add(orders, socket.Readable), p.Add(quotes, socket.Readable))
//	ready := make([]socket.Ready, 8)
//	for {
//		n, err := p.Wait(ctx, ready)
//		if err != nil {
//			return err
//		}
//		for _, r := range ready[:n] {
//			switch r.Socket {
//			case orders: …
//
// To wait for timers, channels or connections too, select on [Poller.Ready] and call [Poller.Poll] when it comes.
//
// Sockets are told in turn, so that a small list of results does not favour any. What waits costs nothing: only sockets
// that were signalled, or were told last time, are looked at.
//
// One goroutine at a time calls Wait, Poll or Ready; the other methods may be called by any at once, while it waits too.
// A socket may be in many pollers, and be received from and sent to by anybody; then what was told may be over.
type Poller struct {
	wake chan struct{} // has a value after something was queued

	mu    sync.Mutex // a leaf: no lock is taken while it is held
	items map[*Core]*pollItem
	queue pollQueue // items to look at
	over  bool
}

// NewPoller returns a poller without sockets. Close it to take it off its sockets.
func NewPoller() *Poller {
	return &Poller{wake: make(chan struct{}, 1), items: make(map[*Core]*pollItem)}
}

// Add begins to wait for s, which is Readable, Writable or both. Errors: [ringmq.ErrState] if s is in the poller,
// [ringmq.ErrInvalidOption] for what s never is, since its type does not receive or send, and [ringmq.ErrClosed].
func (p *Poller) Add(s Pollable, interest Readiness) error {
	if err := checkInterest(s, interest); err != nil {
		return err
	}
	it := &pollItem{poller: p, socket: s, core: s.pollCore(), interest: interest}
	if err := p.insert(it); err != nil {
		return pollError("add", s, err)
	}
	it.enter()
	it.signal()
	return nil
}

func (p *Poller) insert(it *pollItem) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.over:
		return fmt.Errorf("%w: the poller", ringmq.ErrClosed)
	case p.items[it.core] != nil:
		return fmt.Errorf("%w: the socket is in the poller", ringmq.ErrState)
	case it.core.closing.Load():
		return ringmq.ErrClosed
	}
	p.items[it.core] = it
	return nil
}

// Change asks for other things of s. Errors: [ringmq.ErrNotFound] if s is not in the poller, and as for Add.
func (p *Poller) Change(s Pollable, interest Readiness) error {
	if err := checkInterest(s, interest); err != nil {
		return err
	}
	it := p.find(s)
	if it == nil {
		return pollError("change", s, ringmq.ErrNotFound)
	}
	it.change(interest)
	it.signal()
	return nil
}

// Remove waits for s no more. A Wait that is returning may still tell of it. Error: [ringmq.ErrNotFound].
func (p *Poller) Remove(s Pollable) error {
	it := p.find(s)
	if it == nil || !it.leave() {
		return pollError("remove", s, ringmq.ErrNotFound)
	}
	return nil
}

// Close takes all sockets out, and has Wait return [ringmq.ErrClosed]. The sockets stay open.
func (p *Poller) Close() error {
	p.mu.Lock()
	p.over = true
	items := make([]*pollItem, 0, len(p.items))
	for _, it := range p.items {
		items = append(items, it)
	}
	p.mu.Unlock()
	for _, it := range items {
		it.leave()
	}
	p.ring()
	return nil
}

// Wait fills dst with sockets that are ready, waiting until one is, and returns how many. An empty dst is not waited
// for. It allocates nothing. Errors: the context's own, and [ringmq.ErrClosed] for the poller's; the end of a socket is
// no error but [Ended].
func (p *Poller) Wait(ctx context.Context, dst []Ready) (n int, err error) {
	for len(dst) > 0 {
		if n = p.Poll(dst); n > 0 {
			return n, nil
		}
		if p.isOver() {
			return 0, &ringmq.Error{Op: "poll", Err: fmt.Errorf("%w: the poller", ringmq.ErrClosed)}
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return 0, &ringmq.Error{Op: "poll", Err: ended(ctx)}
		}
	}
	return 0, nil
}

// Poll is Wait that does not wait: it returns 0 if no socket is ready.
func (p *Poller) Poll(dst []Ready) (n int) {
	for left := p.queued(); left > 0 && n < len(dst); left-- {
		it := p.pop()
		if it == nil {
			break
		}
		r := it.look()
		switch {
		case r == 0:
			continue
		case r&Ended != 0:
			it.leave()
		default:
			p.push(it)
		}
		dst[n] = Ready{it.socket, r}
		n++
	}
	return n
}

// Ready returns a channel that has a value as soon as a socket is ready, for a select with other channels. It is the
// call that looks at the sockets, so call it for each select anew:
//
//	select {
//	case <-p.Ready():
//		n := p.Poll(ready)
//		…
//	case <-ticker.C:
//
// Another goroutine may have been faster: then Poll returns 0. The end of the poller makes it ready too.
func (p *Poller) Ready() <-chan struct{} {
	select {
	case <-p.wake:
	default:
	}
	if p.anyReady() || p.isOver() {
		p.ring()
	}
	return p.wake
}

func (p *Poller) anyReady() bool {
	for left := p.queued(); left > 0; left-- {
		it := p.pop()
		if it == nil {
			break
		}
		if it.look() != 0 {
			p.putBack(it)
			return true
		}
	}
	return false
}

// checkInterest refuses what cannot come.
func checkInterest(s Pollable, interest Readiness) error {
	_, receives := s.(interface {
		TryRecv() (ringmq.Message, error)
	})
	_, sends := s.(interface{ TrySend(ringmq.Message) error })
	switch {
	case interest == 0, interest&^(Readable|Writable) != 0,
		interest&Readable != 0 && !receives, interest&Writable != 0 && !sends:
		return &ringmq.Error{
			Op: "poll", Socket: s.Type(), Value: interest.String(),
			Err: fmt.Errorf("%w: must be what the socket can be, readable, writable or both", ringmq.ErrInvalidOption),
		}
	}
	return nil
}

func pollError(op string, s Pollable, err error) error {
	return &ringmq.Error{Op: op + " (poller)", Socket: s.Type(), Err: err}
}

// String is "readable", "readable|writable" and so on; "nothing" for none.
func (r Readiness) String() string {
	s := ""
	for i, name := range [...]string{"readable", "writable", "ended"} {
		if r&(1<<i) != 0 {
			s += "|" + name
		}
	}
	switch {
	case r >= Ended<<1:
		return fmt.Sprintf("readiness %#x", uint8(r))
	case s == "":
		return "nothing"
	}
	return s[1:]
}
