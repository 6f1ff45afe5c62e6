package main

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// assignment is what one subscriber has to know. It travels to another process as JSON.
type assignment struct {
	ID       int           `json:"id"`
	Topics   feed.Topics   `json:"topics"`
	Endpoint string        `json:"endpoint"` // of the feed
	Control  string        `json:"control"`  // of the second channel
	Patience time.Duration `json:"patience"` // how long to wait for ticks that were sent but do not come
}

type result = feed.Result

// starter runs one subscriber to its end.
type starter func(ctx context.Context, a assignment) (result, error)

// subscriber is one run of subscribe: a goroutine that receives, and one that talks to the publisher.
type subscriber struct {
	assignment
	missing   map[string]bool // topics that no probe has come under; receiving goroutine
	record    *feed.Recorder  // receiving goroutine
	joined    atomic.Bool
	delivered atomic.Uint64
}

// subscribe receives the feed until the publisher says that it is complete. If ticks that were sent do not come it
// gives up after a while, without an error: the report then shows that they are missing.
func subscribe(ctx context.Context, a assignment) (res result, err error) {
	sub, err := pubsub.NewSub(socket.WithMetadata(idProperty, strconv.Itoa(a.ID)))
	if err != nil {
		return res, err
	}
	defer sub.Close() // nothing to lose: it only receives
	req, err := reqrep.NewReq(socket.WithLinger(0))
	if err != nil {
		return res, err
	}
	defer req.Close() // nothing to lose: every reply was received
	for _, topic := range a.Topics {
		if err := sub.Subscribe(topic); err != nil {
			return res, err
		}
	}
	if err := sub.Connect(a.Endpoint); err != nil {
		return res, err
	}
	if err := req.Connect(a.Control); err != nil {
		return res, err
	}
	s := &subscriber{assignment: a, missing: make(map[string]bool), record: feed.NewRecorder(1)}
	for _, topic := range a.Topics {
		s.missing[topic] = true
	}
	if err := s.run(ctx, sub, req); err != nil {
		return res, err
	}
	return s.record.Result(sub.Stats().Dropped), nil
}

// run receives in one goroutine and reports in another; the first to fail ends both.
func (s *subscriber) run(ctx context.Context, sub *pubsub.Sub, req *reqrep.Req) error {
	ctx, cancel := context.WithCancelCause(ctx)
	received := make(chan struct{})
	go func() {
		defer close(received)
		cancel(s.receive(ctx, sub))
	}()
	cancel(s.report(ctx, req))
	<-received
	if err := context.Cause(ctx); err != errComplete {
		return err
	}
	return nil
}

// receive takes note of every tick until ctx ends.
func (s *subscriber) receive(ctx context.Context, sub *pubsub.Sub) error {
	ticks := codec.NewReceiver[feed.Tick](sub)
	var t feed.Tick
	for n := uint64(0); ; {
		topic, err := ticks.RecvInto(ctx, &t)
		if err != nil {
			return err
		}
		if isProbe(&t) {
			delete(s.missing, topic)
			s.joined.Store(len(s.missing) == 0)
			continue
		}
		s.record.Record(&t, time.Now().UnixNano())
		n++
		s.delivered.Store(n)
	}
}
