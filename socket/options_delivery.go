package socket

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

// Defaults of at-least-once delivery.
const (
	// DefaultWindow is how many messages may be on their way to one peer and not acknowledged.
	DefaultWindow = 1024
	// DefaultAckTimeout is how long a peer has to acknowledge a message before it is sent again.
	DefaultAckTimeout = 30 * time.Second
	// DefaultBackoff and DefaultMaxBackoff bound how long after that it is sent again.
	DefaultBackoff    = 100 * time.Millisecond
	DefaultMaxBackoff = 30 * time.Second
)

// deliveryOptions are the options of at-least-once delivery.
type deliveryOptions struct {
	spool      *spool.Spool
	acks       bool // takes part as a receiver
	autoAck    bool
	window     int
	redelivery Redelivery
	plain      PlainPeers
	durable    string      // name of a durable subscriber
	replay     spool.Start // where it begins
}

func (o *deliveryOptions) defaults() {
	o.window = DefaultWindow
	o.redelivery = Redelivery{}.withDefaults()
}

// Redelivery says when a message is sent again that a peer has not acknowledged, and how often.
type Redelivery struct {
	// AckTimeout is how long a peer has to acknowledge a message. 0: [DefaultAckTimeout].
	AckTimeout time.Duration
	// Backoff is how long after that it is sent again, the first time; it doubles each time up to MaxBackoff. A message whose
	// connection ended is sent again at once. 0: [DefaultBackoff], [DefaultMaxBackoff].
	Backoff, MaxBackoff time.Duration
	// MaxDeliveries is how often a message is sent, over all, before it is given up and becomes a dead letter of the spool.
	// 0: no limit.
	MaxDeliveries int
}

func (r Redelivery) valid() bool {
	r = r.withDefaults()
	return r.AckTimeout >= time.Millisecond && r.Backoff >= 0 && r.MaxBackoff >= r.Backoff && r.MaxDeliveries >= 0
}

func (r Redelivery) withDefaults() Redelivery {
	if r.AckTimeout == 0 {
		r.AckTimeout = DefaultAckTimeout
	}
	if r.Backoff == 0 {
		r.Backoff = DefaultBackoff
	}
	if r.MaxBackoff == 0 {
		r.MaxBackoff = max(DefaultMaxBackoff, r.Backoff)
	}
	return r
}

// backoff is the delay before a message is sent again that was given to a receiver so often.
func (r Redelivery) backoff(deliveries int) time.Duration {
	d := r.Backoff
	for i := 1; i < deliveries && d < r.MaxBackoff; i++ {
		d *= 2
	}
	return min(d, r.MaxBackoff)
}

// PlainPeers is what a socket with a spool does with peers that do not acknowledge, such as those of libzmq.
type PlainPeers uint8

// The policies.
const (
	// Require: it has nothing to do with them. The connection is refused, which a [HandshakeFailed] event reports, and
	// tried again later.
	Require PlainPeers = iota
	// AckOnWrite: a message counts as acknowledged when it has been written to the connection, or passed to the peer over
	// inproc. What the peer, the network or the system loses after that is lost. So is a request: Recv of the REQ returns
	// [ringmq.ErrNoRoute] when the peer that was asked is gone.
	AckOnWrite
)

// Kinds of sockets that can send through a spool, or acknowledge.
var (
	sendsThroughSpool = []string{zmtp.Push, zmtp.Dealer, zmtp.Pair, zmtp.Scatter, zmtp.Pub, zmtp.XPub, zmtp.Router, zmtp.Req}
	acknowledges      = []string{zmtp.Pull, zmtp.Dealer, zmtp.Router, zmtp.Pair, zmtp.Gather, zmtp.Rep}
)

// WithSpool has the socket send through a spool: Send returns when the message is as safe as the policy of the spool says,
// and from then on the message is sent, and sent again, until a peer has acknowledged it, whatever crashes in between;
// see [spool.Spool] and [WithRedelivery]. Messages never wait for room at a peer, and the high-water mark for sending has
// no meaning: what a peer cannot take stays in the spool, and the memory that is taken does not grow with it. For PUSH,
// DEALER, PAIR and SCATTER. A PUSH, say, is the spool's consumer "PUSH"; a spool has one sending socket of a type at a time.
//
// A ROUTER keeps what is for a peer that has announced its routing id until that peer has acknowledged it, whether the peer is
// connected or not; from the first message on the peer is the spool's consumer "ROUTER " and the id. A peer without an id of
// its own is sent to as ever.
//
// A PUB sends what it publishes through the spool to durable subscribers ([WithDurable]), and to all others as ever. The spool
// keeps what the durable subscribers that it knows have not acknowledged, and, as long as it knows none, everything; see
// [spool.WithRetention] and [spool.WithMaxBytes]. An XPUB does the same, and goes on where a PUB was; not [WithManual], since
// what its program subscribes a peer to ends with the connection.
//
// A REQ keeps its one request until the program is done with the reply, which it says by Ack of the reply, or by sending the
// next request; until then the request is sent again, by the next process too, whoever replies. One that has no reply after
// the time of [Redelivery] goes to the next peer as well. The REQ is the spool's consumer "REQ", and should have the spool
// alone; a request that is put into it otherwise, such as a dead letter, takes its turn. Not [WithRelaxed], which gives
// requests up; [WithCorrelate] goes without saying. A REP has no spool, since a request that comes again wants its reply
// again; it takes part by [WithAck].
//
// A socket that receives acknowledges what it receives, as [WithAck] has it, and remembers in the spool what it has
// processed. For PULL, DEALER, ROUTER, PAIR and GATHER.
//
// Close waits, for up to the linger period, until what can be sent has been sent and acknowledged; what is left stays in
// the spool, which must be closed after the socket.
func WithSpool(s *spool.Spool) Option {
	return option("Spool", s, s != nil, "a spool, not nil", func(c *config, s *spool.Spool) { c.delivery.spool = s })
}

// WithAck has the socket acknowledge messages that come from a peer with a spool: the program says of each that it is
// done with it ([ringmq.Message.Ack]) or not ([ringmq.Message.Nack]). A message that comes again after it was
// acknowledged is not shown to the program; without a spool of its own the socket remembers that for as long as it is open.
// For PULL, DEALER, ROUTER, PAIR, GATHER and REP.
//
// A REP acknowledges by its reply, and Ack does nothing; Nack gives a request back, to which there is no reply then. What comes
// from a REQ is shown again when it comes again, unless the program has it and the reply still reaches that REQ: the delivery
// count tells. A ROUTER acknowledges each request of a REQ when it has replied to it: until then it counts as one that the
// program has.
//
// A REQ with a spool takes it too: what it acknowledges are the replies.
func WithAck() Option {
	return option("Ack", true, true, "", func(c *config, on bool) { c.delivery.acks = on })
}

// WithAutoAck is [WithAck] for a program that does not call Ack: a message is acknowledged when it has been received. One
// that the program had not finished with when it died does not come again. To a REP it is WithAck. A REQ with a spool is done
// with a request when the reply has been received.
func WithAutoAck() Option {
	return option("AutoAck", true, true, "", func(c *config, on bool) { c.delivery.acks, c.delivery.autoAck = on, on })
}

// WithWindow sets how many messages a socket with a spool has on their way to one peer, at the most: sent, and not
// acknowledged. Default [DefaultWindow].
func WithWindow(messages int) Option {
	return option("Window", messages, messages > 0 && messages <= delivery.MaxWindow, fmt.Sprintf("1 to %d messages", delivery.MaxWindow),
		func(c *config, n int) { c.delivery.window = n })
}

// WithRedelivery sets when a socket with a spool sends messages again, and how often.
func WithRedelivery(r Redelivery) Option {
	return option("Redelivery", r, r.valid(), "a timeout from 1 ms, 0 <= backoff <= greatest backoff, 0 or more deliveries",
		func(c *config, r Redelivery) { c.delivery.redelivery = r.withDefaults() })
}

// WithPlainPeers sets what a socket with a spool does with peers that do not acknowledge. Default [Require].
func WithPlainPeers(p PlainPeers) Option {
	return option("PlainPeers", p, p <= AckOnWrite, "Require or AckOnWrite", func(c *config, p PlainPeers) { c.delivery.plain = p })
}

// WithDurable makes a SUB or an XSUB a durable subscriber of publishers that have a spool: each keeps what is published, from
// when it has first heard of the name, until the subscriber has acknowledged it, whether the subscriber is connected or not.
// What it has subscribed to is filtered when it is sent: subscribe before Connect. Two subscribers of one name take it from
// each other. The program acknowledges as [WithAck] has it, unless [WithAutoAck] says otherwise. To the publishers the name
// is that of a consumer, "PUB " and the name: [spool.Spool.RemoveConsumer] forgets it, with what is kept for it.
func WithDurable(name string) Option {
	ok := name != "" && len(name) <= maxDurableName
	return option("Durable", name, ok, fmt.Sprintf("1 to %d bytes", maxDurableName), func(c *config, name string) { c.delivery.durable = name })
}

// WithReplay has a durable subscriber begin somewhere else than where it was: when it is connected to a publisher for the
// first time, that sends it what it has from there on, acknowledged or not, and goes on with what is published, without a
// hole or a duplicate. Messages that the spool has removed do not come; see [spool.WithRetention].
func WithReplay(from spool.Start) Option {
	return option("Replay", from, from != spool.Start{}, "one of the starts of package spool", func(c *config, s spool.Start) { c.delivery.replay = s })
}

// offer is what a socket of the kind says in READY; false if it takes no part.
func (o *deliveryOptions) offer(kind string) (of delivery.Offer, takesPart bool, err error) {
	sends, receives := slices.Contains(sendsThroughSpool, kind), slices.Contains(acknowledges, kind)
	switch {
	case o.spool != nil && !sends && !receives:
		return of, false, invalid("Spool", kind, fmt.Sprintf("for one of %v and %v", sendsThroughSpool, acknowledges))
	case o.spool != nil && kind == zmtp.Rep:
		return of, false, invalid("Spool", kind, "on another type: a REP keeps nothing, since a request that comes again "+
			"wants its reply again; it takes part by WithAck")
	case o.durable != "" && kind != zmtp.Sub && kind != zmtp.XSub:
		return of, false, invalid("Durable", kind, "for a SUB or an XSUB")
	case o.replay != spool.Start{} && o.durable == "":
		return of, false, invalid("Replay", o.replay, "of a durable subscriber")
	case o.acks && !receives && o.durable == "" && (kind != zmtp.Req || o.spool == nil):
		return of, false, invalid("Ack", kind, fmt.Sprintf("for one of %v, a durable subscriber, or a REQ with a spool", acknowledges))
	}
	if o.spool != nil && sends {
		of.Window = o.window
	}
	of.Receive = o.durable != "" || receives && (o.acks || o.spool != nil)
	return of, of.Receive || o.spool != nil, nil
}

// properties are the offer, and the name of a durable subscriber, as metadata.
func (o *deliveryOptions) properties(of delivery.Offer) []session.Property {
	list := []session.Property{{Name: delivery.Property, Value: []byte(of.String())}}
	if o.durable != "" {
		list = append(list, session.Property{Name: delivery.PropertySubscriber, Value: []byte(o.durable)})
	}
	return list
}
