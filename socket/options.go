package socket

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/transport"
)

// Option sets one option of a socket; it is given to the constructor, which returns an error that wraps
// [ringmq.ErrInvalidOption] for a bad value. Where two set the same, the later wins.
//
// Some may differ from endpoint to endpoint, and be given to [Socket.BindWith] and [Socket.ConnectWith] too: the marks,
// what peers are told, what is taken from them, and how connections are made. docs/options.md lists them.
type Option struct {
	name  string
	apply func(*config) error
}

// config is a socket's options. It does not change once the socket exists.
type config struct {
	sendHWM, recvHWM int
	linger           time.Duration
	batching         batching.Policy
	idle             Idle
	reconnectMin     time.Duration
	reconnectMax     time.Duration
	handshake        time.Duration
	heartbeat        Heartbeat
	maxMessage       int64
	identity         []byte
	metadata         []session.Property
	engine           *Engine
	mandatory        bool
	noDrop           bool
	shared           bool
	network
	noStreamNotes bool
	multicast     transport.Multicast
	exchange
	occasions
	connecting
	pubsub PubSub
	queueing
	delivery deliveryOptions
}

func defaults() config {
	c := config{
		sendHWM:      DefaultHWM,
		recvHWM:      DefaultHWM,
		linger:       DefaultLinger,
		batching:     batching.Adaptive(),
		idle:         Adaptive(DefaultSpin),
		reconnectMin: DefaultReconnectMin,
		reconnectMax: DefaultReconnectMax,
		handshake:    DefaultHandshakeTimeout,
		heartbeat:    Heartbeat{Interval: DefaultHeartbeat, Timeout: DefaultHeartbeatTimeout, Lenient: true},
		maxMessage:   DefaultMaxMessageSize,
		multicast:    transport.Multicast{Hops: DefaultMulticastHops, Loop: true},
	}
	c.delivery.defaults()
	return c
}

func configure(opts []Option) (config, error) {
	c := defaults()
	for _, o := range opts {
		if o.apply == nil {
			return c, invalid("Option", "zero Option", "one of the With functions")
		}
		if err := o.apply(&c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// invalid names the option, the value and what is allowed.
func invalid(option string, value any, allowed string) error {
	return &ringmq.Error{
		Op: "option " + option, Value: fmt.Sprint(value),
		Err: fmt.Errorf("%w: must be %s", ringmq.ErrInvalidOption, allowed),
	}
}

func option[T any](name string, v T, ok bool, allowed string, set func(*config, T)) Option {
	return Option{name, func(c *config) error {
		if !ok {
			return invalid(name, v, allowed)
		}
		set(c, v)
		return nil
	}}
}

// WithSendHWM sets the high-water mark for sending: the number of whole messages that may be queued for one peer, 0
// for no limit. At the mark a socket blocks or drops, as its pattern says. Default 1000. (ZMQ_SNDHWM)
func WithSendHWM(messages int) Option {
	return option("SendHWM", messages, messages >= 0, "0 (no limit) or more messages",
		func(c *config, n int) { c.sendHWM = n })
}

// WithRecvHWM sets the high-water mark for receiving: the number of whole messages from one peer that may wait to be
// received, 0 for no limit. At the mark nothing more is read from that peer. Default 1000. (ZMQ_RCVHWM)
func WithRecvHWM(messages int) Option {
	return option("RecvHWM", messages, messages >= 0, "0 (no limit) or more messages",
		func(c *config, n int) { c.recvHWM = n })
}

// WithLinger sets how long Close waits for queued messages to be written; 0 not at all, negative without limit.
// Default [DefaultLinger]. (ZMQ_LINGER; libzmq's default is no limit)
func WithLinger(d time.Duration) Option {
	return option("Linger", d, true, "", func(c *config, d time.Duration) { c.linger = d })
}

// WithBatching sets the policy that decides when queued messages are written. Default [batching.Adaptive].
func WithBatching(p batching.Policy) Option {
	return option("Batching", p, p != nil, "a policy, not nil", func(c *config, p batching.Policy) { c.batching = p })
}

// WithIdle sets what a receiver does while there is nothing to receive. Default [Adaptive] of [DefaultSpin].
func WithIdle(i Idle) Option {
	return option("Idle", i, i.valid(), fmt.Sprintf("a spin of 0 to %v", MaxSpin), func(c *config, i Idle) { c.idle = i })
}

// WithReconnect sets the time between attempts to connect: first at the least min, then twice as long after each
// failure, up to max, each lengthened at random by up to a quarter so that many peers do not come back at once.
// Defaults 100 ms and 5 s. (ZMQ_RECONNECT_IVL, ZMQ_RECONNECT_IVL_MAX)
func WithReconnect(min, max time.Duration) Option {
	ok := min > 0 && max >= min
	return option("Reconnect", [2]time.Duration{min, max}, ok, "0 < min <= max",
		func(c *config, d [2]time.Duration) { c.reconnectMin, c.reconnectMax = d[0], d[1] })
}

// WithHandshakeTimeout sets how long a new connection may take for the ZMTP handshake; 0 for no limit. Default 30 s.
// (ZMQ_HANDSHAKE_IVL)
func WithHandshakeTimeout(d time.Duration) Option {
	return option("HandshakeTimeout", d, d >= 0, "0 (no limit) or more", func(c *config, d time.Duration) { c.handshake = d })
}

// WithHeartbeat has the socket send PING commands to peers of ZMTP 3.1 and close connections that stay silent. Default
// over TCP: [DefaultHeartbeat], [DefaultHeartbeatTimeout], lenient; a zero Heartbeat turns it off. PINGs of a peer are
// answered always. (ZMQ_HEARTBEAT_IVL, _TIMEOUT, _TTL, which are off by default)
func WithHeartbeat(h Heartbeat) Option {
	return option("Heartbeat", h, h.valid(), "an interval of 0 or from 1 ms, a timeout of 0 or more, a TTL of 0 to 65.5 s",
		func(c *config, h Heartbeat) { c.heartbeat = h.withDefaults() })
}

// WithMaxMessageSize sets the largest message in bytes that is taken from a peer, over all its frames; a peer that
// sends a larger one, or a larger command, is disconnected. The commands of the handshake count too, as they do in
// libzmq, so that a limit below the 50 bytes or so of a READY lets nobody in. Default 256 MiB. (ZMQ_MAXMSGSIZE, which is
// per frame)
func WithMaxMessageSize(bytes int64) Option {
	return option("MaxMessageSize", bytes, bytes > 0 && bytes <= MaxMessageSizeLimit, fmt.Sprintf("1 to %d bytes", MaxMessageSizeLimit),
		func(c *config, n int64) { c.maxMessage = n })
}

// WithIdentity sets the routing id that REQ, DEALER and ROUTER announce to their peers: 1 to 255 bytes that do not
// begin with a zero byte. (ZMQ_ROUTING_ID)
func WithIdentity(id string) Option {
	return option("Identity", id, validIdentity(id), identityRule, func(c *config, id string) { c.identity = []byte(id) })
}

const identityRule = "1 to 255 bytes, the first not zero"

func validIdentity(id string) bool { return id != "" && zmtp.ValidIdentity([]byte(id)) }

// CheckIdentity returns an error that wraps [ringmq.ErrInvalidOption] for what cannot be a routing id.
func CheckIdentity(id string) error {
	if validIdentity(id) {
		return nil
	}
	return invalid("Identity", id, identityRule)
}

// WithMetadata adds a property that peers are told in the handshake and see with [ringmq.Message.Property]. The name
// begins with "X-", but not with "X-Ringmq-", which are the library's. (ZMQ_METADATA)
func WithMetadata(name, value string) Option {
	ok := len(name) > 2 && strings.EqualFold(name[:2], "X-") && zmtp.ValidPropertyName(name) && value != "" &&
		!strings.HasPrefix(strings.ToLower(name), strings.ToLower(zmtp.ReservedProperty))
	return option("Metadata", name+"="+value, ok, `a name like "X-Name" of up to 255 letters, digits and -_.+, and a value`,
		func(c *config, _ string) {
			c.metadata = append(c.metadata, session.Property{Name: name, Value: []byte(value)})
		})
}

// WithSharedMemory has connections over ipc go on in shared memory where the peer is a ringmq socket that wants it too, on
// Linux; otherwise, and with any other peer, they use the socket. Each such connection takes up to 512 KiB of memory, as
// it comes to use it. Default off: the offer travels beside the first byte, where a peer that waits for edges of its
// socket and takes a short read for the last may overlook what follows.
func WithSharedMemory(on bool) Option {
	return option("SharedMemory", on, true, "", func(c *config, on bool) { c.shared = on })
}

// WithEngine has the socket's connections run on the loops of e instead of the shared ones.
func WithEngine(e *Engine) Option {
	return option("Engine", e, e != nil, "an engine, not nil", func(c *config, e *Engine) { c.engine = e })
}

// WithMandatory has a ROUTER return [ringmq.ErrNoRoute] for a message to an id that no peer has, and wait where the
// peer is at its high-water mark, instead of dropping the message. Default off. (ZMQ_ROUTER_MANDATORY)
func WithMandatory() Option {
	return option("Mandatory", true, true, "", func(c *config, on bool) { c.mandatory = on })
}

// WithNoDrop has a PUB, XPUB or RADIO wait where a subscriber is at its high-water mark, instead of dropping the message for
// that subscriber: the slowest sets the pace of all. Default off. (ZMQ_XPUB_NODROP)
func WithNoDrop() Option {
	return option("NoDrop", true, true, "", func(c *config, on bool) { c.noDrop, c.overflow = on, DropNewest() })
}
