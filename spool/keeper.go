package spool

import (
	"time"

	"github.com/ringmq/ringmq/spool/internal/ledger"
	"github.com/ringmq/ringmq/spool/internal/seglog"
)

// wakeKeeper has acknowledgements written and segments removed, soon.
func (s *Spool) wakeKeeper() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// keep does what nobody waits for, until Close.
func (s *Spool) keep() {
	defer close(s.kept)
	if s.o.readOnly {
		return
	}
	tick, stop := s.ticks()
	defer stop()
	for {
		select {
		case <-s.kick:
		case <-tick:
		case <-s.closing:
			return
		}
		if !s.pause() {
			return
		}
		err := s.ledger.Flush()
		if err == nil {
			err = s.trim()
		}
		s.mu.Lock()
		s.troubled = err
		s.mu.Unlock()
	}
}

// ticks returns a channel on which to look for what has become too old, or nil.
func (s *Spool) ticks() (<-chan time.Time, func()) {
	if s.o.retention.Age == 0 {
		return nil, func() {}
	}
	t := time.NewTicker(max(s.o.retention.Age/agesInTick, minTick))
	return t.C, t.Stop
}

// pause lets acknowledgements gather. It returns false if the spool is being closed.
func (s *Spool) pause() bool {
	t := time.NewTimer(keepEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closing:
		return false
	}
}

// trim removes the segments that are not to be kept any longer. What has been acknowledged is committed before: after a
// crash it would otherwise look as if messages had been lost.
func (s *Spool) trim() error {
	var failed error
	committed := false
	_, err := s.log.Trim(func(seg seglog.Segment) bool {
		floor := s.floor()
		if !s.isOver(seg, floor, time.Now()) {
			return false
		}
		if !committed {
			if failed = s.ledger.Commit(); failed != nil {
				return false
			}
			committed = true
		}
		s.count(seg, floor)
		return true
	})
	if failed != nil {
		return failed
	}
	return err
}

// isOver is the rule of retention.
func (s *Spool) isOver(seg seglog.Segment, floor uint64, now time.Time) bool {
	r := s.o.retention
	if seg.Last > floor && !r.Unacknowledged {
		return false
	}
	if r.Age == 0 && r.Bytes == 0 {
		return true
	}
	return r.Age > 0 && now.Sub(seg.To) > r.Age || r.Bytes > 0 && seg.Total > r.Bytes
}

// floor is the highest sequence that every consumer is done with, with all below.
func (s *Spool) floor() uint64 {
	accounts := s.ledger.Accounts(ledger.Consumer)
	if len(accounts) == 0 {
		return 0
	}
	least, _ := accounts[0].Position()
	for _, a := range accounts[1:] {
		floor, _ := a.Position()
		least = min(least, floor)
	}
	return least
}

// countDropped is told of a segment that had to make space.
func (s *Spool) countDropped(seg seglog.Segment) { s.count(seg, s.floor()) }

// count counts what is lost with a segment.
func (s *Spool) count(seg seglog.Segment, floor uint64) {
	if seg.Last > floor && seg.Records > 0 {
		s.dropped.Add(seg.Last - max(seg.First-1, floor))
	}
}

// Compact writes down what has been acknowledged and removes what is not to be kept any longer, which otherwise happens by
// itself as acknowledgements come.
func (s *Spool) Compact() error {
	if s.o.readOnly {
		return s.wrap(ErrReadOnly)
	}
	if err := s.ledger.Commit(); err != nil {
		return s.wrap(err)
	}
	return s.wrap(s.trim())
}
