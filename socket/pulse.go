package socket

import (
	"sync"
	"time"
)

// pulse visits the connections of one socket that have heartbeats: one timer for all, and a few words a connection.
// Rounds are cut into bursts, so that a thousand PINGs do not hold a loop up.
//
//	    |<────────────── interval ──────────────>|
//	PING ...  look, if the timeout is shorter    PING ...
type pulse struct {
	core *Core

	mu    sync.Mutex // before core.mu
	timer *time.Timer
	beats bool    // the timer runs
	over  bool    // the socket is closed
	look  bool    // this round only looks
	round []*conn // those still to be visited
}

// begin starts the rounds for a further connection.
func (b *pulse) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.beats || b.over {
		return
	}
	b.beats, b.look = true, false
	b.next(b.core.cfg.heartbeat.Interval)
}

// next sets the timer; mu is held.
func (b *pulse) next(wait time.Duration) {
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.beat)
		return
	}
	b.timer.Reset(wait)
}

// beat visits some connections.
func (b *pulse) beat() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	hb := &b.core.cfg.heartbeat
	if len(b.round) == 0 {
		b.round = b.core.withPings(b.round)
	}
	burst := b.round[:min(pulseBurst, len(b.round))]
	for _, cn := range burst {
		cn.visit(hb, b.look)
	}
	idle := len(b.round) == 0
	clear(burst)
	b.round = b.round[len(burst):]
	switch {
	case len(b.round) > 0:
		b.next(pulsePause)
	case idle && !b.look:
		b.beats, b.round = false, nil
	case b.look:
		b.look, b.round = false, nil
		b.next(hb.Interval - hb.Timeout)
	case hb.Timeout < hb.Interval:
		b.look, b.round = true, nil
		b.next(hb.Timeout)
	default:
		b.round = nil
		b.next(hb.Interval)
	}
}

// withPings appends the connections that have heartbeats.
func (c *Core) withPings(list []*conn) []*conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	for cn := range c.conns {
		if cn.pings.Load() {
			list = append(list, cn)
		}
	}
	return list
}

// stop ends the rounds for good. It may be called with any lock but mu and core.mu held.
func (b *pulse) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over, b.round = true, nil
	if b.timer != nil {
		b.timer.Stop()
	}
}
