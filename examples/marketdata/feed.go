package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
)

// patience is how long a subscriber waits for ticks that were sent and do not come.
const patience = 10 * time.Second

// runFeed is one whole run. The end of ctx ends the publishing; subscribers still receive what was sent.
func runFeed(ctx context.Context, o options, start starter, stderr io.Writer) (_ *feed.Report, err error) {
	src, count, closeSource, err := openSource(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	topics, err := feed.Assign(o.topics, o.subs, src.Symbols())
	if err != nil {
		return nil, err
	}
	p, err := newPublisher(o.endpoint, o.hwm, topics)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.pub.Close()) }()
	c, err := newControl(controlEndpoint(o, p.endpoint), o.subs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.rep.Close()) }()
	announce(stderr, o, p, count)

	g := newGroup(ctx)
	defer g.stop(nil)
	g.goServe(c)
	results := g.startAll(start, p, c)
	stopProgress := showProgress(stderr, p, c)
	defer stopProgress()

	feeding, cancel := g.until(ctx)
	defer cancel()
	err = p.join(feeding, c)
	if err == nil {
		err = p.publish(feeding, src, count, o.rate)
	}
	if err != nil {
		g.stop(err)
	}
	sent, dropped := p.totals()
	c.end(sent)
	if err := g.wait(); err != nil {
		return nil, err
	}
	return feed.NewReport(p.tally.Published(), p.tally.Expected(topics...), sum(dropped), results...), nil
}

// controlEndpoint stays within the process if that will do. A bound endpoint is unique, so its name is too.
func controlEndpoint(o options, feed string) string {
	if o.procs {
		return defaultEndpoint
	}
	return "inproc://control of " + feed
}

func sum(ns []uint64) (total uint64) {
	for _, n := range ns {
		total += n
	}
	return total
}

// group is the goroutines of a run. The first failure ends all of them.
type group struct {
	ctx         context.Context
	stop        context.CancelCauseFunc
	subscribers sync.WaitGroup
	server      sync.WaitGroup
}

// newGroup makes a group that does not end with ctx.
func newGroup(ctx context.Context) *group {
	g := new(group)
	g.ctx, g.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	return g
}

// until returns a context that ends with the group's or with ctx.
func (g *group) until(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancel(g.ctx)
	forget := context.AfterFunc(ctx, cancel)
	return both, func() { forget(); cancel() }
}

func (g *group) goServe(c *control) {
	g.server.Go(func() {
		if err := c.serve(g.ctx); err != nil {
			g.stop(err)
		}
	})
}

// startAll starts the subscribers. Their results are there after wait.
func (g *group) startAll(start starter, p *publisher, c *control) []result {
	results := make([]result, len(p.topics))
	for i, topics := range p.topics {
		a := assignment{ID: i, Topics: topics, Endpoint: p.endpoint, Control: c.endpoint, Patience: patience}
		g.subscribers.Go(func() {
			res, err := start(g.ctx, a)
			if err != nil {
				g.stop(fmt.Errorf("subscriber %d: %w", i, err))
			}
			results[i] = res
		})
	}
	return results
}

// wait waits for the subscribers, ends everything and returns the first failure.
func (g *group) wait() error {
	g.subscribers.Wait()
	failure := context.Cause(g.ctx)
	g.stop(nil)
	g.server.Wait()
	return failure
}
