package feed

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency is a histogram of times from send to receipt, to 3 digits up to a minute. It travels between processes as
// JSON, its counts in the compressed V2 format of HdrHistogram. One goroutine at a time may use it.
type Latency struct {
	h       *hdrhistogram.Histogram
	clamped uint64
}

var (
	_ json.Marshaler   = (*Latency)(nil)
	_ json.Unmarshaler = (*Latency)(nil)
)

// NewLatency returns an empty histogram.
func NewLatency() *Latency {
	return &Latency{h: hdrhistogram.New(minLatency, maxLatency, latencyPrecision)}
}

// Record counts one latency. One that is out of range, as when the clock was set back, counts as the nearest that is
// in range and in Clamped.
func (l *Latency) Record(d time.Duration) {
	ns := min(max(int64(d), 0), maxLatency)
	if ns != int64(d) {
		l.clamped++
	}
	if err := l.h.RecordValue(ns); err != nil {
		panic(fmt.Sprintf("feed: %d ns is in range: %v", ns, err))
	}
}

// Merge adds what other counted.
func (l *Latency) Merge(other *Latency) {
	l.h.Merge(other.h)
	l.clamped += other.clamped
}

// Count is the number of latencies recorded.
func (l *Latency) Count() int64 { return l.h.TotalCount() }

// Clamped is how many of them were out of range.
func (l *Latency) Clamped() uint64 { return l.clamped }

// Quantile is the latency that the fraction q of all do not exceed; 0 if there are none. Quantile(1) is the greatest.
func (l *Latency) Quantile(q float64) time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return time.Duration(l.h.ValueAtPercentile(100 * q))
}

// latencyJSON is a Latency between processes.
type latencyJSON struct {
	HDR     string `json:"hdr"`
	Clamped uint64 `json:"clamped"`
}

// MarshalJSON implements [json.Marshaler].
func (l *Latency) MarshalJSON() ([]byte, error) {
	b, err := l.h.EncodeV2()
	if err != nil {
		return nil, err
	}
	return json.Marshal(latencyJSON{HDR: string(b), Clamped: l.clamped})
}

// UnmarshalJSON implements [json.Unmarshaler]. It refuses a histogram of another range or precision, which could not
// be merged without loss.
func (l *Latency) UnmarshalJSON(b []byte) error {
	var in latencyJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	h, err := hdrhistogram.Decode([]byte(in.HDR))
	if err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	lo, hi, digits := h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures()
	if lo != minLatency || hi != maxLatency || digits != latencyPrecision {
		return fmt.Errorf("latency: want %d to %d ns to %d digits, got %d to %d ns to %d",
			minLatency, maxLatency, latencyPrecision, lo, hi, digits)
	}
	l.h, l.clamped = h, in.Clamped
	return nil
}
