package interop_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/impatient"
)

// patience is how long anything may take before the test fails; nothing here takes a tenth of it.
const patience = time.Minute

// peer is one end of a connection. The package describes the commands; they are given one at a time, by the goroutine
// of the test.
type peer interface {
	// Endpoint is what to connect to, if the peer is bound.
	Endpoint() string
	// Start gives a command. The function waits for the answer, and fails the test where there is none.
	Start(command string) (answer func() string)
}

// do gives a command and waits for the answer.
func do(p peer, command string, args ...any) string { return start(p, command, args...)() }

// start gives a command and returns how to wait for the answer.
func start(p peer, command string, args ...any) (answer func() string) {
	return p.Start(fmt.Sprintf(command, args...))
}

// conn is a Go socket as the commands need it.
type conn interface {
	Send(ctx context.Context, m ringmq.Message) error
	SendBytes(ctx context.Context, frames ...[]byte) error
	Recv(ctx context.Context) (ringmq.Message, error)
	Subscribe(topic string) error
	Unsubscribe(topic string) error
}

// goPeer obeys commands with a Go socket.
type goPeer struct {
	t        testing.TB
	name     string
	endpoint string
	conn     conn
	ours     bool
	running  sync.WaitGroup
	ahead    *ringmq.Message // that poll found; the goroutine of the command
}

func (p *goPeer) Endpoint() string { return p.endpoint }

func (p *goPeer) Start(command string) func() string {
	type result struct {
		answer string
		err    error
	}
	done := make(chan result, 1)
	p.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		answer, err := p.run(ctx, command)
		done <- result{answer, err}
	})
	return func() string {
		p.t.Helper()
		r := <-done
		require.NoErrorf(p.t, r.err, "%s: %s", p.name, command)
		return r.answer
	}
}

func (p *goPeer) run(ctx context.Context, command string) (string, error) {
	verb, rest, _ := strings.Cut(command, " ")
	switch verb {
	case "recv":
		return p.recv(ctx)
	case "send":
		return p.send(ctx, rest)
	case "subscribe", "unsubscribe":
		return p.subscribe(verb, rest)
	}
	number, rest, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	head, err := parse(rest)
	if err != nil {
		return "", err
	}
	switch verb {
	case "poll":
		return p.poll(ctx, time.Duration(n)*time.Millisecond)
	case "stream":
		return p.repeat(n, "sent", func(i int, _ *digest) error { return p.sendNumbered(ctx, head, i) })
	case "drain":
		return p.repeat(n, "", func(_ int, d *digest) error { return p.count(ctx, d) })
	case "ask":
		return p.repeat(n, "", func(i int, d *digest) error {
			if err := p.sendNumbered(ctx, head, i); err != nil {
				return err
			}
			return p.count(ctx, d)
		})
	case "echo":
		return p.repeat(n, "", func(_ int, d *digest) error { return p.echo(ctx, d) })
	}
	return "", fmt.Errorf("unknown command %q", command)
}

// repeat answers with the given words, or with the digest if there are none.
func (p *goPeer) repeat(n int, answer string, once func(int, *digest) error) (string, error) {
	var d digest
	for i := range n {
		if err := once(i, &d); err != nil {
			return "", fmt.Errorf("message %d of %d: %w", i, n, err)
		}
	}
	if answer == "" {
		answer = d.String()
	}
	return answer, nil
}

func (p *goPeer) send(ctx context.Context, notation string) (string, error) {
	frames, err := parse(notation)
	if err != nil {
		return "", err
	}
	return "sent", p.conn.Send(ctx, ringmq.NewMessage(frames...))
}

func (p *goPeer) sendNumbered(ctx context.Context, head [][]byte, i int) error {
	return p.conn.SendBytes(ctx, numbered(head, i)...)
}

// next receives a message, or takes the one that poll has received.
func (p *goPeer) next(ctx context.Context) (ringmq.Message, error) {
	if m := p.ahead; m != nil {
		p.ahead = nil
		return *m, nil
	}
	return p.conn.Recv(ctx)
}

func (p *goPeer) recv(ctx context.Context) (string, error) {
	m, err := p.next(ctx)
	if err != nil {
		return "", err
	}
	defer m.Release()
	return shown(m.Frames()), nil
}

func (p *goPeer) count(ctx context.Context, d *digest) error {
	m, err := p.next(ctx)
	if err == nil {
		d.add(m)
		m.Release()
	}
	return err
}

// echo gives the received message itself to Send, which owns it then: it is not released.
func (p *goPeer) echo(ctx context.Context, d *digest) error {
	m, err := p.next(ctx)
	if err != nil {
		return err
	}
	d.add(m)
	return p.conn.Send(ctx, m)
}

func (p *goPeer) poll(ctx context.Context, d time.Duration) (string, error) {
	if p.ahead != nil {
		return "yes", nil
	}
	if p.ours { // on a busy machine the time may be over before it begins
		if m, err := p.conn.Recv(impatient.New()); err == nil {
			p.ahead = &m
			return "yes", nil
		}
	}
	within, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	m, err := p.conn.Recv(within)
	if err != nil && within.Err() != nil {
		return "no", nil
	}
	if err != nil {
		return "", err
	}
	p.ahead = &m
	return "yes", nil
}

func (p *goPeer) subscribe(verb, topic string) (string, error) {
	frame, err := parseFrame(topic)
	if err != nil {
		return "", err
	}
	if verb == "subscribe" {
		return "done", p.conn.Subscribe(string(frame))
	}
	return "done", p.conn.Unsubscribe(string(frame))
}
