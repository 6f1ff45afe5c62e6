package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// anySocket is what the commands need of every socket type.
type anySocket interface {
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Monitor(ctx context.Context) <-chan socket.Event
	Peers() []socket.Peer
	Stats() socket.Stats
	Close() error
}

type sender interface {
	Send(ctx context.Context, m ringmq.Message) error
}

type receiver interface {
	Recv(ctx context.Context) (ringmq.Message, error)
	TryRecv() (ringmq.Message, error)
}

// sendingSocket, receivingSocket and talkingSocket are socket types that have the half, or both; a talker both sends and
// receives.
type (
	sendingSocket interface {
		anySocket
		sender
	}
	receivingSocket interface {
		anySocket
		receiver
	}
	talker interface {
		sender
		receiver
	}
	talkingSocket interface {
		anySocket
		talker
	}
)

// link is a socket with its endpoints, for one command.
type link struct {
	*app
	flags  *flags
	layout layout
	out    *output
	socket anySocket
	bound  []string       // what Bind returned
	aside  sync.WaitGroup // goroutines that end when the socket closes

	trouble troubles
}

// errUsage is wrapped by errors about flags that are found only when the command runs.
var errUsage = errors.New("usage")

// with opens the socket, runs work and closes the socket, which takes up to the linger period. The context of work ends
// too when no endpoint is left.
func (a *app) with(ctx context.Context, f *flags, s anySocket, work func(ctx context.Context, l *link) error) (err error) {
	l := &link{app: a, flags: f, socket: s}
	if l.layout, err = f.layout(); err != nil {
		return errors.Join(err, s.Close())
	}
	l.out = newOutput(a.stdout, l.layout)
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	l.watch(func() { end(errStranded) })
	if err = l.attach(); err == nil {
		if l.stranded() { // before anybody looked
			end(errStranded)
		}
		err = work(ctx, l)
	}
	flushed, closed := l.out.flush(), s.Close()
	l.aside.Wait() // all is known that went wrong
	if errors.Is(err, errStranded) {
		err = fmt.Errorf("%w: %s", errStranded, strings.Join(l.dialled(), ", "))
	}
	return errors.Join(err, flushed, closed, l.lost(closed, err))
}

// attach binds and connects. An endpoint that came out otherwise than it was given is told.
func (l *link) attach() error {
	for _, endpoint := range l.flags.bind {
		bound, err := l.socket.Bind(endpoint)
		if err != nil {
			return err
		}
		l.bound = append(l.bound, bound)
		if bound != endpoint && !l.flags.verbose {
			fmt.Fprintf(l.stderr, "%slistening at %s\n", l.flags.prefix(), bound)
		}
	}
	for _, endpoint := range l.flags.connect {
		if err := l.socket.Connect(endpoint); err != nil {
			return err
		}
	}
	l.trouble.settled()
	return nil
}

// within bounds one wait by --timeout. doing completes "timed out after 1s ".
func (l *link) within(ctx context.Context, doing string, wait func(context.Context) error) error {
	limit := l.flags.timeout
	if limit <= 0 {
		return wait(ctx)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer cancel()
	err := wait(bounded)
	if errors.Is(err, errTimeout) && context.Cause(bounded) == errTimeout { // not one that ended ctx
		return fmt.Errorf("%w after %v %s at %s", errTimeout, limit, doing, l.endpoints())
	}
	return err
}

func (l *link) send(ctx context.Context, to sender, m ringmq.Message) error {
	return l.within(ctx, "waiting for a peer that takes a message", func(ctx context.Context) error {
		return to.Send(ctx, m)
	})
}

// recv returns the next message. What was printed before is flushed if it has to wait.
func (l *link) recv(ctx context.Context, from receiver) (m ringmq.Message, err error) {
	m, err = from.TryRecv()
	if !errors.Is(err, ringmq.ErrWouldBlock) {
		return m, err
	}
	if err := l.out.flush(); err != nil {
		return m, err
	}
	err = l.within(ctx, "waiting for a message", func(ctx context.Context) error {
		m, err = from.Recv(ctx)
		return err
	})
	return m, err
}

// sendAll gives every message of the input to each.
func (l *link) sendAll(ctx context.Context, in *input, each func(ringmq.Message) error) error {
	for first := true; ; first = false {
		m, err := in.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && !first {
			err = pause(ctx, l.flags.interval)
		}
		if err == nil {
			err = each(m)
		}
		if err != nil {
			return err
		}
	}
}

// recvAll gives messages to each, up to --count.
func (l *link) recvAll(ctx context.Context, from receiver, each func(ringmq.Message) error) error {
	for n := uint64(0); l.flags.count == 0 || n < l.flags.count; n++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		m, err := l.recv(ctx, from)
		if err != nil {
			return err
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// show prints a message and gives its memory back.
func (l *link) show(m ringmq.Message) error {
	defer m.Release()
	return l.out.print(m)
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
