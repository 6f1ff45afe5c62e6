package socket

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Heartbeat configures [WithHeartbeat].
type Heartbeat struct {
	// Interval between PINGs, at least a millisecond; 0 for none.
	Interval time.Duration
	// Timeout is how long after a PING something must have arrived; 0: as long as Interval. Any frame counts. It is
	// looked at with each PING, or once between two if it is shorter than Interval.
	Timeout time.Duration
	// TTL is how long the peer is asked to wait for anything of ours before it gives the connection up; 0 for ever. It
	// travels in tenths of a second.
	TTL time.Duration
	// Lenient keeps a connection whose peer is silent for as long as the peer's system acknowledges what it is sent:
	// the program there may be slow, or libzmq at its high-water mark, which does not read PINGs then. Only a system
	// that does not answer either is given up. This needs TCP and Linux: where the system cannot be asked nothing is
	// given up by us, and connections that do not leave the machine get no PINGs.
	Lenient bool
}

// maxTTL: libzmq multiplies the tenths of a second in 16 bits, so that 65.6 s and more come out wrong there.
const maxTTL = 65500 * time.Millisecond

func (h Heartbeat) valid() bool {
	return (h.Interval == 0 || h.Interval >= time.Millisecond) && h.Timeout >= 0 && h.TTL >= 0 && h.TTL <= maxTTL
}

func (h Heartbeat) withDefaults() Heartbeat {
	if h.Timeout == 0 {
		h.Timeout = h.Interval
	}
	return h
}

// Who waits for a sign of life sets a bit; whoever reads something clears them all. So a connection that nobody waits
// for costs its reader one look.
const (
	askedByPulse uint32 = 1 << iota
	askedByTTL
)

// sign is the signs of life of a peer. Any goroutine may use it.
type sign struct{ asked atomic.Uint32 }

func (s *sign) given() {
	if s.asked.Load() != 0 {
		s.asked.Store(0)
	}
}

// ask reports whether there was one since the last time, and asks for another.
func (s *sign) ask(by uint32) bool { return s.asked.Or(by)&by == 0 }

// wantsPings reports whether the peer is to be sent PINGs: the socket wants it, the peer knows them, and they can say
// something that the system does not.
func (cn *conn) wantsPings(peer *session.Peer) bool {
	hb := &cn.core.cfg.heartbeat
	known := peer.Version.Major >= 3 && peer.Version.Minor > 0
	return hb.Interval > 0 && known && (!hb.Lenient || leavesMachine(cn.stream.RemoteAddr()))
}

func leavesMachine(to net.Addr) bool { return to != nil && strings.HasPrefix(to.Network(), "tcp") }

// visit looks for signs of life, and sends a PING unless it is only to look. Called by the pulse alone.
func (cn *conn) visit(hb *Heartbeat, look bool) {
	if cn.dead.Load() || cn.parting.Load() {
		return
	}
	t := now()
	if cn.signs.ask(askedByPulse) || cn.pipe.in.paused.Load() { // who does not read cannot complain of silence
		cn.pinged = 0
	}
	switch {
	case cn.pinged != 0 && t-cn.pinged >= int64(hb.Timeout) && cn.lifeless(hb):
		cn.fail(fmt.Errorf("%w: nothing within %v of a PING", ErrPeerSilent, hb.Timeout))
		return
	case look:
		return
	case cn.pinged == 0:
		cn.pinged = t
	}
	if cn.pipe.ctl.pending.Load() < maxPongBacklog {
		cn.pipe.command(func(dst []byte) []byte {
			return zmtp.AppendPing(dst, uint16(hb.TTL/(100*time.Millisecond)), nil)
		})
	}
}

// lifeless judges a silent peer.
func (cn *conn) lifeless(hb *Heartbeat) bool {
	if !hb.Lenient {
		return true
	}
	system, ok := cn.stream.(ioloop.Reporter)
	return ok && system.Unreachable(hb.Timeout)
}
