package socket

import "fmt"

// exchange is the options of request and reply.
type exchange struct {
	correlate bool
	relaxed   bool
	handover  bool
}

// WithCorrelate has a REQ put a number of four bytes in front of each request, before the delimiter, and take only the
// reply that has the same: one that comes too late, after the request was given up, is told from the one that is due.
// Servers give the number back with the rest of the envelope, as every REP does. Default off.
// (ZMQ_REQ_CORRELATE)
func WithCorrelate() Option {
	return option("Correlate", true, true, "", func(c *config, on bool) { c.correlate = on })
}

// WithRelaxed lets a REQ send the next request without having received the reply to the last one, which is given up:
// it goes to the next peer in turn, and a reply to the last one is thrown away. Without [WithCorrelate] a late reply
// from a peer that is asked again counts as its answer to the new request. Default off. (ZMQ_REQ_RELAXED)
func WithRelaxed() Option {
	return option("Relaxed", true, true, "", func(c *config, on bool) { c.relaxed = on })
}

// Correlated reports whether requests carry a number; see [WithCorrelate].
func (c *Core) Correlated() bool { return c.cfg.correlate }

// Relaxed reports whether a request may be given up for the next; see [WithRelaxed].
func (c *Core) Relaxed() bool { return c.cfg.relaxed }

// MaxGreeting bounds the messages of [WithHello], [WithDisconnectMessage] and [WithHiccupMessage], in bytes.
const MaxGreeting = 64 << 10

// WithHandover lets a peer that announces the routing id of another take its place at a ROUTER: messages for the id go
// to the newcomer, and the other is disconnected once. Default off: the first keeps the id, and the newcomer is
// disconnected when it sends something. (ZMQ_ROUTER_HANDOVER)
func WithHandover() Option {
	return option("Handover", true, true, "", func(c *config, on bool) { c.handover = on })
}

// RouterNotify says which messages a ROUTER gets [WithRouterNotify].
type RouterNotify uint8

// Occasions that a ROUTER can be told of; they can be added up.
const (
	NotifyConnect RouterNotify = 1 << iota
	NotifyDisconnect
)

// WithRouterNotify has a ROUTER receive a message of a peer's routing id and an empty frame before the first message of
// that peer, behind its last one, or both. A peer whose id another takes over has no last message. Default none.
// (ZMQ_ROUTER_NOTIFY)
func WithRouterNotify(of RouterNotify) Option {
	return option("RouterNotify", of, of <= NotifyConnect|NotifyDisconnect, "NotifyConnect, NotifyDisconnect, their sum or 0",
		func(c *config, of RouterNotify) { c.notify = of })
}

// WithProbeRouter has a REQ, DEALER or ROUTER send an empty message first to each ROUTER that it is connected with, so
// that the ROUTER knows of it and its routing id. Default off. (ZMQ_PROBE_ROUTER)
func WithProbeRouter() Option {
	return option("ProbeRouter", true, true, "", func(c *config, on bool) { c.probe = on })
}

// WithHello has a ROUTER, DEALER, CLIENT, SERVER or PEER send a message of this one frame first on each connection,
// ahead of what is queued and again after a reconnection. A REQ and a REP are not sent it: they have no use for a
// message without an envelope. (ZMQ_HELLO_MSG)
func WithHello(body []byte) Option {
	return messageOption("Hello", body, func(c *config) *[]byte { return &c.hello })
}

// WithDisconnectMessage has a ROUTER, SERVER or PEER receive a message of this one frame, as if the peer had sent it, when
// a peer that was accepted has left, behind what it has sent. (ZMQ_DISCONNECT_MSG)
func WithDisconnectMessage(body []byte) Option {
	return messageOption("DisconnectMessage", body, func(c *config) *[]byte { return &c.disconnect })
}

// WithHiccupMessage has a DEALER, CLIENT or PEER receive a message of this one frame, as if the peer had sent it, when
// the connection to a peer that Connect made is lost, behind what the peer has sent. (ZMQ_HICCUP_MSG)
func WithHiccupMessage(body []byte) Option {
	return messageOption("HiccupMessage", body, func(c *config) *[]byte { return &c.hiccup })
}

// messageOption copies the body: it is sent for as long as the socket lives.
func messageOption(name string, body []byte, field func(*config) *[]byte) Option {
	ok := len(body) > 0 && len(body) <= MaxGreeting
	return option(name, string(body), ok, fmt.Sprintf("1 to %d bytes", MaxGreeting),
		func(c *config, body string) { *field(c) = []byte(body) })
}

// Handover reports whether a newcomer takes a routing id over; see [WithHandover].
func (c *Core) Handover() bool { return c.cfg.handover }
