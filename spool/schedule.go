package spool

// appointment is when a message is to be delivered.
type appointment struct {
	due        int64 // nanoseconds since 1970 UTC
	sequence   uint64
	deliveries uint64 // so far
}

// atOnce is before any other time.
const atOnce = int64(0)

func (a appointment) before(b appointment) bool {
	return a.due < b.due || a.due == b.due && a.sequence < b.sequence
}

// schedule is a binary heap of appointments, the earliest first; of those at the same time, the lowest sequence.
type schedule []appointment

func (s *schedule) add(a appointment) {
	h := append(*s, a)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	*s = h
}

// next returns the earliest appointment.
func (s schedule) next() (appointment, bool) {
	if len(s) == 0 {
		return appointment{}, false
	}
	return s[0], true
}

// take removes the earliest appointment.
func (s *schedule) take() {
	h := *s
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for _, down := range []int{2*i + 1, 2*i + 2} {
			if down < last && h[down].before(h[least]) {
				least = down
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*s = h
}
