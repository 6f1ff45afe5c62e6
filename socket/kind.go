package socket

import (
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/transport"
)

// The names of socket types, as they travel in READY (RFC 37).
const (
	PUB     = zmtp.Pub
	SUB     = zmtp.Sub
	XPUB    = zmtp.XPub
	XSUB    = zmtp.XSub
	PUSH    = zmtp.Push
	PULL    = zmtp.Pull
	REQ     = zmtp.Req
	REP     = zmtp.Rep
	DEALER  = zmtp.Dealer
	ROUTER  = zmtp.Router
	PAIR    = zmtp.Pair
	CHANNEL = zmtp.Channel
	CLIENT  = zmtp.Client
	SERVER  = zmtp.Server
	PEER    = zmtp.Peer
	SCATTER = zmtp.Scatter
	GATHER  = zmtp.Gather
	RADIO   = zmtp.Radio
	DISH    = zmtp.Dish
)

// The names of socket types whose peers speak no ZMTP.
const (
	STREAM = "STREAM"
	DGRAM  = "DGRAM"
)

// Kind describes a socket type. Pattern packages make one for each of theirs.
type Kind struct {
	// Name as it travels in READY, such as "PUSH" (RFC 23).
	Name string
	// Peers are the types it may talk to.
	Peers []string
	// OneConnect: repeating a Connect to one endpoint is a no-op, as libzmq has it for DEALER, SUB, PUB and REQ.
	OneConnect bool
	// NoResume: what is queued for a peer that is lost is meant for nobody else (REP).
	NoResume bool
	// Direct: the pattern's Deliver takes no lock of the socket, so that messages may be decoded as they are received.
	Direct bool
	// NoLinger: nothing it sends is worth waiting for on Close (SUB, XSUB, DISH).
	NoLinger bool
	// Broadcast: a message goes to all peers that want it, so that one who leaves takes nothing along (PUB, XPUB, RADIO).
	Broadcast bool
	// OnePeer: it has at most one peer; others are turned away while that one is there (PAIR, CHANNEL, DGRAM).
	OnePeer bool
	// Raw: its peers are byte streams that carry no ZMTP (STREAM).
	Raw bool
	// Datagrams says how it uses a transport of datagrams.
	Datagrams Datagrams
}

// Datagrams is how a socket type uses a transport of datagrams, such as udp.
type Datagrams uint8

// The ways to use datagrams.
const (
	// NoDatagrams: not at all.
	NoDatagrams Datagrams = iota
	// SendGroups sends what it has for the groups of a RADIO, where it connects.
	SendGroups
	// RecvGroups receives that, where it is bound.
	RecvGroups
	// Addressed both sends and receives datagrams with their addresses, where it is bound, and does nothing else.
	Addressed
)

// KindOf returns the description of a ZMTP socket type.
func KindOf(name string) Kind {
	return Kind{
		Name:       name,
		Peers:      zmtp.PeerTypes(name),
		OneConnect: name == zmtp.Dealer || name == zmtp.Sub || name == zmtp.Pub || name == zmtp.Req,
		NoResume:   name == zmtp.Rep || name == STREAM,
		Direct:     direct[name],
		NoLinger:   name == zmtp.Sub || name == zmtp.XSub || name == zmtp.Dish,
		Broadcast:  name == zmtp.Pub || name == zmtp.XPub || name == zmtp.Radio,
		OnePeer:    name == zmtp.Pair || name == zmtp.Channel || name == DGRAM,
		Raw:        name == STREAM,
		Datagrams:  usesDatagrams[name],
	}
}

// direct are the types with a Deliver that only looks at the message.
var direct = map[string]bool{
	zmtp.Pull: true, zmtp.Sub: true, zmtp.Dealer: true, zmtp.Router: true, zmtp.Pair: true, zmtp.Gather: true,
	STREAM: true,
}

var usesDatagrams = map[string]Datagrams{zmtp.Radio: SendGroups, zmtp.Dish: RecvGroups, DGRAM: Addressed}

// suits returns an error if the socket type does not go with the transport, or not in this direction.
func (k Kind) suits(t transport.Transport, bind bool) error {
	ok := k.Datagrams != Addressed
	switch t.(type) {
	case transport.Datagram:
		ok = k.Datagrams != NoDatagrams && bind == (k.Datagrams != SendGroups)
	case transport.Local:
		ok = ok && !k.Raw
	}
	if ok {
		return nil
	}
	if bind {
		return fmt.Errorf("%w: a %s does not bind there", ringmq.ErrUnsupported, k.Name)
	}
	return fmt.Errorf("%w: a %s does not connect there", ringmq.ErrUnsupported, k.Name)
}
