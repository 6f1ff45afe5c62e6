package pair

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Pair sends to its one peer and receives from it. Its methods may be called by any number of goroutines at once.
type Pair struct {
	socket.Socket
	socket.Sender
	socket.Receiver
}

// NewPair makes a PAIR socket. The error is for a bad option.
func NewPair(opts ...socket.Option) (*Pair, error) {
	build := func(c *socket.Core) socket.Pattern { return &pair{Fair: socket.Fair{Core: c}} }
	c, err := socket.New(socket.KindOf(socket.PAIR), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Pair{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)}, nil
}

type pair struct {
	socket.Fair
	one
}

// one is the peer of a PAIR or CHANNEL; nil while there is none. Send lock held for its methods.
type one struct{ peer *socket.Pipe }

func (o *one) Attach(p *socket.Pipe) { o.peer = p }

// Detach may come after the next peer: what is queued for one that was disconnected is still being written.
func (o *one) Detach(p *socket.Pipe) {
	if o.peer == p {
		o.peer = nil
	}
}

func (o *one) Send(m *ringmq.Message, borrowed bool) error {
	if o.peer == nil || !o.peer.Write(nil, m, borrowed) {
		return ringmq.ErrWouldBlock
	}
	return nil
}
