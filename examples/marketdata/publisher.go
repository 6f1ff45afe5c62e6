package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

const (
	// idProperty is what a subscriber's socket announces its number as, so that the publisher's counters, which are by
	// peer, can be read by subscriber.
	idProperty = "X-Subscriber"
	// probeEvery is how often probes are sent while subscribers join.
	probeEvery = 10 * time.Millisecond
	// joinTimeout is generous: over -procs it includes the start of the processes.
	joinTimeout = 20 * time.Second
)

// probe is what is sent under each topic while subscribers join. Ticks of the feed have Seq from 1.
var probe = feed.Tick{Symbol: "probe", Type: feed.Halt, Side: feed.Buy}

func isProbe(t *feed.Tick) bool { return t.Seq == 0 }

// publisher sends the feed. Its methods are called one after the other, but for published.
type publisher struct {
	pub      *pubsub.Pub
	endpoint string
	ticks    *codec.Sender[feed.Tick]
	topics   []feed.Topics // by subscriber
	tally    feed.Tally
	sent     atomic.Uint64
	wasted   []uint64 // probes dropped, by subscriber; set by join
}

func newPublisher(endpoint string, hwm int, topics []feed.Topics) (*publisher, error) {
	pub, err := pubsub.NewPub(socket.WithSendHWM(hwm))
	if err != nil {
		return nil, err
	}
	bound, err := pub.Bind(endpoint)
	if err != nil {
		return nil, errors.Join(err, pub.Close())
	}
	return &publisher{pub: pub, endpoint: bound, ticks: codec.NewSender[feed.Tick](pub), topics: topics}, nil
}

// join sends probes until every subscriber is there. The end of ctx is no error: there is nothing to publish then.
func (p *publisher) join(ctx context.Context, c *control) error {
	late := time.NewTimer(joinTimeout)
	defer late.Stop()
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	defer func() { p.wasted = p.dropped() }()
	for {
		if err := p.probe(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-c.allHere:
			return nil
		case <-ctx.Done():
			return nil
		case <-late.C:
			return fmt.Errorf("subscribers %v have not joined within %v", c.absent(), joinTimeout)
		case <-again.C:
		}
	}
}

// probe sends one probe under each topic. It reaches exactly those whose subscriptions would have them receive every
// tick that begins with the topic.
func (p *publisher) probe(ctx context.Context) error {
	topics := slices.Concat(p.topics...)
	slices.Sort(topics)
	for _, topic := range slices.Compact(topics) {
		if err := p.ticks.Send(ctx, topic, probe); err != nil {
			return err
		}
	}
	return nil
}

// publish sends count ticks of src, or fewer if ctx or src ends first.
func (p *publisher) publish(ctx context.Context, src feed.Source, count int64, rate int) error {
	var (
		t     feed.Tick
		order feed.Sequencer
		pace  = newPacer(rate)
	)
	for n := range count {
		pace.wait(ctx, n)
		if err := src.Next(&t); err != nil {
			return err
		}
		order.Stamp(&t)
		t.Sent = time.Now().UnixNano()
		if err := p.ticks.Send(ctx, t.Symbol, t); err != nil {
			if ctx.Err() != nil {
				return nil // and the tick was not sent
			}
			return err
		}
		p.tally.Add(t.Symbol)
		p.sent.Store(p.tally.Published())
	}
	return nil
}

// published is the number of ticks so far; any goroutine may call it.
func (p *publisher) published() uint64 { return p.sent.Load() }

// dropped is what the socket has dropped, by subscriber. A publisher drops while it sends and at no other time, so
// after the last tick the counts are final.
func (p *publisher) dropped() []uint64 {
	ns := make([]uint64, len(p.topics))
	for _, peer := range p.pub.Peers() {
		if id, err := strconv.Atoi(peer.Properties[idProperty]); err == nil && id >= 0 && id < len(ns) {
			ns[id] += peer.Dropped
		}
	}
	return ns
}

// totals are, by subscriber, how many ticks were sent to it and how many were dropped instead.
func (p *publisher) totals() (sent, dropped []uint64) {
	sent, dropped = make([]uint64, len(p.topics)), p.dropped()
	for i, topics := range p.topics {
		dropped[i] -= min(dropped[i], p.wasted[i]) // less if the peer has come anew
		sent[i] = p.tally.Expected(topics) - dropped[i]
	}
	return sent, dropped
}
