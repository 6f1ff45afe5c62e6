package socket

import (
	"fmt"
)

const (
	// DefaultMulticastHops keeps multicast datagrams within the local network.
	DefaultMulticastHops = 1
	// MaxMulticastHops is what fits into an IP header (RFC 791, "Time to Live"; RFC 8200, "Hop Limit").
	MaxMulticastHops = 255
)

// WithStreamNotify says whether a STREAM is told with an empty message that a peer has connected, and that it has gone.
// Default on. (ZMQ_STREAM_NOTIFY)
func WithStreamNotify(on bool) Option {
	return option("StreamNotify", on, true, "", func(c *config, on bool) { c.noStreamNotes = !on })
}

// WithMulticastHops sets the number of networks that a multicast datagram may pass through on its way, 1 to
// [MaxMulticastHops]; 1 is the local network alone. Default 1. (ZMQ_MULTICAST_HOPS)
func WithMulticastHops(hops int) Option {
	return option("MulticastHops", hops, hops >= 1 && hops <= MaxMulticastHops, fmt.Sprintf("1 to %d", MaxMulticastHops),
		func(c *config, hops int) { c.multicast.Hops = hops })
}

// WithMulticastLoop says whether multicast datagrams come back to this machine, to the sockets on it that have joined
// the group. Default on. The sending socket has it, except on Windows, where the receiving one does.
// (ZMQ_MULTICAST_LOOP)
func WithMulticastLoop(on bool) Option {
	return option("MulticastLoop", on, true, "", func(c *config, on bool) { c.multicast.Loop = on })
}
