package socket

import (
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// present tells a publisher in this process, before it is told of subscriptions, that this is a durable subscriber.
func (c *Core) present(p *Pipe) {
	l := p.local.Load()
	if l != nil && l.other != nil && l.other.core.publisher != nil && c.cfg.delivery.durable != "" {
		l.other.core.publisher.introduce(l.other, c.cfg.delivery.durable)
	}
}

// play asks a publisher with a spool for what comes, once it has been told of a subscription: a durable subscriber is sent
// what it subscribes to, and what is sent before that would be lost to it. Send lock held.
func (p *Pipe) play() {
	c := p.core
	if c.acker == nil || c.cfg.delivery.durable == "" || !c.acker.play(p) {
		return
	}
	from := ""
	if !p.replayed {
		from = c.cfg.delivery.replay.String()
	}
	p.replayed = true
	if l := p.local.Load(); l != nil {
		_ = l.other.core.publisher.play(l.other, from) // it is ours and can be read
		return
	}
	p.command(func(dst []byte) []byte {
		return zmtp.AppendFrame(dst, zmtp.FlagCommand, delivery.AppendPlay(nil, from))
	})
}

// play reports, once for each connection, that its peer numbers what it sends and has not been asked yet.
func (a *acker) play(p *Pipe) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.intakes[p]
	if in == nil || in.playing {
		return false
	}
	in.playing = true
	return true
}
