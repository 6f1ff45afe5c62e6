package feed

import "time"

// Result is what one subscriber saw, or what several saw together. It travels between processes as JSON.
type Result struct {
	Delivered uint64   `json:"delivered"`
	Dropped   uint64   `json:"dropped"` // counted as dropped by the subscriber's socket
	Gaps      uint64   `json:"gaps"`    // how often a symbol's numbers skipped
	Missed    uint64   `json:"missed"`  // how many numbers were skipped
	Late      uint64   `json:"late"`    // repeated or out of order
	First     int64    `json:"first"`   // when the first delivery was, in ns since 1970; 0 if there was none
	Last      int64    `json:"last"`    // when the last delivery was
	Latency   *Latency `json:"latency"`
}

// Merge adds what another subscriber saw.
func (r *Result) Merge(other Result) {
	r.Delivered += other.Delivered
	r.Dropped += other.Dropped
	r.Gaps += other.Gaps
	r.Missed += other.Missed
	r.Late += other.Late
	if other.First != 0 && (r.First == 0 || other.First < r.First) {
		r.First = other.First
	}
	r.Last = max(r.Last, other.Last)
	if other.Latency == nil {
		return
	}
	if r.Latency == nil {
		r.Latency = NewLatency()
	}
	r.Latency.Merge(other.Latency)
}

// Recorder makes the Result of one subscriber. One goroutine at a time may use it.
type Recorder struct {
	result Result
	gaps   *GapTracker
}

// NewRecorder returns a recorder that expects each symbol's numbers to begin at first; see [NewGapTracker].
func NewRecorder(first uint64) *Recorder {
	return &Recorder{result: Result{Latency: NewLatency()}, gaps: NewGapTracker(first)}
}

// Record takes note of a tick that was received at now, in ns since 1970 by the clock that Sent is by.
func (r *Recorder) Record(t *Tick, now int64) {
	if r.result.Delivered == 0 {
		r.result.First = now
	}
	r.result.Delivered++
	r.result.Last = now
	r.result.Latency.Record(time.Duration(now - t.Sent))
	r.gaps.Observe(t.Symbol, t.SymbolSeq)
}

// Result returns what was recorded so far; dropped is what the subscriber's socket counted. The latencies are shared
// with the recorder: read them when it records no more.
func (r *Recorder) Result(dropped uint64) Result {
	res := r.result
	res.Dropped = dropped
	res.Gaps, res.Missed, res.Late = r.gaps.Gaps(), r.gaps.Missed(), r.gaps.Late()
	return res
}
