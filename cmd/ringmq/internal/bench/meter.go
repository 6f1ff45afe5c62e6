package bench

import (
	"runtime"
	"time"
)

// Side is what one side of a round counted between the mark and the end.
type Side struct {
	Messages uint64        `json:"messages"`
	Elapsed  time.Duration `json:"elapsed_ns"`
	Mallocs  uint64        `json:"mallocs"` // heap objects that its process allocated
}

// Rate is messages a second.
func (s Side) Rate() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Messages) / s.Elapsed.Seconds()
}

// AllocsPerMessage is the number of heap objects that its process allocated for each message.
func (s Side) AllocsPerMessage() float64 {
	if s.Messages == 0 {
		return 0
	}
	return float64(s.Mallocs) / float64(s.Messages)
}

// meter takes the time and the allocations of one side. The clock is read before the memory statistics, which stop the
// world for some 10 µs: that counts against the figures, not in their favour.
type meter struct {
	first   uint64
	begun   time.Time
	mallocs uint64
}

func (m *meter) mark(stamp uint64) {
	m.first = stamp &^ flags
	m.begun = time.Now()
	m.mallocs = mallocs()
}

// end is the figures; the marked message is the starting gun and does not count.
func (m *meter) end(stamp uint64) Side {
	elapsed := time.Since(m.begun)
	return Side{Messages: stamp&^flags - m.first, Elapsed: elapsed, Mallocs: mallocs() - m.mallocs}
}

func mallocs() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.Mallocs
}
