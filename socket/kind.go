package socket

import "github.com/ringmq/ringmq/internal/zmtp"

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
	// OnePeer: it has at most one peer; others are turned away while that one is there (PAIR, CHANNEL).
	OnePeer bool
}

// KindOf returns the description of a ZMTP socket type.
func KindOf(name string) Kind {
	return Kind{
		Name:       name,
		Peers:      zmtp.PeerTypes(name),
		OneConnect: name == zmtp.Dealer || name == zmtp.Sub || name == zmtp.Pub || name == zmtp.Req,
		NoResume:   name == zmtp.Rep,
		Direct:     direct[name],
		NoLinger:   name == zmtp.Sub || name == zmtp.XSub || name == zmtp.Dish,
		OnePeer:    name == zmtp.Pair || name == zmtp.Channel,
	}
}

// direct are the types with a Deliver that only looks at the message.
var direct = map[string]bool{
	zmtp.Pull: true, zmtp.Sub: true, zmtp.Dealer: true, zmtp.Router: true, zmtp.Pair: true, zmtp.Gather: true,
}
