package socket

import "sync/atomic"

// Losses says why messages for a peer were dropped. What was queued for one that went for good, or when the socket was
// closed, is in [PeerStats.Dropped] alone.
type Losses struct {
	// AtMark counts messages that found the peer at its mark; see [DropNewest] and [Evict].
	AtMark uint64
	// Oldest counts those that made way for newer ones; see [DropOldest].
	Oldest uint64
	// Conflated counts those that a newer one took the place of, sent or received; see [Conflate] and [WithConflate].
	Conflated uint64
	// Late counts those that a Send waited with in vain; see [BlockFor].
	Late uint64
	// Expired counts those that waited for too long; see [WithSendMaxAge].
	Expired uint64
	// Evictions counts how often the peer was disconnected for being slow; see [Evict]. They are not messages.
	Evictions uint64
}

// messages is the number of messages.
func (l Losses) messages() uint64 { return l.AtMark + l.Oldest + l.Conflated + l.Late + l.Expired }

func (l *Losses) add(o Losses) {
	l.AtMark += o.AtMark
	l.Oldest += o.Oldest
	l.Conflated += o.Conflated
	l.Late += o.Late
	l.Expired += o.Expired
	l.Evictions += o.Evictions
}

// misses counts what was not queued for a pipe at all, beside what found it at its mark.
type misses struct {
	late, evictions atomic.Uint64
	evicted         *link // over inproc, the one that is being ended; send lock
}

// miss counts n messages that the pipe has no room for, and does what the policy says.
func (p *Pipe) miss(n int) {
	switch o := p.core.cfg.overflow; {
	case n == 0:
	case o.kind == blockFor && !p.gone.Load():
		p.missed.late.Add(uint64(n))
	default:
		p.drop(n)
		if o.kind == evict {
			p.evict()
		}
	}
}

// losses is what was dropped for the pipe, without what [WithConflate] has replaced of what came.
func (p *Pipe) losses() Losses {
	l := Losses{AtMark: p.dropped.Load(), Late: p.missed.late.Load(), Evictions: p.missed.evictions.Load()}
	if p.back != nil {
		l.add(p.back.losses())
	}
	return l
}
