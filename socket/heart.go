package socket

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Heartbeat configures [WithHeartbeat].
type Heartbeat struct {
	// Interval between PINGs, at least a millisecond; 0 for none.
	Interval time.Duration
	// Timeout is how long after a PING something must have arrived; 0: as long as Interval. Any frame counts.
	Timeout time.Duration
	// TTL is how long the peer is asked to wait for anything of ours before it gives the connection up; 0 for ever. It
	// travels in tenths of a second.
	TTL time.Duration
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

var errSilent = errors.New("the peer was silent for too long")

// heart watches over one connection. Methods of a nil heart do nothing, which is one that nobody has asked for.
type heart struct {
	cn      *conn
	last    atomic.Int64 // when something arrived, in ticks
	ping    *time.Timer
	limit   *time.Timer // the peer's TTL
	ttl     atomic.Int64
	stopped atomic.Bool
}

// startHeart begins with PINGs if the socket wants them and the peer knows them.
func (cn *conn) startHeart(peer *session.Peer) *heart {
	hb := cn.core.cfg.heartbeat
	if hb.Interval == 0 || peer.Version.Major < 3 || peer.Version.Minor == 0 {
		return nil
	}
	h := newHeart(cn)
	startTimer(&h.ping, hb.Interval, h.beat)
	return h
}

// startTimer sets t before the timer can fire: its function uses it.
func startTimer(t **time.Timer, d time.Duration, f func()) {
	*t = time.AfterFunc(time.Hour, f)
	(*t).Reset(d)
}

func newHeart(cn *conn) *heart {
	h := &heart{cn: cn}
	h.last.Store(now())
	return h
}

func (h *heart) heard() {
	if h != nil {
		h.last.Store(now())
	}
}

// beat sends a PING and looks, after the timeout, whether anything has come since.
func (h *heart) beat() {
	hb := h.cn.core.cfg.heartbeat
	sent := now()
	if h.stopped.Load() || h.cn.dead.Load() {
		return
	}
	h.cn.pipe.command(func(dst []byte) []byte {
		return zmtp.AppendPing(dst, uint16(hb.TTL/(100*time.Millisecond)), nil)
	})
	time.AfterFunc(hb.Timeout, func() {
		if h.last.Load() < sent && !h.stopped.Load() && !h.cn.pipe.in.paused.Load() {
			h.cn.fail(fmt.Errorf("%w: nothing within %v of a PING", errSilent, hb.Timeout))
		}
	})
	if !h.stopped.Load() {
		h.ping.Reset(hb.Interval)
	}
}

// obey takes up the time-to-live that the peer put into a PING. Holder of read.
func (h *heart) obey(cn *conn, tenths uint16) *heart {
	if tenths == 0 {
		return h
	}
	if h == nil {
		h = newHeart(cn)
	}
	ttl := time.Duration(tenths) * 100 * time.Millisecond
	h.ttl.Store(int64(ttl))
	if h.limit == nil {
		startTimer(&h.limit, ttl, h.expire)
	}
	return h
}

func (h *heart) expire() {
	ttl, silent := h.ttl.Load(), now()-h.last.Load()
	switch {
	case h.stopped.Load():
	case h.cn.pipe.in.paused.Load(): // it is we who do not read
		h.limit.Reset(time.Duration(ttl))
	case silent >= ttl:
		h.cn.fail(fmt.Errorf("%w: nothing within its own time-to-live of %v", errSilent, time.Duration(ttl)))
	default:
		h.limit.Reset(time.Duration(ttl - silent))
	}
}

func (h *heart) stop() {
	if h == nil {
		return
	}
	h.stopped.Store(true)
	if h.ping != nil {
		h.ping.Stop()
	}
	if h.limit != nil {
		h.limit.Stop()
	}
}
