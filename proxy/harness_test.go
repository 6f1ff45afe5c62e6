package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/proxy"
	"github.com/ringmq/ringmq/socket"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	// patience is how long a test waits for anything at all.
	patience = 20 * time.Second
	// glance is the pause between two looks at a count.
	glance = time.Millisecond
)

type sock interface {
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Close() error
	Stats() socket.Stats
	Peers() []socket.Peer
}

// open makes a socket that is closed at the end of the test. Unless opts say otherwise it has no marks and does not
// linger.
func open[S sock](t testing.TB, build func(...socket.Option) (S, error), opts ...socket.Option) S {
	t.Helper()
	defaults := []socket.Option{
		socket.WithSendHWM(0), socket.WithRecvHWM(0), socket.WithLinger(0),
		socket.WithReconnect(5*time.Millisecond, 20*time.Millisecond),
	}
	s, err := build(append(defaults, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		err := s.Close()
		if u := (*ringmq.UnsentError)(nil); !errors.As(err, &u) {
			require.NoError(t, err)
		}
	})
	return s
}

// everywhere runs body over every transport. fresh returns an endpoint to bind to.
func everywhere(t *testing.T, body func(t *testing.T, fresh func() string)) {
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		t.Run(transport, func(t *testing.T) { body(t, func() string { return fresh(transport) }) })
	}
}

var serial atomic.Uint32

func fresh(transport string) string {
	switch transport {
	case "tcp":
		return "tcp://127.0.0.1:*"
	case "ipc":
		return "ipc://*"
	}
	return fmt.Sprintf("inproc://proxy-%d", serial.Add(1))
}

// link binds one socket, connects the others to it and waits until all see each other.
func link(t testing.TB, endpoint string, bound sock, others ...sock) {
	t.Helper()
	at, err := bound.Bind(endpoint)
	require.NoError(t, err)
	for _, s := range others {
		require.NoError(t, s.Connect(at))
	}
	eventually(t, "connections", func() bool {
		for _, s := range others {
			if connected(s) != 1 {
				return false
			}
		}
		return connected(bound) == len(others)
	})
}

func connected(s sock) (n int) {
	for _, p := range s.Peers() {
		if p.Connected {
			n++
		}
	}
	return n
}

// eventually waits for what only a count shows.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	if !done() {
		require.Eventually(t, done, patience, glance, what)
	}
}

// deadline is a context for a call that is to succeed.
func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// over is a context that has ended.
func over() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// running is a Run in a goroutine.
type running struct {
	t     testing.TB
	proxy *proxy.Proxy
	ended chan error
}

// start runs the proxy until the end of the test, where it must have been stopped or be ready to.
func start(t testing.TB, p *proxy.Proxy) *running {
	r := &running{t: t, proxy: p, ended: make(chan error, 1)}
	go func() { r.ended <- p.Run(context.Background()) }()
	t.Cleanup(func() { _ = p.Stop(over()) }) // what is in hand is the test's affair
	return r
}

// end waits for Run to return.
func (r *running) end() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		require.FailNow(r.t, "Run does not return")
		return nil
	}
}

// stop stops the proxy in good order.
func (r *running) stop() {
	r.t.Helper()
	require.NoError(r.t, r.proxy.Stop(deadline(r.t)))
	require.NoError(r.t, r.end())
}

type sender interface {
	SendBytes(ctx context.Context, frames ...[]byte) error
}

type receiver interface {
	Recv(ctx context.Context) (ringmq.Message, error)
}

func send(t testing.TB, s sender, frames ...string) {
	t.Helper()
	raw := make([][]byte, len(frames))
	for i, f := range frames {
		raw[i] = []byte(f)
	}
	require.NoError(t, s.SendBytes(deadline(t), raw...))
}

func recv(t testing.TB, r receiver) (frames []string) {
	t.Helper()
	m, err := r.Recv(deadline(t))
	require.NoError(t, err)
	defer m.Release()
	for _, f := range m.Frames() {
		frames = append(frames, string(f))
	}
	return frames
}

// payload is the body of message i: its number and filler of a length and content that follow from it. Most are short;
// some are long enough to be sent by reference.
func payload(i int) []byte {
	n := i * 7 % 200
	if i%50 == 0 {
		n = 20_000
	}
	b := fmt.Appendf(make([]byte, 0, n+8), "%d ", i)
	for j := range n {
		b = append(b, byte(i+j))
	}
	return b
}

// produce sends messages 0 to n-1 with the frames of head in front.
func produce(ctx context.Context, s sender, n int, head ...[]byte) error {
	for i := range n {
		if err := s.SendBytes(ctx, append(head[:len(head):len(head)], payload(i), nil)...); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

// consume receives what produce sends, in order, and releases it at once.
func consume(ctx context.Context, r receiver, n int, head ...[]byte) error {
	for i := range n {
		m, err := r.Recv(ctx)
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		want := append(head[:len(head):len(head)], payload(i), nil)
		got := m.Frames()
		if len(got) != len(want) {
			return fmt.Errorf("message %d has %d frames", i, len(got))
		}
		for k := range want {
			if string(got[k]) != string(want[k]) {
				return fmt.Errorf("message %d frame %d is %.20q", i, k, got[k])
			}
		}
		m.Release()
	}
	return nil
}

// sizeOf is the number of bytes in messages 0 to n-1 without head.
func sizeOf(n int) (size uint64) {
	for i := range n {
		size += uint64(len(payload(i)))
	}
	return size
}

// async runs f and returns how to wait for its error.
func async(t testing.TB, f func() error) (wait func()) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() {
		t.Helper()
		require.NoError(t, <-done)
	}
}
