package socket

import (
	"fmt"

	"github.com/ringmq/ringmq"
)

// PubSub are the options of publishers and subscribers that their patterns act on; other socket types pass them over.
type PubSub struct {
	Verbose            bool            // WithVerbose, WithVerboser
	Verboser           bool            // WithVerboser
	Manual             bool            // WithManual, WithManualLastValue
	LastValue          bool            // WithManualLastValue
	Welcome            *ringmq.Message // WithWelcome; shared, never written to
	AnyFrame           bool            // WithOnlyFirstSubscribe(false)
	Invert             bool            // WithInvertMatching
	VerboseUnsubscribe bool            // WithVerboseUnsubscribe
}

// PubSub returns those options.
func (c *Core) PubSub() PubSub { return c.cfg.pubsub }

// pubsubFlag is an option without a value.
func pubsubFlag(name string, set func(*config)) Option {
	return option(name, true, true, "", func(c *config, _ bool) { set(c) })
}

// WithVerbose has an XPUB tell its program of every subscription that a peer sends, not only of the first to a topic.
// It takes the other half of an earlier [WithVerboser] back. Default off. (ZMQ_XPUB_VERBOSE)
func WithVerbose() Option {
	return pubsubFlag("Verbose", func(c *config) { c.pubsub.Verbose, c.pubsub.Verboser = true, false })
}

// WithVerboser is [WithVerbose], and has the XPUB tell of every unsubscription too: also of those of a peer that has
// gone. Default off. (ZMQ_XPUB_VERBOSER)
func WithVerboser() Option {
	return pubsubFlag("Verboser", func(c *config) { c.pubsub.Verbose, c.pubsub.Verboser = true, true })
}

// WithManual has an XPUB leave subscriptions to its program: it tells of each one that a peer asks for or takes back,
// and subscribes nobody. The program answers with Subscribe and Unsubscribe of the XPUB, which act for the peer that
// the last notification it received came from. When a peer goes, each topic that it had asked for is told as
// unsubscribed. Default off. (ZMQ_XPUB_MANUAL)
func WithManual() Option { return pubsubFlag("Manual", func(c *config) { c.pubsub.Manual = true }) }

// WithManualLastValue is [WithManual], and the message sent next after a notification was received goes to the peer
// that it came from and to no other, if that peer subscribes to it: a program answers a new subscriber with the last
// value. Default off. (ZMQ_XPUB_MANUAL_LAST_VALUE)
func WithManualLastValue() Option {
	return pubsubFlag("ManualLastValue", func(c *config) { c.pubsub.Manual, c.pubsub.LastValue = true, true })
}

// WithWelcome has a PUB or XPUB send m to each peer that connects, and again when it comes back, before anything else.
// A SUB passes it over unless it has subscribed to it before it connects. m is copied. (ZMQ_XPUB_WELCOME_MSG)
func WithWelcome(m ringmq.Message) Option {
	ok := m.Len() > 0 && m.Size() <= MaxMessageSizeLimit
	return option("Welcome", fmt.Sprintf("%d frames, %d bytes", m.Len(), m.Size()), ok,
		fmt.Sprintf("a message of at least one frame and up to %d bytes", MaxMessageSizeLimit),
		func(c *config, _ string) {
			own := m.Clone()
			c.pubsub.Welcome = &own
		})
}

// WithOnlyFirstSubscribe says which frames of a multipart message that an XSUB sends, or an XPUB or PUB receives, may
// be subscriptions: on, they are looked for only if the first frame is one; off, any frame that begins with 00 or 01
// is taken for one, whatever the others are. Default on. (ZMQ_ONLY_FIRST_SUBSCRIBE, whose default is off)
func WithOnlyFirstSubscribe(on bool) Option {
	return option("OnlyFirstSubscribe", on, true, "", func(c *config, on bool) { c.pubsub.AnyFrame = !on })
}

// WithInvertMatching has a PUB or XPUB send each message to the peers that do not subscribe to it, and a SUB take what
// it has not subscribed to; both sides need it. Default off. (ZMQ_INVERT_MATCHING)
func WithInvertMatching() Option {
	return pubsubFlag("InvertMatching", func(c *config) { c.pubsub.Invert = true })
}

// WithVerboseUnsubscribe has an XSUB forward every unsubscription, not only the last for a topic. Default off.
// (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE)
func WithVerboseUnsubscribe() Option {
	return pubsubFlag("VerboseUnsubscribe", func(c *config) { c.pubsub.VerboseUnsubscribe = true })
}
