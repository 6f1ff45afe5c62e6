package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
)

// A program's own transports: one whose connections are in memory, without buffers and without a way to end one
// direction, and one over loopback whose connections are of a type that nobody knows.
func init() {
	transport.Register("test-pipe", &pipeTransport{bound: map[string]*pipeListener{}})
	transport.Register("test-wrap", wrapTransport{})
}

// foreign are they, as media.
var foreign = []medium{
	{"pipe", func(*testing.T) string { return fmt.Sprint("test-pipe://", serial.Add(1)) }},
	{"wrapped", func(t *testing.T) string { return strings.Replace(freshTCP(t), "tcp", "test-wrap", 1) }},
}

// pipeTransport joins the two ends of a net.Pipe.
type pipeTransport struct {
	mu    sync.Mutex
	bound map[string]*pipeListener
}

var _ transport.Stream = (*pipeTransport)(nil)

func (*pipeTransport) ValidateBind(addr string) error    { return validateName(addr) }
func (*pipeTransport) ValidateConnect(addr string) error { return validateName(addr) }

func validateName(addr string) error {
	if strings.Contains(addr, "!") {
		return transport.Invalid("test-pipe", addr, addr, "no ! in names")
	}
	return nil
}

func (p *pipeTransport) Listen(_ context.Context, addr string, _ transport.Options) (transport.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound[addr] != nil {
		return nil, fmt.Errorf("%w: %s", ringmq.ErrAddrInUse, addr)
	}
	l := &pipeListener{of: p, addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	p.bound[addr] = l
	return l, nil
}

func (p *pipeTransport) Dial(ctx context.Context, addr string, _ transport.Options) (net.Conn, error) {
	p.mu.Lock()
	l := p.bound[addr]
	p.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody is there")
	}
	a, b := net.Pipe()
	select {
	case l.conns <- b:
		return a, nil
	case <-l.closed:
	case <-ctx.Done():
	}
	_, _ = a.Close(), b.Close()
	return nil, errors.New("nobody is there any more")
}

type pipeListener struct {
	of     *pipeTransport
	addr   string
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() {
		l.of.mu.Lock()
		delete(l.of.bound, l.addr)
		l.of.mu.Unlock()
		close(l.closed)
	})
	return nil
}

func (l *pipeListener) Endpoint() string { return "test-pipe://" + l.addr }

// wrapTransport is TCP behind another face.
type wrapTransport struct{}

func (wrapTransport) ValidateBind(string) error    { return nil }
func (wrapTransport) ValidateConnect(string) error { return nil }

func (wrapTransport) Listen(ctx context.Context, addr string, _ transport.Options) (transport.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, transport.Failed("test-wrap", addr, err)
	}
	return wrapListener{l}, nil
}

func (wrapTransport) Dial(ctx context.Context, addr string, _ transport.Options) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return wrapConn{c}, nil
}

type wrapListener struct{ net.Listener }

func (l wrapListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wrapConn{c}, nil
}

func (l wrapListener) Endpoint() string { return "test-wrap://" + l.Addr().String() }

// wrapConn reads in small pieces, as a slow network does.
type wrapConn struct{ net.Conn }

func (c wrapConn) Read(b []byte) (int, error) { return c.Conn.Read(b[:min(len(b), 1000)]) }

func overForeign(t *testing.T, body func(t *testing.T, fresh func() string)) {
	t.Helper()
	for _, m := range foreign {
		t.Run(m.name, func(t *testing.T) { body(t, func() string { return m.fresh(t) }) })
	}
}

// TestForeignTransports carry every pattern.
func TestForeignTransports(t *testing.T) {
	overForeign(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush, socket.WithLinger(patience)), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		for name, sizes := range shapes() {
			want := shaped(sizes)
			require.NoError(t, push.SendBytes(deadline(t), want...))
			m, err := pull.Recv(deadline(t))
			require.NoError(t, err, name)
			requireFrames(t, want, m)
		}
		_, err := push.SendBatch(deadline(t), numbers(900))
		require.NoError(t, err)
		shut(t, push)
		for _, m := range numbers(900) {
			require.Equal(t, string(m.Frame(0)), recv(t, pull)[0])
		}

		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		for range 50 {
			send(t, req, "question")
			serve(t, rep, "answer", 1)
			require.Equal(t, []string{"answer", "question"}, recv(t, req))
		}

		pub, sub := open(t, pubsub.NewPub), open(t, pubsub.NewSub)
		require.NoError(t, sub.Subscribe("a"))
		link(t, pub, sub, fresh())
		synced(t, pub, sub)
		send(t, pub, "b")
		send(t, pub, "a")
		require.Equal(t, []string{"a"}, recv(t, sub))
	})
}

// TestForeignEndpoints: binding, unbinding and connecting are as with the library's own.
func TestForeignEndpoints(t *testing.T) {
	overForeign(t, func(t *testing.T, fresh func() string) {
		endpoint := fresh()
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		require.NoError(t, push.Connect(endpoint))
		send(t, push, "early")
		bound := bind(t, pull, endpoint)
		require.Equal(t, endpoint, bound)
		require.Equal(t, []string{"early"}, recv(t, pull))
		_, err := open(t, pipeline.NewPull).Bind(endpoint)
		require.ErrorIs(t, err, ringmq.ErrAddrInUse)
		shut(t, pull)
		awaitPeers(t, push, 0)
		send(t, push, "late")
		pull = open(t, pipeline.NewPull)
		bind(t, pull, endpoint)
		require.Equal(t, []string{"late"}, recv(t, pull))
	})
	s := open(t, pipeline.NewPull)
	_, err := s.Bind("test-pipe://a!b")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	require.ErrorIs(t, s.Connect("test-pipe://a!b"), ringmq.ErrInvalidEndpoint)
}

// TestForeignMarks: a peer that does not receive holds the sender up, and gets everything.
func TestForeignMarks(t *testing.T) {
	overForeign(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(5))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(3))
		link(t, pull, push, fresh())
		sent := fill(t, push, ringmq.NewMessage(make([]byte, 64<<10)))
		awaitPending(t, pull, 3)
		drain(t, pull, sent)
		requireEmpty(t, pull)
	})
}

// relay is a wire between two TCP endpoints that can be cut.
type relay struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	conns    []net.Conn
	done     sync.WaitGroup
}

func newRelay(t *testing.T, target string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{listener: l, target: strings.TrimPrefix(target, "tcp://")}
	r.done.Go(r.accept)
	t.Cleanup(func() {
		_ = l.Close()
		r.cut()
		r.done.Wait()
	})
	return r
}

func (r *relay) endpoint() string { return "tcp://" + r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		a, err := r.listener.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = a.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, a, b)
		r.mu.Unlock()
		r.done.Go(func() { _, _ = io.Copy(a, b); _ = a.Close() })
		r.done.Go(func() { _, _ = io.Copy(b, a); _ = b.Close() })
	}
}

// cut ends the connections there are.
func (r *relay) cut() { r.cutUntil(func() {}) }

// cutUntil ends the connections there are, and lets nothing through before done has returned.
func (r *relay) cutUntil(done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
	done()
}

// TestCutWires: both ends see it; the connector comes back with its identity and its subscriptions, and traffic goes on.
func TestCutWires(t *testing.T) {
	router := open(t, reqrep.NewRouter, socket.WithMandatory())
	wire := newRelay(t, bind(t, router, "tcp://127.0.0.1:0"))
	dealer := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
	require.NoError(t, dealer.Connect(wire.endpoint()))
	xpub := open(t, pubsub.NewXPub)
	feed := newRelay(t, bind(t, xpub, "tcp://127.0.0.1:0"))
	sub := open(t, pubsub.NewSub)
	require.NoError(t, sub.Subscribe("topic"))
	require.NoError(t, sub.Connect(feed.endpoint()))
	for i := range 10 {
		awaitPeers(t, dealer, 1)
		send(t, dealer, "up", fmt.Sprint(i))
		require.Equal(t, []string{"id", "up", fmt.Sprint(i)}, recv(t, router))
		send(t, router, "id", "down", fmt.Sprint(i))
		require.Equal(t, []string{"down", fmt.Sprint(i)}, recv(t, dealer))
		require.Equal(t, "\x01topic", told(t, xpub))
		send(t, xpub, "topic", fmt.Sprint(i))
		require.Equal(t, []string{"topic", fmt.Sprint(i)}, recv(t, sub))

		d, r := dealer.Monitor(deadline(t)), router.Monitor(deadline(t))
		wire.cut()
		feed.cutUntil(func() { // else there might be a second subscriber before the first is seen to be gone
			require.Equal(t, "\x00topic", told(t, xpub))
		})
		await(t, r, socket.Disconnected)
		await(t, d, socket.Disconnected) // the handshake before may only be told now
		await(t, d, socket.HandshakeSucceeded)
	}
}
