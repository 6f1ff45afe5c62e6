package run

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

// values turns the figures of both sides into the values of metrics. lossy: the contestant's publisher never waits.
func (s *single) values(lossy bool) (Values, error) {
	v := Values{plan.Harness.Key: s.harness}
	if s.Idle > 0 {
		s.idleValues(v)
		return v, nil
	}
	received, expected := s.received[proto.Received], float64(s.Deliveries())
	mayLose := s.Lossy() || lossy && s.Pattern == proto.PubSub
	if received != expected && !mayLose || received == 0 {
		return nil, fmt.Errorf("%w: %.0f of %.0f arrived", ErrLost, received, expected)
	}
	v[plan.Arrived.Key] = 100 * received / expected
	if ns := s.received[proto.Nanos]; ns > 0 {
		v[plan.Rate.Key] = received / ns * 1e9
	}
	s.logValues(v)
	s.mallocValues(v)
	return v, s.latencyValues(v)
}

// logValues are about a log and what it takes to append to it.
func (s *single) logValues(v Values) {
	if syncs := s.received[proto.Syncs]; syncs > 0 {
		v[plan.Group.Key] = float64(s.Count) / syncs
	}
	if size := s.received[proto.LogBytes]; size > 0 {
		v[plan.Record.Key] = size / float64(s.Count)
	}
	if used, ok := s.received[proto.CPU]; ok && s.Pattern == proto.Append {
		v[plan.Work.Key] = used / 1e3 / float64(s.Count)
	}
	if s.Pattern == proto.Recover {
		v[plan.Opening.Key] = s.received[proto.Nanos] / 1e9
	}
}

func (s *single) mallocValues(v Values) {
	mallocs, ok := s.received[proto.Mallocs]
	if !ok {
		return // it is not in Go
	}
	if s.sender != s.receiver {
		mallocs += s.sent[proto.Mallocs]
	}
	v[plan.Mallocs.Key] = mallocs / float64(s.Count)
}

func (s *single) idleValues(v Values) {
	seconds := float64(s.Idle)
	v[plan.CPU.Key] = 100 * (s.sent[proto.CPU] + s.received[proto.CPU]) / 1e9 / seconds
	each := func(metric plan.Metric, before, after string) {
		if b, ok := s.sent[before]; ok {
			v[metric.Key] = (s.sent[after] - b) / float64(s.Subs)
		}
	}
	each(plan.HeapPeer, proto.HeapBefore, proto.Heap)
	each(plan.RSSPeer, proto.RSSBefore, proto.RSS)
}

// Latencies are kept from 1 ns to 100 s, to three significant digits.
const (
	minLatency    = 1
	maxLatency    = 100_000_000_000
	latencyDigits = 3
)

// latencyValues reads the samples, if the run has any.
func (s *single) latencyValues(v Values) error {
	if s.withSamples().Samples == "" {
		return nil
	}
	raw, err := os.ReadFile(s.samples)
	if err != nil {
		return fmt.Errorf("%w: no samples: %w", ErrPeer, err)
	}
	if err := os.Remove(s.samples); err != nil {
		return err
	}
	h, err := histogram(raw)
	if err != nil {
		return err
	}
	if n := h.TotalCount(); float64(n) != s.received[proto.Received] {
		return fmt.Errorf("%w: %d samples of %.0f messages", ErrPeer, n, s.received[proto.Received])
	}
	for _, m := range []struct {
		metric     plan.Metric
		percentile float64
	}{{plan.P50, 50}, {plan.P99, 99}, {plan.P999, 99.9}, {plan.Max, 100}} {
		v[m.metric.Key] = float64(h.ValueAtPercentile(m.percentile)) / 1e3
	}
	return nil
}

// histogram is that of samples as programs write them: ns, 8 bytes each, little-endian.
func histogram(raw []byte) (*hdrhistogram.Histogram, error) {
	h := hdrhistogram.New(minLatency, maxLatency, latencyDigits)
	for ; len(raw) >= 8; raw = raw[8:] {
		ns := int64(binary.LittleEndian.Uint64(raw))
		if err := h.RecordValue(ns); err != nil {
			return nil, fmt.Errorf("%w: latency of %d ns: %w", ErrPeer, ns, err)
		}
	}
	if len(raw) > 0 {
		return nil, fmt.Errorf("%w: the samples end within one", ErrPeer)
	}
	return h, nil
}
