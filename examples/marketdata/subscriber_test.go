package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
	"github.com/ringmq/ringmq/pattern/pubsub"
)

// waitForTicks returns when a tick has come over the feed.
func waitForTicks(ctx context.Context, a assignment) {
	sub, err := pubsub.NewSub()
	if err != nil {
		return
	}
	defer sub.Close()
	if sub.Subscribe("") != nil || sub.Connect(a.Endpoint) != nil {
		return
	}
	ticks := codec.NewReceiver[feed.Tick](sub)
	for {
		if _, t, err := ticks.Recv(ctx); err != nil || !isProbe(&t) {
			return
		}
	}
}

// TestSubscriberGivesUp tells a subscriber of one more tick than there was.
func TestSubscriberGivesUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	topics := []feed.Topics{{"AAPL", "MSFT"}}
	p, err := newPublisher("inproc://gives-up", 0, topics)
	require.NoError(t, err)
	defer p.pub.Close()
	c, err := newControl("inproc://gives-up-control", 1)
	require.NoError(t, err)
	g := newGroup(ctx)
	g.goServe(c)

	got := make(chan result, 1)
	go func() {
		res, err := subscribe(ctx, assignment{
			Topics: topics[0], Endpoint: p.endpoint, Control: c.endpoint, Patience: 10 * time.Millisecond,
		})
		if err != nil {
			g.stop(err)
		}
		got <- res
	}()
	require.NoError(t, p.join(ctx, c))
	src := feed.NewGenerator(1)
	require.NoError(t, p.publish(ctx, src, 1000, 0))
	sent, dropped := p.totals()
	require.Equal(t, []uint64{0}, dropped)
	c.end([]uint64{sent[0] + 1})

	res := <-got
	require.NoError(t, c.rep.Close())
	require.NoError(t, g.wait())
	require.Equal(t, sent[0], res.Delivered)
	require.Less(t, res.Delivered, uint64(1000), "only two symbols are subscribed to")
	require.Zero(t, res.Gaps)
}

func TestControlRefusesStrangers(t *testing.T) {
	c := &control{latest: make([]standing, 2), allHere: make(chan struct{})}
	for _, id := range []int{-1, 2} {
		_, err := c.note(standing{Subscriber: id})
		require.ErrorContains(t, err, "there is no subscriber")
	}
	for range 2 { // saying so twice does not count for another
		_, err := c.note(standing{Subscriber: 0, Joined: true, Delivered: 7})
		require.NoError(t, err)
	}
	require.Equal(t, []int{1}, c.absent())
	require.EqualValues(t, 7, c.delivered())
	_, err := c.note(standing{Subscriber: 1, Joined: true})
	require.NoError(t, err)
	<-c.allHere
	c.end([]uint64{7, 8})
	o, err := c.note(standing{Subscriber: 1, Joined: true})
	require.NoError(t, err)
	require.Equal(t, outlook{Final: true, Total: 8}, o)
}
