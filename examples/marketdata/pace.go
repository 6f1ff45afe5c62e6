package main

import (
	"context"
	"time"
)

// pacer holds a loop to a rate on average: after a late wake-up it lets through at once what is overdue. One goroutine
// at a time may use it.
type pacer struct {
	rate  int // per second; 0 is no limit
	start time.Time
	timer *time.Timer
}

func newPacer(rate int) *pacer { return &pacer{rate: rate, start: time.Now()} }

// wait waits until number n, counted from 0, is due, or until ctx ends.
func (p *pacer) wait(ctx context.Context, n int64) {
	if p.rate == 0 {
		return
	}
	early := time.Until(p.start.Add(p.due(n)))
	if early <= 0 {
		return
	}
	if p.timer == nil {
		p.timer = time.NewTimer(early)
	} else {
		p.timer.Reset(early)
	}
	select {
	case <-p.timer.C:
	case <-ctx.Done():
	}
}

// due splits n so that nothing overflows.
func (p *pacer) due(n int64) time.Duration {
	seconds, rest := n/int64(p.rate), n%int64(p.rate)
	return time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(p.rate)
}
