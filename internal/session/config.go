package session

import (
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/security"
	"github.com/ringmq/ringmq/security/null"
)

const (
	// maxHandshakeFrame bounds a frame before the end of the handshake, in bytes, where MaxFrame does not bound it
	// further. A stranger can have that much kept for each connection that it opens.
	maxHandshakeFrame = 64 << 10

	// maxProperties bounds the properties in a peer's metadata. Looking one up takes time in their number.
	maxProperties = 256

	// NudgeAfter is how long an engine lets a peer be silent from the start before it calls [Handshake.Nudge]. A peer of
	// ZMTP 1.0 that has not spoken by then, for it is far away, say, cannot be told from one that waits for more.
	NudgeAfter = 2 * time.Second
)

// Property is one name and value of the metadata that a peer is told.
type Property = zmtp.Property

// Config is what a handshake needs to know of our side. It is not written to, so that all connections of an endpoint
// can share one; the caller has validated it.
type Config struct {
	// SocketType is ours, such as zmtp.Push.
	SocketType string

	// Identity is announced by REQ, DEALER and ROUTER only, and may be empty; see [zmtp.ValidIdentity].
	Identity []byte

	// Metadata is what READY says besides Socket-Type and Identity; see [zmtp.ValidPropertyName].
	Metadata []Property

	// MaxFrame is the largest frame that we take, in bytes; commands of the handshake count, as they do for libzmq's
	// ZMQ_MAXMSGSIZE. 0 or less: no limit of the user's. A limit of the package's own holds in any case.
	MaxFrame int64

	// Server is our role in a mechanism that has roles. It is never taken from the peer's greeting.
	Server bool

	// PeerTypes are the socket types that may talk to us. A peer that does not name its type is let in, as it is by
	// libzmq.
	PeerTypes []string

	// Mechanism makes the security mechanism; nil means NULL.
	Mechanism security.Factory
}

// identity is what we announce.
func (c *Config) identity() []byte {
	if !zmtp.HasIdentity(c.SocketType) {
		return nil
	}
	return c.Identity
}

// encode is the data of our READY.
func (c *Config) encode(metadata []Property) []byte {
	b := zmtp.AppendProperty(nil, zmtp.PropSocketType, []byte(c.SocketType))
	if zmtp.HasIdentity(c.SocketType) {
		b = zmtp.AppendProperty(b, zmtp.PropIdentity, c.Identity)
	}
	for _, p := range metadata {
		b = zmtp.AppendProperty(b, p.Name, p.Value)
	}
	return b
}

func (c *Config) mechanism(metadata []Property) security.Mechanism {
	factory := c.Mechanism
	if factory == nil {
		factory = null.Factory
	}
	return factory(security.Params{Server: c.Server, Metadata: c.encode(metadata)})
}

// frameLimit is the largest body of a frame during the handshake.
func (c *Config) frameLimit() uint64 {
	if c.MaxFrame > 0 {
		return uint64(min(c.MaxFrame, maxHandshakeFrame))
	}
	return maxHandshakeFrame
}

// Version is the version of ZMTP that a connection uses: 1.0, 2.0, 3.0 or 3.1, the lower of the two sides'.
type Version struct{ Major, Minor uint8 }

// Peer is what the handshake learned of the other side. It is not written to once the handshake is done.
type Peer struct {
	Version Version

	// Unversioned tells a peer of ZMTP 1.0 that sent no greeting (libzmq 2): it does not forward subscriptions, so
	// that a publisher sends it everything. Version is 1.0 also for libzmq 3.0, which does forward them.
	Unversioned bool

	// Mechanism is the name of the security mechanism, such as "NULL"; "" before 3.0, which has none.
	Mechanism string

	// SocketType is "" for an unversioned peer and for one that did not say.
	SocketType string

	// Identity is nil or empty for a peer without one. It is heeded from REQ, DEALER and ROUTER, from a peer that did
	// not name its type, and from every peer older than 3.0.
	Identity []byte

	// Properties are what the peer said of itself, Socket-Type and Identity among them.
	Properties *ringmq.Properties
}
