//go:build !linux || ringmq_portable

package ioloop

import (
	"net"
	"time"
)

// bellPoller has no descriptors to wait for, only the doorbell: streams post their events.
type bellPoller struct {
	bell  chan struct{}
	timer *time.Timer
}

func newPoller() (poller, error) {
	p := &bellPoller{bell: make(chan struct{}, 1)}
	p.timer = time.AfterFunc(pauseTime, p.wake)
	return p, nil
}

func (p *bellPoller) poll(*Loop) bool { return false }
func (p *bellPoller) block()          { <-p.bell }
func (p *bellPoller) close()          { p.timer.Stop() }

// alarm may be up to a millisecond late: the runtime's timers are.
func (p *bellPoller) alarm(d time.Duration) { p.timer.Reset(d) }

func (p *bellPoller) wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// Attach takes over c and tells h of its events, reading being watched from the start.
func (l *Loop) Attach(c net.Conn, h Handler) (Stream, error) { return newNetStream(l, c, h), nil }
