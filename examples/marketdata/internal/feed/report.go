package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report judges a run. The three counts that must agree come from three places: Expected from the topics, Dropped
// from the sockets' own counters, Delivered from the subscribers.
type Report struct {
	Published uint64
	Expected  uint64
	Total     Result // over all subscribers; Dropped also has what the publisher's socket dropped
}

// NewReport merges the results of the subscribers. droppedBySender is what the publisher's socket counted as dropped
// because a subscriber's queue was full.
func NewReport(published, expected, droppedBySender uint64, results ...Result) *Report {
	r := &Report{Published: published, Expected: expected, Total: Result{Latency: NewLatency()}}
	for _, res := range results {
		r.Total.Merge(res)
	}
	r.Total.Dropped += droppedBySender
	return r
}

// ErrUnaccounted: messages vanished, or appeared, without being counted.
var ErrUnaccounted = errors.New("delivered and dropped do not add up to expected")

// Check returns an error that wraps [ErrUnaccounted] unless delivered + dropped == expected.
func (r *Report) Check() error {
	got := r.Total.Delivered + r.Total.Dropped
	if got == r.Expected {
		return nil
	}
	kind, n := "missing", r.Expected-got
	if got > r.Expected {
		kind, n = "too many", got-r.Expected
	}
	return fmt.Errorf("%w: %d delivered + %d dropped, %d expected: %d %s",
		ErrUnaccounted, r.Total.Delivered, r.Total.Dropped, r.Expected, n, kind)
}

// DeliveriesPerSecond is the rate over all subscribers between the first delivery and the last; 0 when those are one.
func (r *Report) DeliveriesPerSecond() float64 {
	elapsed := time.Duration(r.Total.Last - r.Total.First)
	if elapsed <= 0 {
		return 0
	}
	return float64(r.Total.Delivered) / elapsed.Seconds()
}

// Summary is a report as WriteJSON prints it.
type Summary struct {
	Published      uint64         `json:"published"`
	Expected       uint64         `json:"expected"`
	Delivered      uint64         `json:"delivered"`
	Dropped        uint64         `json:"dropped"`
	Gaps           uint64         `json:"gaps"`
	DeliveriesPerS float64        `json:"deliveries_per_s"`
	Latency        LatencySummary `json:"latency_us"`
}

// LatencySummary has quantiles in µs. P90 is for the table alone: the keys of the JSON are settled.
type LatencySummary struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"-"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// Summary returns the figures of the report.
func (r *Report) Summary() Summary {
	us := func(q float64) float64 { return float64(r.Total.Latency.Quantile(q)) / float64(time.Microsecond) }
	return Summary{
		Published: r.Published, Expected: r.Expected,
		Delivered: r.Total.Delivered, Dropped: r.Total.Dropped, Gaps: r.Total.Gaps,
		DeliveriesPerS: r.DeliveriesPerSecond(),
		Latency:        LatencySummary{P50: us(0.5), P90: us(0.9), P99: us(0.99), P999: us(0.999), Max: us(1)},
	}
}

// WriteJSON writes the report as one JSON object on one line.
func (r *Report) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r.Summary()) }

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	s := r.Summary()
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "published\texpected\tdelivered\tdropped\tgaps\tdeliveries/s\t")
	fmt.Fprintf(tw, "%d\t%d\t%d\t%d\t%d\t%.0f\t\n",
		s.Published, s.Expected, s.Delivered, s.Dropped, s.Gaps, s.DeliveriesPerS)
	fmt.Fprintln(tw)
	fmt.Fprintln(tw, "latency µs\tp50\tp90\tp99\tp99.9\tmax\t")
	l := s.Latency
	fmt.Fprintf(tw, "\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", l.P50, l.P90, l.P99, l.P999, l.Max)
	if err := tw.Flush(); err != nil {
		return err
	}
	return r.writeNotes(w)
}

// writeNotes adds what should not have happened, if it did.
func (r *Report) writeNotes(w io.Writer) error {
	if n := r.Total.Late; n > 0 {
		if _, err := fmt.Fprintf(w, "%d deliveries were repeated or out of order\n", n); err != nil {
			return err
		}
	}
	if n := r.Total.Latency.Clamped(); n > 0 {
		if _, err := fmt.Fprintf(w, "%d latencies were below 0 or above a minute\n", n); err != nil {
			return err
		}
	}
	return nil
}
