package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// reportEvery is how often a subscriber talks to the publisher.
const reportEvery = 100 * time.Millisecond

// standing is what a subscriber tells the publisher: a request.
type standing struct {
	Subscriber int
	Joined     bool   // it has had a probe under each of its topics
	Delivered  uint64 // ticks so far
}

// outlook is the reply.
type outlook struct {
	Final bool   // the feed has ended
	Total uint64 // then: how many ticks were sent to this subscriber in all
}

// control is the publisher's end of the second channel. Its methods may be called by any number of goroutines at once.
type control struct {
	endpoint string
	rep      *reqrep.Rep

	mu      sync.Mutex
	latest  []standing
	joined  int
	totals  []uint64      // nil until the feed has ended
	allHere chan struct{} // closed when everybody has joined
}

func newControl(endpoint string, subscribers int) (*control, error) {
	rep, err := reqrep.NewRep(socket.WithLinger(0))
	if err != nil {
		return nil, err
	}
	bound, err := rep.Bind(endpoint)
	if err != nil {
		return nil, errors.Join(err, rep.Close())
	}
	return &control{
		endpoint: bound, rep: rep, latest: make([]standing, subscribers), allHere: make(chan struct{}),
	}, nil
}

// serve answers subscribers until the socket is closed or ctx ends, which are no errors.
func (c *control) serve(ctx context.Context) error {
	requests, replies := codec.NewReceiver[standing](c.rep), codec.NewSender[outlook](c.rep)
	for {
		_, s, err := requests.Recv(ctx)
		if err == nil {
			var o outlook
			if o, err = c.note(s); err == nil {
				err = replies.Send(ctx, "", o)
			}
		}
		if ctx.Err() != nil || errors.Is(err, ringmq.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("control: %w", err)
		}
	}
}

// note takes down what a subscriber says and returns the answer.
func (c *control) note(s standing) (outlook, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.Subscriber < 0 || s.Subscriber >= len(c.latest) {
		return outlook{}, fmt.Errorf("there is no subscriber %d", s.Subscriber)
	}
	if s.Joined && !c.latest[s.Subscriber].Joined {
		if c.joined++; c.joined == len(c.latest) {
			close(c.allHere)
		}
	}
	c.latest[s.Subscriber] = s
	if c.totals == nil {
		return outlook{}, nil
	}
	return outlook{Final: true, Total: c.totals[s.Subscriber]}, nil
}

// end has every subscriber told how many ticks there were for it.
func (c *control) end(totals []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.totals = totals
}

// delivered is how many ticks the subscribers have had, as far as they have said.
func (c *control) delivered() (n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.latest {
		n += s.Delivered
	}
	return n
}

// absent are the subscribers that have not joined.
func (c *control) absent() (ids []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.latest {
		if !s.Joined {
			ids = append(ids, i)
		}
	}
	return ids
}
