package socket

import (
	"sync/atomic"

	"github.com/ringmq/ringmq"
)

// Pattern is what makes a socket a PUSH or a SUB: which pipe a message goes to, what is made of one that arrives. It
// knows no bytes, descriptors or connections.
//
// Messages are passed by reference because copying them is most of the work; a method does not keep the reference.
//
// A socket has two locks, one for sending and one for receiving; each method says which is held while it runs. A
// method never blocks and never calls a method of the socket that takes a lock.
type Pattern interface {
	// Attach adds a pipe that messages may be queued on: one that Connect made, at once; one that was accepted, after
	// the handshake, as is one that Connect made [WithImmediate]. Send lock held.
	Attach(p *Pipe)
	// Detach removes a pipe, for good or until it is attached again; it may be called for one that is not attached. Send
	// lock held.
	Detach(p *Pipe)
	// Ready says that p has a peer, which is known now; Lost that it has none any more. A pipe made by Connect may go
	// through both many times between Attach and Detach; an accepted one is Ready once. Send lock held.
	Ready(p *Pipe)
	Lost(p *Pipe)

	// Send routes m to pipes with [Pipe.Write]. It returns [ringmq.ErrWouldBlock], without a trace, if the message
	// must wait. If borrowed is set, the caller keeps the frames. Send lock held.
	Send(m *ringmq.Message, borrowed bool) error
	// Recv sets m to the next message for the program, or returns [ringmq.ErrWouldBlock]. Receive lock held.
	Recv(m *ringmq.Message) error

	// Deliver looks at a message that has arrived, before it is queued. It runs on the goroutine that reads from the
	// peer, for one message of a pipe at a time; no lock is held.
	Deliver(p *Pipe, m *ringmq.Message) Verdict
	// Subscribe is called for a SUBSCRIBE (on) or CANCEL command of the peer, as Deliver is. The topic is only
	// borrowed.
	Subscribe(p *Pipe, topic []byte, on bool)
	// Join is called for a JOIN (on) or LEAVE command of the peer, as Subscribe is.
	Join(p *Pipe, group []byte, on bool)
}

// Straight is met by patterns whose Recv is [Core.Next] and nothing else. What it returns is true as long as Deliver
// would queue any message, so that it need not be asked; the pattern may change it at any time. It is called once, when
// the socket is made.
type Straight interface{ Straight() *atomic.Bool }

// Always is what patterns return as [Straight] that queue whatever arrives.
func Always() *atomic.Bool { return &always }

var always atomic.Bool

func init() { always.Store(true) }

// ShortSender is met by patterns that can send a message of one frame of at most [MaxShort] bytes, which is only
// borrowed, by [Pipe.WriteShort] alone. SendShort returns false, without a trace, where there is more to do: Send is
// called then. Send lock held.
type ShortSender interface{ SendShort(body []byte) bool }

// Verdict is what becomes of a message that has arrived.
type Verdict uint8

// Verdicts.
const (
	// Enqueue puts the message into the pipe's inbound queue.
	Enqueue Verdict = iota
	// Consumed: the pattern has dealt with it.
	Consumed
	// Discard throws it away without a count: the pattern's rules say that it does not exist, as for a message that
	// matches no subscription.
	Discard
	// Refuse is for a message that breaks the protocol: the connection is closed.
	Refuse
)

// Base is a Pattern that cares for nothing. Patterns embed it for the methods that they do not need.
type Base struct{}

// Attach does nothing.
func (Base) Attach(*Pipe) {}

// Detach does nothing.
func (Base) Detach(*Pipe) {}

// Ready does nothing.
func (Base) Ready(*Pipe) {}

// Lost does nothing.
func (Base) Lost(*Pipe) {}

// Send never has a peer.
func (Base) Send(*ringmq.Message, bool) error { return ringmq.ErrWouldBlock }

// Recv never has a message.
func (Base) Recv(*ringmq.Message) error { return ringmq.ErrWouldBlock }

// Deliver queues every message.
func (Base) Deliver(*Pipe, *ringmq.Message) Verdict { return Enqueue }

// Subscribe ignores the command, as RFC 23 asks of types that do not know it.
func (Base) Subscribe(*Pipe, []byte, bool) {}

// Join ignores the command likewise.
func (Base) Join(*Pipe, []byte, bool) {}
