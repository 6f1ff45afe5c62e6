package bench

import "time"

// schedule gives the stamps of one round in order, and so decides when counting begins and when the round ends: after
// a count or after a time. One goroutine may use it.
type schedule struct {
	seq    uint64
	lookAt uint64 // the number at which the next decision falls
	count  uint64 // 0: bounded by time
	warm   time.Duration
	length time.Duration
	every  uint64 // messages between two looks at the clock
	begun  time.Time
	marked bool
}

func newSchedule(l Load, every uint64) *schedule {
	s := &schedule{count: l.Count, length: l.Duration, every: every}
	if s.count > 0 {
		s.lookAt = uint64(float64(s.count) * WarmUp)
	} else {
		s.warm = time.Duration(float64(s.length) * WarmUp)
	}
	return s
}

// next is the stamp of the next message; none follows one with flagLast.
func (s *schedule) next() uint64 {
	stamp := s.seq
	s.seq++
	if stamp != s.lookAt {
		return stamp
	}
	if s.count > 0 {
		return stamp | s.byCount()
	}
	return stamp | s.byTime()
}

func (s *schedule) byCount() uint64 {
	if s.marked {
		return flagLast
	}
	s.marked, s.lookAt = true, s.count-1
	return flagMark
}

func (s *schedule) byTime() uint64 {
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
	s.lookAt += s.every
	gone := time.Since(s.begun)
	switch {
	case !s.marked && gone >= s.warm:
		s.marked = true
		return flagMark
	case s.marked && gone >= s.length:
		return flagLast
	}
	return 0
}
