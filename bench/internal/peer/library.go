package peer

import "github.com/ringmq/ringmq/bench/internal/proto"

// Library makes the sockets of one contestant. Each is bound or connected to the case's endpoint, as its pattern has it,
// and connected when the call returns, except for subscribers; bound is where it is bound, "" if it connects. What a
// contestant cannot do is [ErrUnsupported]. Sockets last until the process ends.
type Library interface {
	Sender(c proto.Case) (s Sender, bound string, err error)
	// Receiver makes one of the case's receivers; topics are those that it subscribes to, in order, "" for all.
	Receiver(c proto.Case, topics []string) (r Receiver, bound string, err error)
	Requester(c proto.Case) (Requester, error)
	Replier(c proto.Case) (r Replier, bound string, err error)
}

// Sender is a PUSH or a PUB. It is for one goroutine.
type Sender interface {
	// Send sends what the feed makes, until that ends, and has handed over all of it.
	Send(f *Feed) error
}

// Receiver is a PULL or a SUB. It is for one goroutine.
type Receiver interface {
	// Receive gives the tally what arrives, until that has enough.
	Receive(t *Tally) error
}

// Requester is a REQ. It is for one goroutine.
type Requester interface {
	// Ask makes a round trip. The reply is valid until the next call.
	Ask(request []byte) (reply []byte, err error)
}

// Replier is a REP. It is for one goroutine.
type Replier interface {
	// Serve gives the tally each request and returns it to where it came from, until the tally has enough.
	Serve(t *Tally) error
}
