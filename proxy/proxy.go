package proxy

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/ringmq/ringmq"
)

// Receiver is what a proxy needs of a socket to read from it. RecvBatch is that of socket.Receiver: it waits for a
// message, takes along those that are there, and returns no message together with an error.
type Receiver interface {
	RecvBatch(ctx context.Context, dst []ringmq.Message) (int, error)
}

// Sender is what a proxy needs of a socket to send to it. SendBatch is that of socket.Sender: it sends in order and
// returns how many were taken, an error being about the one that follows. It looks at ctx only where it has to wait: with
// one that has ended it sends what goes at once and returns an error that wraps [context.Canceled].
type Sender interface {
	SendBatch(ctx context.Context, ms []ringmq.Message) (int, error)
}

// Socket is a socket that sends and receives.
type Socket interface {
	Receiver
	Sender
}

// TrySender is what a proxy needs of its capture socket.
type TrySender interface {
	// TrySend sends without ever waiting. On an error the message is the caller's again.
	TrySend(m ringmq.Message) error
}

// Option sets an option of a proxy.
type Option func(*Proxy)

// WithCapture has s get each message that is read from either side, unless it cannot take it at once. A PUB, PUSH, PAIR
// or DEALER will do. If s closes, the proxy ends with the next message.
func WithCapture(s TrySender) Option {
	return func(p *Proxy) { p.capture = &capture{to: s} }
}

// Proxy passes messages between sockets while Run runs. Its methods may be called by any number of goroutines at once.
type Proxy struct {
	gate    gate
	forward *pump
	back    *pump    // nil: one way
	capture *capture // nil: none
	done    chan struct{}
}

// New returns a proxy that passes messages both ways. If both sides are the same socket there is but one way: what it
// receives it sends.
func New(frontend, backend Socket, opts ...Option) *Proxy {
	p := NewStreamer(frontend, backend, opts...)
	if !same(frontend, backend) {
		p.back = &pump{from: backend, to: frontend, source: Backend, target: Frontend, capture: p.capture, limit: 1}
	}
	return p
}

// NewStreamer returns a proxy that passes messages from the frontend to the backend only.
func NewStreamer(frontend Receiver, backend Sender, opts ...Option) *Proxy {
	p := &Proxy{gate: gate{changed: make(chan struct{})}, done: make(chan struct{})}
	for _, o := range opts {
		o(p)
	}
	p.forward = &pump{from: frontend, to: backend, source: Frontend, target: Backend, capture: p.capture, limit: 1}
	return p
}

func same(a, b any) bool {
	v := reflect.ValueOf(a)
	return v.IsValid() && v.Comparable() && a == b
}

// Run passes messages until Stop, which makes it return nil; until ctx ends, whose cause it returns; or until a socket
// fails, which is an [Error]. What is in hand when ctx or a socket ends is passed on if that needs no waiting, else
// counted as dropped. A proxy runs once: a second Run is [ringmq.ErrState].
func (p *Proxy) Run(ctx context.Context) error {
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	if !p.gate.start(abort) {
		return fmt.Errorf("proxy: %w: it has run already", ringmq.ErrState)
	}
	defer close(p.done)
	var pumps sync.WaitGroup
	for _, m := range p.pumps() {
		pumps.Go(func() {
			if err := m.run(ctx, &p.gate); err != nil {
				abort(err)
			}
		})
	}
	pumps.Wait()
	if err := context.Cause(ctx); err != errStopped {
		return err
	}
	return nil
}

func (p *Proxy) pumps() []*pump {
	if p.back == nil {
		return []*pump{p.forward}
	}
	return []*pump{p.forward, p.back}
}

// Pause has the proxy read no more messages. It returns when those that it has read are passed on; if ctx ends before,
// with the context's error, and the pause stands all the same. Before Run it is allowed, too: then Run begins with it.
func (p *Proxy) Pause(ctx context.Context) error {
	if err := p.gate.pause(ctx); err != nil {
		return fmt.Errorf("proxy: pause: %w", err)
	}
	return nil
}

// Resume ends a pause.
func (p *Proxy) Resume() { p.gate.resume() }

// Stop ends Run: no more messages are read, and those that were read are passed on. It returns when Run has ended. If
// ctx ends before, messages that still wait are dropped and counted, and the error is the context's. A proxy that does
// not run yet will not.
func (p *Proxy) Stop(ctx context.Context) error {
	abort := p.gate.stop()
	if abort == nil {
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	abort(errStopped)
	<-p.done
	return fmt.Errorf("proxy: stop: %w", context.Cause(ctx))
}
