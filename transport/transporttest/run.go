package transporttest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// patience bounds every wait, so that a transport that hangs fails instead.
const patience = 10 * time.Second

// Run runs the suite against the transport registered for scheme. newAddr returns an address to bind to that nobody
// has bound; it may be a wildcard, and it may skip the test where the system lacks the kind of address. It is called
// once for each test.
func Run(t *testing.T, scheme string, newAddr func(t *testing.T) string) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, fixture)
	}{
		{"Echo", testEcho},
		{"ManyDialers", testManyDialers},
		{"EndpointIsDialable", testEndpoint},
		{"DescriptorIsReachable", testDescriptor},
		{"PeersHaveAddresses", testPeers},
		{"DoubleBind", testDoubleBind},
		{"CloseUnblocksAccept", testCloseUnblocksAccept},
		{"CloseTwice", testCloseTwice},
		{"ConnectionsOutliveListener", testOutlive},
		{"RebindAfterClose", testRebind},
		{"DialNobody", testDialNobody},
		{"DialCancelled", testDialCancelled},
		{"EmptyAddress", testEmptyAddress},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr := newAddr(t)
			test.run(t, newFixture(t, scheme, addr))
		})
	}
}

// fixture is one transport and an address that nobody has bound.
type fixture struct {
	stream       transport.Stream
	scheme, addr string
}

func newFixture(t *testing.T, scheme, addr string) fixture {
	tr, gotScheme, gotAddr, err := transport.Lookup(transport.Endpoint(scheme, addr))
	require.NoError(t, err)
	require.Equal(t, scheme, gotScheme)
	require.Equal(t, addr, gotAddr)
	require.Implements(t, (*transport.Stream)(nil), tr)
	return fixture{stream: tr.(transport.Stream), scheme: scheme, addr: addr}
}

// listen binds to the fixture's address until the end of the test.
func (f fixture) listen(t *testing.T) transport.Listener {
	require.NoError(t, f.stream.ValidateBind(f.addr))
	l, err := f.stream.Listen(t.Context(), f.addr, transport.Options{Backlog: 64})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// target is the address to dial to reach l.
func (f fixture) target(t *testing.T, l transport.Listener) string {
	_, scheme, addr, err := transport.Lookup(l.Endpoint())
	require.NoError(t, err)
	require.Equal(t, f.scheme, scheme)
	return addr
}

func (f fixture) dial(t *testing.T, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return f.stream.Dial(ctx, addr, transport.Options{})
}

// pair returns both ends of a connection to l, until the end of the test.
func (f fixture) pair(t *testing.T, l transport.Listener) (dialed, accepted net.Conn) {
	type result struct {
		c   net.Conn
		err error
	}
	accept := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		accept <- result{c, err}
	}()
	dialed, err := f.dial(t, f.target(t, l))
	require.NoError(t, err)
	r := <-accept
	require.NoError(t, r.err)
	for _, c := range []net.Conn{dialed, r.c} {
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		t.Cleanup(func() { c.Close() })
	}
	return dialed, r.c
}

// exchange sends a text each way.
func exchange(t *testing.T, a, b net.Conn) {
	const text = "x marks the spot"
	for _, c := range [][2]net.Conn{{a, b}, {b, a}} {
		_, err := io.WriteString(c[0], text)
		require.NoError(t, err)
		got := make([]byte, len(text))
		_, err = io.ReadFull(c[1], got)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
}

// requireError checks that err is a [ringmq.Error] for the endpoint, with room for the caller's operation.
func (f fixture) requireError(t *testing.T, err error, addr string) {
	e, ok := errors.AsType[*ringmq.Error](err)
	require.True(t, ok, "%T is not a *ringmq.Error", err)
	require.Equal(t, transport.Endpoint(f.scheme, addr), e.Endpoint)
	require.Empty(t, e.Op)
	require.Empty(t, e.Socket)
}

func testEcho(t *testing.T, f fixture) {
	const size = 1 << 20 // more than the buffers of the system hold
	dialed, accepted := f.pair(t, f.listen(t))
	echoed := make(chan error, 1)
	go func() {
		_, err := io.CopyN(accepted, accepted, size)
		echoed <- err
	}()
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i ^ i>>8)
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := dialed.Write(sent)
		wrote <- err
	}()
	got := make([]byte, size)
	_, err := io.ReadFull(dialed, got)
	require.NoError(t, err)
	require.NoError(t, <-wrote)
	require.NoError(t, <-echoed)
	require.Equal(t, sent, got)
}

func testManyDialers(t *testing.T, f fixture) {
	const dialers = 16
	l := f.listen(t)
	addr := f.target(t, l)
	var wg sync.WaitGroup
	errs := make(chan error, dialers)
	for range dialers {
		wg.Go(func() { errs <- f.dialAndClose(t, addr) })
	}
	for range dialers {
		c, err := l.Accept()
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	wg.Wait()
	for range dialers {
		require.NoError(t, <-errs)
	}
}

func (f fixture) dialAndClose(t *testing.T, addr string) error {
	c, err := f.dial(t, addr)
	if err != nil {
		return err
	}
	return c.Close()
}

func testEndpoint(t *testing.T, f fixture) {
	l := f.listen(t)
	addr := f.target(t, l)
	require.NotContains(t, addr, "*")
	require.NoError(t, f.stream.ValidateConnect(addr))
	require.NoError(t, f.stream.ValidateBind(addr))
	dialed, accepted := f.pair(t, l)
	exchange(t, dialed, accepted)
}

func testDescriptor(t *testing.T, f fixture) {
	dialed, accepted := f.pair(t, f.listen(t))
	for _, c := range []net.Conn{dialed, accepted} {
		sc, ok := c.(syscall.Conn)
		require.True(t, ok, "%T has no descriptor", c)
		raw, err := sc.SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(uintptr) {}))
	}
}

func testPeers(t *testing.T, f fixture) {
	dialed, accepted := f.pair(t, f.listen(t))
	for _, c := range []net.Conn{dialed, accepted} {
		require.NotEmpty(t, transport.PeerAddr(c).Network())
		require.NotContains(t, []string{"", "@"}, transport.PeerAddr(c).String(), "says nothing")
	}
}

func testDoubleBind(t *testing.T, f fixture) {
	l := f.listen(t)
	addr := f.target(t, l)
	_, err := f.stream.Listen(t.Context(), addr, transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	f.requireError(t, err, addr)
}

func testCloseUnblocksAccept(t *testing.T, f fixture) {
	const acceptors = 3
	l := f.listen(t)
	errs := make(chan error, acceptors)
	for range acceptors {
		go func() {
			_, err := l.Accept()
			errs <- err
		}()
	}
	require.NoError(t, l.Close())
	for range acceptors {
		require.ErrorIs(t, <-errs, net.ErrClosed)
	}
	_, err := l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func testCloseTwice(t *testing.T, f fixture) {
	l := f.listen(t)
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
}

func testOutlive(t *testing.T, f fixture) {
	l := f.listen(t)
	dialed, accepted := f.pair(t, l)
	require.NoError(t, l.Close())
	exchange(t, dialed, accepted)
}

// testRebind leaves connections of the first listener open, and closes one from the bound side: neither may keep the
// address from a program that starts again.
func testRebind(t *testing.T, f fixture) {
	first := f.listen(t)
	_, closing := f.pair(t, first)
	f.pair(t, first)
	require.NoError(t, closing.Close())
	require.NoError(t, first.Close())
	second := f.listen(t)
	dialed, accepted := f.pair(t, second)
	exchange(t, dialed, accepted)
}

func testDialNobody(t *testing.T, f fixture) {
	l := f.listen(t)
	addr := f.target(t, l)
	require.NoError(t, l.Close())
	_, err := f.dial(t, addr)
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrInvalidEndpoint, "a connector would not try again")
	f.requireError(t, err, addr)
}

func testDialCancelled(t *testing.T, f fixture) {
	addr := f.target(t, f.listen(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.stream.Dial(ctx, addr, transport.Options{})
	require.ErrorIs(t, err, context.Canceled)
	f.requireError(t, err, addr)
}

func testEmptyAddress(t *testing.T, f fixture) {
	require.ErrorIs(t, f.stream.ValidateBind(""), ringmq.ErrInvalidEndpoint)
	require.ErrorIs(t, f.stream.ValidateConnect(""), ringmq.ErrInvalidEndpoint)
	_, err := f.stream.Listen(t.Context(), "", transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	_, err = f.dial(t, "")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
}
