package socket

import (
	"net"

	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Two programs on one machine that are joined by a Unix domain socket go on in memory that they share, if both are able
// to: see [ioloop.Sharer]. Whoever connects offers the memory beside its first byte, which others do not notice;
// whoever accepts says in READY that it takes the offer. Messages, marks and the end of a connection are what they are
// over the socket.

// propShared is the property of READY by which an offer of shared memory is taken, and sharedV1 its value.
const (
	propShared = zmtp.ReservedProperty + "Shm"
	sharedV1   = "1"
)

// attach hands a connection to its loop.
func (cn *conn) attach(nc net.Conn) (ioloop.Stream, error) {
	if !cn.pipe.opts.shared || cn.core.kind.Raw {
		return cn.loop.Attach(nc, cn)
	}
	return cn.loop.AttachShared(nc, cn, cn.dialer != nil)
}

// handshake adds bytes of the handshake to what is to be sent. Holder of read.
func (cn *conn) handshake(encode func(dst []byte) []byte) {
	cn.pipe.ctl.add(func(dst []byte) []byte {
		before := len(dst)
		dst = encode(dst)
		cn.said += int64(len(dst) - before)
		return dst
	})
}

// takeOffer has READY say that the peer's offer of shared memory is taken, if there is one. Holder of read.
func (cn *conn) takeOffer() {
	if s, ok := cn.stream.(ioloop.Sharer); ok && cn.dialer == nil && !cn.took && s.Offered() {
		cn.took = cn.hand.Announce(session.Property{Name: propShared, Value: []byte(sharedV1)})
	}
}

// share goes on in shared memory if that was agreed. It comes before anything that follows the handshake. Holder of
// read.
func (cn *conn) share(peer *session.Peer) {
	s, ok := cn.stream.(ioloop.Sharer)
	if !ok || !s.Offered() || peer.Version.Major < 3 {
		return
	}
	taken, _ := peer.Properties.Get(propShared)
	if cn.took || cn.dialer != nil && taken == sharedV1 {
		s.Share(cn.said)
		cn.dec.skip(len(cn.dec.pending()))
	}
}
