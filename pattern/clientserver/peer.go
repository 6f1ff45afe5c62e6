package clientserver

import "github.com/ringmq/ringmq/socket"

// Peer is Server among its like: either side may connect, and may speak first. Its methods may be called by any number
// of goroutines at once.
type Peer struct {
	socket.Socket
	socket.Sender
	socket.Receiver
	core *socket.Core
}

// NewPeer makes a PEER socket. The error is for a bad option.
func NewPeer(opts ...socket.Option) (*Peer, error) {
	c, err := socket.New(socket.KindOf(socket.PEER), newServer, opts...)
	if err != nil {
		return nil, err
	}
	return &Peer{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c), c}, nil
}

// ConnectPeer is Connect that returns the routing id of the peer. Messages may be sent to it at once, and queue until
// the peer is there; the id stays the same when the connection is lost and made again. (zmq_connect_peer)
//
// Errors, besides those of Connect: [ringmq.ErrState] if the socket was made [socket.WithImmediate], under which a peer
// has its id only while it is there.
func (s *Peer) ConnectPeer(endpoint string) (id uint32, err error) {
	if s.core.Immediate() {
		return 0, s.core.OutOfTurn("connect", "WithImmediate is against an id for a peer that is not there")
	}
	p, err := s.core.Connect(endpoint)
	if err != nil {
		return 0, err
	}
	return readID(p.Tag()), nil
}
