package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

// errComplete is why a subscriber ends that has all it can get; it is no failure.
var errComplete = errors.New("complete")

// report tells the publisher how this subscriber stands, and returns errComplete when the feed has ended and everything
// has come, or nothing has for as long as patience allows.
func (s *subscriber) report(ctx context.Context, req *reqrep.Req) error {
	requests, replies := codec.NewSender[standing](req), codec.NewReceiver[outlook](req)
	again := time.NewTicker(reportEvery)
	defer again.Stop()
	before, progress := uint64(0), time.Now()
	for {
		now := standing{Subscriber: s.ID, Joined: s.joined.Load(), Delivered: s.delivered.Load()}
		if err := requests.Send(ctx, "", now); err != nil {
			return err
		}
		_, o, err := replies.Recv(ctx)
		if err != nil {
			return err
		}
		if now.Delivered != before || !o.Final {
			before, progress = now.Delivered, time.Now()
		}
		if o.Final && (now.Delivered >= o.Total || time.Since(progress) > s.Patience) {
			return errComplete
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// writeReport writes the table and what it means.
func writeReport(w io.Writer, r *feed.Report) error {
	if err := r.WriteTable(w); err != nil {
		return err
	}
	verdict := "every message was delivered to every subscriber that its topic matches"
	switch {
	case r.Check() != nil:
		verdict = "messages are unaccounted for"
	case r.Total.Dropped > 0:
		verdict = "every message was delivered, or dropped at the high-water mark and counted"
	case r.Published == 0:
		verdict = "nothing was published"
	}
	_, err := fmt.Fprintf(w, "\n%s\n", verdict)
	return err
}
