//go:build !linux || ringmq_portable

package ioloop

import (
	"net"
	"time"
)

// bellPoller has no descriptors to wait for, only the doorbell: streams post their events.
type bellPoller struct {
	bell chan struct{}
}

func newPoller() (poller, error) { return &bellPoller{bell: make(chan struct{}, 1)}, nil }

func (p *bellPoller) poll(*Loop) bool { return false }
func (p *bellPoller) block()          { <-p.bell }
func (p *bellPoller) close()          {}

// pauseTime is how long a pause asks for; the runtime may take up to a millisecond.
const pauseTime = 50 * time.Microsecond

func (p *bellPoller) pause() {
	t := time.NewTimer(pauseTime)
	defer t.Stop()
	select {
	case <-p.bell:
	case <-t.C:
	}
}

func (p *bellPoller) wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// Attach takes over c and tells h of its events, reading being watched from the start.
func (l *Loop) Attach(c net.Conn, h Handler) (Stream, error) { return newNetStream(l, c, h), nil }
