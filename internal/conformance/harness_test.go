package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/socket"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	// patience is how long anything may take that is to happen.
	patience = 20 * time.Second
	// glance is the pause between two looks at a count.
	glance = time.Millisecond
	// moment is how long a call is watched that is to block: long enough that a call that does not would have returned.
	moment = 40 * time.Millisecond
)

// sock is what every socket has.
type sock interface {
	Type() string
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Unbind(bound string) error
	Disconnect(endpoint string) error
	Close() error
	Shutdown(ctx context.Context) error
	Stats() socket.Stats
	Peers() []socket.Peer
	Monitor(ctx context.Context) <-chan socket.Event
	WaitPeers(ctx context.Context, n int) error
}

// sender and receiver are the halves.
type sender interface {
	Send(ctx context.Context, m ringmq.Message) error
	TrySend(m ringmq.Message) error
	SendBytes(ctx context.Context, frames ...[]byte) error
	SendBatch(ctx context.Context, ms []ringmq.Message) (int, error)
}

type receiver interface {
	Recv(ctx context.Context) (ringmq.Message, error)
	TryRecv() (ringmq.Message, error)
	RecvBatch(ctx context.Context, dst []ringmq.Message) (int, error)
}

// medium is a transport, or a way to name endpoints of one.
type medium struct {
	name  string
	fresh func(t *testing.T) string
}

var streams = []medium{{"tcp", freshTCP}, {"ipc", freshIPC}}

func init() {
	if runtime.GOOS == "linux" {
		streams = append(streams, medium{"abstract", freshAbstract})
	}
}

var inproc = medium{"inproc", freshInproc}

// everywhere runs body over every transport. fresh returns an endpoint that nobody uses, to bind and to connect to in
// either order.
func everywhere(t *testing.T, body func(t *testing.T, fresh func() string)) {
	t.Helper()
	onStreams(t, body)
	onInproc(t, body)
}

// onStreams is everywhere without inproc.
func onStreams(t *testing.T, body func(t *testing.T, fresh func() string)) {
	t.Helper()
	for _, m := range streams {
		t.Run(m.name, func(t *testing.T) { body(t, func() string { return m.fresh(t) }) })
	}
}

func onInproc(t *testing.T, body func(t *testing.T, fresh func() string)) {
	t.Helper()
	t.Run(inproc.name, func(t *testing.T) { body(t, func() string { return inproc.fresh(t) }) })
}

func isLocal(endpoint string) bool { return strings.HasPrefix(endpoint, "inproc:") }

var serial atomic.Uint32

func freshInproc(*testing.T) string { return fmt.Sprintf("inproc://conformance-%d", serial.Add(1)) }

func freshAbstract(*testing.T) string {
	return fmt.Sprintf("ipc://@ringmq-conformance-%d-%d", os.Getpid(), serial.Add(1))
}

func freshIPC(t *testing.T) string {
	dir, err := os.MkdirTemp("", "rq") // t.TempDir is too long for a socket's address
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return "ipc://" + filepath.Join(dir, "s")
}

func freshTCP(t *testing.T) string { return "tcp://" + nettest.TCP(t) }

// open makes a socket that is closed at the end of the test. Unless opts say otherwise it does not linger and
// reconnects quickly.
func open[S sock](t *testing.T, build func(...socket.Option) (S, error), opts ...socket.Option) S {
	t.Helper()
	quick := []socket.Option{socket.WithLinger(0), socket.WithReconnect(5*time.Millisecond, 20*time.Millisecond)}
	s, err := build(append(quick, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		err := within(t, s.Type()+".Close", s.Close)
		if u := (*ringmq.UnsentError)(nil); err != nil && !errors.As(err, &u) {
			t.Errorf("%s.Close: %v", s.Type(), err)
		}
	})
	return s
}

// within fails the test, with all stacks, if call does not return in time.
func within(t *testing.T, what string, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		buf := make([]byte, 1<<20)
		t.Fatalf("%s has not returned after %v\n%s", what, patience, buf[:runtime.Stack(buf, true)])
		return nil
	}
}

// shut closes a socket once everything is sent, whatever its linger period.
func shut(t *testing.T, s sock) {
	t.Helper()
	require.NoError(t, within(t, s.Type()+".Shutdown", func() error { return s.Shutdown(deadline(t)) }))
}

// deadline is a context for a call that is to succeed.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// soon is a context for a call that is to block.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), moment)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for what only a count shows.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	if !done() {
		require.Eventually(t, done, patience, glance, what)
	}
}

func bind(t *testing.T, s sock, endpoint string) string {
	t.Helper()
	bound, err := s.Bind(endpoint)
	require.NoError(t, err)
	return bound
}

// link binds one socket, connects the other and waits until each has the other as a further peer.
func link(t *testing.T, server, client sock, endpoint string) {
	t.Helper()
	n, m := connected(server), connected(client)
	bound := bind(t, server, endpoint)
	require.NoError(t, client.Connect(bound))
	awaitPeers(t, server, n+1)
	awaitPeers(t, client, m+1)
}

// join connects a client to a bound server and waits until each has the other as a further peer.
func join(t *testing.T, server, client sock, endpoint string) {
	t.Helper()
	n, m := connected(server), connected(client)
	require.NoError(t, client.Connect(endpoint))
	awaitPeers(t, server, n+1)
	awaitPeers(t, client, m+1)
}

func connected(s sock) (n int) {
	for _, p := range s.Peers() {
		if p.Connected {
			n++
		}
	}
	return n
}

// awaitPeers waits until s is connected to exactly n peers.
func awaitPeers(t *testing.T, s sock, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s has %d peers", s.Type(), n), func() bool { return connected(s) == n })
}

// awaitPending waits until n messages wait in s to be received.
func awaitPending(t *testing.T, s sock, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages wait in %s", n, s.Type()), func() bool { return s.Stats().Pending == uint64(n) })
}

func send(t *testing.T, s sender, frames ...string) {
	t.Helper()
	require.NoError(t, s.Send(deadline(t), ringmq.NewString(frames...)))
}

func recv(t *testing.T, r receiver) []string {
	t.Helper()
	m, err := r.Recv(deadline(t))
	require.NoError(t, err)
	return text(m)
}

// text is a copy of a message.
func text(m ringmq.Message) []string {
	fs := make([]string, m.Len())
	for i := range fs {
		fs[i] = string(m.Frame(i))
	}
	return fs
}

// requireEmpty asserts that nothing waits to be received.
func requireEmpty(t *testing.T, r receiver) {
	t.Helper()
	m, err := r.TryRecv()
	require.ErrorIs(t, err, ringmq.ErrWouldBlock, "received %q", text(m))
}

// fill sends copies of m until no more goes for a moment and the queue is at its mark, and returns how many went. A
// blocked Send alone does not show that: it goes on only when the queue is down to half. The kernel may still take
// some later, as TCP finds more room in its windows: what fill has seen to block need not block again.
func fill(t *testing.T, s sender, m ringmq.Message) (n int) {
	t.Helper()
	for ; n < 1_000_000; n++ {
		err := s.Send(soon(t), m)
		if err == nil {
			continue
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
		if err = s.TrySend(m); err != nil {
			require.ErrorIs(t, err, ringmq.ErrWouldBlock)
			return n
		}
	}
	t.Fatal("it takes messages without end")
	return n
}

// drain receives n messages.
func drain(t *testing.T, r receiver, n int) {
	t.Helper()
	ctx := deadline(t)
	for i := range n {
		m, err := r.Recv(ctx)
		require.NoError(t, err, "message %d of %d", i, n)
		m.Release()
	}
}

// blocked runs call on a goroutine and returns, after it has had a moment to return and did not, a channel with its
// result.
func blocked(t *testing.T, call func() error) <-chan error {
	t.Helper()
	return blockedAll(t, call)[0]
}

// blockedAll is blocked for many calls at once.
func blockedAll(t *testing.T, calls ...func() error) (waits []<-chan error) {
	t.Helper()
	for _, call := range calls {
		waits = append(waits, begin(call))
	}
	<-time.After(moment)
	for _, done := range waits {
		select {
		case err := <-done:
			t.Fatalf("a call did not block: %v", err)
		default:
		}
	}
	return waits
}

// begin runs call on a goroutine and returns a channel with its result.
func begin(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	return done
}

// result waits for what blocked or begin returned.
func result(t *testing.T, done <-chan error) error {
	t.Helper()
	return within(t, "the blocked call", func() error { return <-done })
}
