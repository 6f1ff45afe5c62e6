package feed

// GapTracker tells from the sequence numbers of each symbol what a subscriber missed. A message that is lost after
// the last one received leaves no gap. One goroutine at a time may use it.
type GapTracker struct {
	first  uint64
	next   map[string]uint64
	gaps   uint64
	missed uint64
	late   uint64
}

// NewGapTracker returns a tracker that expects each symbol's numbers to begin at first. With 0 they begin at
// whichever comes first: for a subscriber that joins a feed under way.
func NewGapTracker(first uint64) *GapTracker {
	return &GapTracker{first: first, next: make(map[string]uint64)}
}

// Observe takes note of a received message and returns how many were skipped just before it.
func (g *GapTracker) Observe(symbol string, seq uint64) (skipped uint64) {
	want, known := g.next[symbol]
	switch {
	case !known && g.first == 0:
		want = seq
	case !known:
		want = g.first
	}
	if seq < want {
		g.late++
		return 0
	}
	g.next[symbol] = seq + 1
	if seq == want {
		return 0
	}
	g.gaps++
	g.missed += seq - want
	return seq - want
}

// Gaps is how often numbers were skipped.
func (g *GapTracker) Gaps() uint64 { return g.gaps }

// Missed is how many numbers were skipped, over all gaps.
func (g *GapTracker) Missed() uint64 { return g.missed }

// Late is how many messages came twice or after a later one of their symbol. A correct transport has none.
func (g *GapTracker) Late() uint64 { return g.late }
