package bench

import (
	"context"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Run measures every case of the configuration. After each round progress is called, on this goroutine. On an error
// the cases that are complete are returned with it.
func Run(ctx context.Context, cfg Config, progress func(c Case, round int, r Round)) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	report := newReport(cfg)
	for _, c := range cfg.cases() {
		res := Result{Case: c}
		for i := range cfg.Rounds {
			r, err := measure(ctx, c)
			if err != nil {
				return report, fmt.Errorf("%v, round %d: %w", c, i+1, err)
			}
			res.Rounds = append(res.Rounds, r)
			progress(c, i+1, r)
		}
		report.Results = append(report.Results, res)
	}
	return report, nil
}

// Round is the outcome of one round.
type Round struct {
	Sender   Side   `json:"sender"`
	Receiver Side   `json:"receiver"`
	Trips    *Trips `json:"round_trip_us,omitempty"` // of req-rep
}

// measure runs one round. If one side fails the other is stopped. The error is the first failure, or why ctx ended.
func measure(ctx context.Context, c Case) (r Round, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	peer, endpoint, err := start(ctx, c)
	if err != nil {
		cancel(err)
		return r, context.Cause(ctx)
	}
	arrived := make(chan struct{})
	go func() {
		defer close(arrived)
		var err error
		if r.Receiver, err = peer.figures(); err != nil {
			cancel(err)
		}
	}()
	if r.Sender, r.Trips, err = send(ctx, c, endpoint); err != nil {
		cancel(err)
	}
	<-arrived
	return r, context.Cause(ctx)
}

func send(ctx context.Context, c Case, endpoint string) (Side, *Trips, error) {
	if c.Pattern == PushPull {
		side, err := pushRound(ctx, c, endpoint)
		return side, nil, err
	}
	side, h, err := reqRound(ctx, c, endpoint)
	if err != nil {
		return side, nil, err
	}
	return side, newTrips(h), nil
}

// Trips are quantiles of round-trip times in µs.
type Trips struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func newTrips(h *hdrhistogram.Histogram) *Trips {
	us := func(percentile float64) float64 { return float64(h.ValueAtPercentile(percentile)) / 1000 }
	return &Trips{P50: us(50), P99: us(99), P999: us(99.9), Max: us(100)}
}
