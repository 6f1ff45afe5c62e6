package socket

import (
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
)

// Overflow says what a PUB, XPUB or RADIO does with a message for a subscriber that is at a mark; see [WithOverflow].
// Whatever it is, other subscribers get the message, and [Losses] counts what was not sent.
type Overflow struct {
	kind overflowKind
	wait time.Duration                  // of BlockFor
	key  func(m *ringmq.Message) []byte // of Conflate; nil for the first frame
}

type overflowKind uint8

const (
	dropNewest overflowKind = iota
	dropOldest
	conflateByKey
	blockFor
	evict
)

var overflowNames = [...]string{"DropNewest", "DropOldest", "Conflate", "BlockFor", "Evict"}

// String is the name of the policy, such as "BlockFor(1s)".
func (o Overflow) String() string {
	if o.kind == blockFor {
		return fmt.Sprintf("BlockFor(%v)", o.wait)
	}
	return overflowNames[o.kind]
}

// DropNewest drops the message that is sent. It is the default, and libzmq's way.
func DropNewest() Overflow { return Overflow{} }

// DropOldest drops the message that has waited longest for that subscriber, and queues the new one: what a slow
// subscriber gets is late by no more than its queue is long. What was given to the connection, up to [OfferBytes] of
// messages and the one being written, is not dropped any more, and does not count against the marks.
func DropOldest() Overflow { return Overflow{kind: dropOldest} }

// Conflate replaces, while a subscriber is behind, the message of the same key that waits for it: it gets the newest
// of each key, in the place of the oldest, so that a key that changes often is not put off for ever. Messages of
// different keys may so overtake each other. Where there are more keys than the mark, the oldest message is dropped.
// key returns the key in m, which it does not keep or change; it is called under the lock that senders hold, and must
// not call the socket. If it is nil, the first frame is the key.
func Conflate(key func(m *ringmq.Message) []byte) Overflow {
	return Overflow{kind: conflateByKey, key: key}
}

// BlockFor has Send wait for up to d until every subscriber that the message is for can take it; then it is dropped
// for those that still cannot. TrySend does not wait: it returns [ringmq.ErrWouldBlock]. [WithNoDrop] waits for ever.
func BlockFor(d time.Duration) Overflow { return Overflow{kind: blockFor, wait: d} }

// Evict disconnects the subscriber: what is queued for it is dropped, an [Evicted] event is reported, and
// [Losses.Evictions] counted. It may connect again, and then knows that it has missed something. Where datagrams are
// sent there is nobody to disconnect: they are dropped.
func Evict() Overflow { return Overflow{kind: evict} }

func (o Overflow) valid() bool { return o.kind != blockFor || o.wait > 0 }

// queueing is what bounds the messages that wait for a peer, beside the mark in messages.
type queueing struct {
	overflow Overflow
	conflate bool
	maxBytes int           // 0: no limit
	maxAge   time.Duration // 0: no limit
}

// backlogs reports whether messages wait for a peer as such, in a [backlog], and not encoded.
func (q *queueing) backlogs() bool {
	k := q.overflow.kind
	return q.conflate || q.maxBytes > 0 || q.maxAge > 0 || k == dropOldest || k == conflateByKey
}

// drops reports whether older messages make way for new ones.
func (q *queueing) drops() bool {
	return q.conflate || q.overflow.kind == dropOldest || q.overflow.kind == conflateByKey
}

// overflowing and conflating are the types that the options are for.
var (
	overflowing = map[string]bool{PUB: true, XPUB: true, RADIO: true}
	conflatable = map[string]bool{DEALER: true, PUSH: true, PULL: true, PUB: true, SUB: true}
)

// fits refuses options that would change nothing on a socket of the kind, or contradict each other: what is to become
// of messages is not passed over.
func (c *config) fits(kind string) error {
	switch o := c.overflow; {
	case o.kind != dropNewest && !overflowing[kind]:
		return invalid("Overflow", o, "DropNewest on a socket that is not PUB, XPUB or RADIO")
	case c.conflate && !conflatable[kind]:
		return invalid("Conflate", kind, "on a DEALER, PUSH, PULL, PUB or SUB")
	case c.conflate && o.kind != dropNewest:
		return invalid("Overflow", o, "DropNewest beside WithConflate")
	case c.delivery.spool != nil && (c.conflate || c.backlogs()):
		return invalid("Spool", kind, "on a socket without WithConflate, WithOverflow, WithSendHWMBytes and WithSendMaxAge: "+
			"what is in a spool is given up by the spool's rules")
	}
	if c.maxAge > 0 && kind == REQ {
		return invalid("SendMaxAge", c.maxAge, "unset on a REQ, which would wait for the reply to a request that was "+
			"dropped: give the context of Recv or Request a deadline")
	}
	if c.immediate && kind == STREAM {
		return invalid("Immediate", kind, "on another type: a STREAM names its peers before they are there")
	}
	return c.fitsDelivery(kind)
}

// fitsDelivery is fits for messages that are to be acknowledged.
func (c *config) fitsDelivery(kind string) error {
	d := &c.delivery
	switch {
	case d.spool != nil && c.pubsub.Invert:
		return invalid("Spool", "InvertMatching", "on a socket without WithInvertMatching")
	case d.spool != nil && c.pubsub.Manual:
		return invalid("Spool", "Manual", "on a socket without WithManual and WithManualLastValue: what is kept for a subscriber "+
			"that is away is what it asks for when it comes, and not what the program said of an earlier connection")
	case d.spool != nil && kind == REQ && c.relaxed:
		return invalid("Spool", "Relaxed", "on a REQ without WithRelaxed: a request in a spool is kept until it is answered, or "+
			"given up by GiveUp")
	case c.conflate && (d.acks || d.durable != ""):
		return invalid("Conflate", "Ack", "on a socket without WithAck, WithAutoAck and WithDurable: "+
			"a message that is replaced would never be acknowledged")
	}
	return nil
}

// WithOverflow says what a PUB, XPUB or RADIO does with a message for a subscriber that is at its mark. Other types
// refuse it, and so does [WithConflate]. The later of this and [WithNoDrop] counts. Default [DropNewest].
func WithOverflow(o Overflow) Option {
	return option("Overflow", o, o.valid(), "a policy; BlockFor needs more than 0",
		func(c *config, o Overflow) { c.overflow, c.noDrop = o, false })
}

// WithSendHWMBytes sets a second high-water mark for sending: the bytes of all frames that may be queued for one peer.
// Beyond it the socket does what it does at [WithSendHWM]. A message that is larger is taken when nothing else waits
// for that peer. What is encoded or in the kernel's buffers already counts until it is written. Default no limit.
func WithSendHWMBytes(bytes int) Option {
	return option("SendHWMBytes", bytes, bytes > 0, "more than 0 bytes", func(c *config, n int) { c.maxBytes = n })
}

// WithSendMaxAge drops, and counts as expired, messages that have waited longer than d for a peer: one that is not
// there, or does not keep up. Up to [OfferBytes] of messages that were given to the connection in time, and the one
// being written, may be sent later; a connection that ends gives them back. A REQ refuses it. Default no limit.
func WithSendMaxAge(d time.Duration) Option {
	return option("SendMaxAge", d, d > 0, "more than 0", func(c *config, d time.Duration) { c.maxAge = d })
}

// WithConflate keeps only the last message: each way, for each peer of a DEALER, PUSH, PULL, PUB or SUB; other types
// refuse it. Senders never wait for a peer that is there, marks do not count, and messages have one frame: another is
// [ringmq.ErrInvalidMessage]. What was replaced is counted as conflated. Over inproc, what the peer has not received
// is its own to conflate: both sides set the option. Default off. (ZMQ_CONFLATE)
func WithConflate() Option {
	return option("Conflate", true, true, "", func(c *config, on bool) { c.conflate = on })
}
