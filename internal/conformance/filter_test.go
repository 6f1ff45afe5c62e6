package conformance_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
)

// knock connects to an endpoint and returns once the other side has closed, with what it sent.
func knock(t *testing.T, endpoint string) (from string, got []byte) {
	t.Helper()
	network, addr, _ := strings.Cut(endpoint, "://")
	c, err := net.Dial(strings.Replace(network, "ipc", "unix", 1), addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	require.Error(t, err, "it was not closed")
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	return c.LocalAddr().String(), buf[:n]
}

// requireTurnedAway: a peer is closed before the handshake, with an event that names it and says why.
func requireTurnedAway(t *testing.T, endpoint string, opts ...socket.Option) {
	t.Helper()
	pull := open(t, pipeline.NewPull, opts...)
	events := pull.Monitor(deadline(t))
	bound := bind(t, pull, endpoint)
	next(t, events, socket.Listening)
	from, got := knock(t, bound)
	require.Empty(t, got, "the greeting is for friends")
	ev := next(t, events, socket.AcceptFailed)
	require.ErrorIs(t, ev.Err, transport.ErrFiltered)
	var e *ringmq.Error
	require.ErrorAs(t, ev.Err, &e)
	require.Equal(t, [3]string{"PULL", bound, ev.Peer}, [3]string{e.Socket, e.Endpoint, e.Peer})
	if strings.HasPrefix(bound, "tcp") {
		require.Equal(t, from, ev.Peer)
	} else {
		require.Contains(t, ev.Peer, fmt.Sprintf("pid=%d", os.Getpid()))
	}
	require.Empty(t, pull.Peers())
}

// requireLetIn: messages pass.
func requireLetIn(t *testing.T, bind, connect string, opts ...socket.Option) {
	t.Helper()
	pull, push := open(t, pipeline.NewPull, opts...), open(t, pipeline.NewPush)
	bound, err := pull.Bind(bind)
	require.NoError(t, err)
	if connect != "" {
		bound = connect + bound[strings.LastIndexByte(bound, ':'):]
	}
	join(t, pull, push, bound)
	send(t, push, "from a friend")
	require.Equal(t, []string{"from a friend"}, recv(t, pull))
}

func TestTCPAcceptFilter(t *testing.T) {
	for _, filter := range [][]string{{"10.0.0.0/8"}, {"127.0.0.2/32", "::/0"}, {"128.0.0.0/1", "126.0.0.0/8"}} {
		requireTurnedAway(t, "tcp://127.0.0.1:*", socket.WithTCPAcceptFilter(filter...))
	}
	for _, filter := range [][]string{{"10.0.0.0/8", "127.0.0.0/8"}, {"127.0.0.1"}, {"0.0.0.0/0"}} {
		requireLetIn(t, "tcp://127.0.0.1:*", "", socket.WithTCPAcceptFilter(filter...))
	}
	for _, m := range []medium{{"ipc", freshIPC}, inproc} { // which it does not concern
		requireLetIn(t, m.fresh(t), "", socket.WithTCPAcceptFilter("10.0.0.0/8"))
	}
}

func TestTCPAcceptFilterOfIPv6(t *testing.T) {
	nettest.IPv6(t)
	requireTurnedAway(t, "tcp://[::1]:*", socket.WithTCPAcceptFilter("::2/127", "0.0.0.0/0"))
	requireLetIn(t, "tcp://[::1]:*", "", socket.WithTCPAcceptFilter("::1/128"))
	requireLetIn(t, "tcp://*:*", "tcp://127.0.0.1", socket.WithIPv6(), socket.WithTCPAcceptFilter("127.0.0.1"))
}

// TestFilteredPeersCostOnlyThemselves: one that comes again and again does not hold the others up, as a failed accept
// would, and its connector goes on trying.
func TestFilteredPeersCostOnlyThemselves(t *testing.T) {
	nettest.Address(t, "127.0.0.2")
	nettest.Address(t, "127.0.0.3")
	pull := open(t, pipeline.NewPull, socket.WithTCPAcceptFilter("127.0.0.1"))
	bound := bind(t, pull, "tcp://127.0.0.1:*")
	stranger, friend := open(t, pipeline.NewPush), open(t, pipeline.NewPush)
	events := stranger.Monitor(deadline(t))
	require.NoError(t, stranger.Connect("tcp://127.0.0.2:*;"+bound[len("tcp://"):]))
	for range 3 {
		await(t, events, socket.HandshakeFailed)
		await(t, events, socket.ConnectRetried)
	}
	seen := pull.Monitor(deadline(t))
	start := time.Now()
	const knocks = 400
	for range knocks {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}}).Dial("tcp", bound[len("tcp://"):])
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	for n := 0; n < knocks; {
		if strings.HasPrefix(await(t, seen, socket.AcceptFailed).Peer, "127.0.0.3:") {
			n++
		}
	}
	require.Less(t, time.Since(start), knocks*40*time.Millisecond, "no pause follows")
	join(t, pull, friend, bound)
}

func TestIPCFilters(t *testing.T) {
	if !transport.HasCredentials {
		t.Skip("the system does not tell who connects")
	}
	uid, gid, pid := os.Getuid(), os.Getgid(), os.Getpid()
	for name, test := range map[string]struct {
		opts  []socket.Option
		letIn bool
	}{
		"user":          {[]socket.Option{socket.WithIPCFilterUID(uid+1, uid)}, true},
		"other user":    {[]socket.Option{socket.WithIPCFilterUID(uid+1, uid+2)}, false},
		"group":         {[]socket.Option{socket.WithIPCFilterGID(gid)}, true},
		"other group":   {[]socket.Option{socket.WithIPCFilterGID(gid + 1)}, false},
		"process":       {[]socket.Option{socket.WithIPCFilterPID(pid)}, true},
		"other process": {[]socket.Option{socket.WithIPCFilterPID(pid + 1)}, false},
		"one of three": {
			[]socket.Option{socket.WithIPCFilterUID(uid + 1), socket.WithIPCFilterGID(gid + 1), socket.WithIPCFilterPID(pid)}, true,
		},
		"none of three": {
			[]socket.Option{socket.WithIPCFilterUID(uid + 1), socket.WithIPCFilterGID(gid + 1), socket.WithIPCFilterPID(pid + 1)}, false,
		},
		"the later": {[]socket.Option{socket.WithIPCFilterUID(uid), socket.WithIPCFilterUID(uid + 1)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range streams[1:] {
				if test.letIn {
					requireLetIn(t, m.fresh(t), "", test.opts...)
				} else {
					requireTurnedAway(t, m.fresh(t), test.opts...)
				}
			}
			requireLetIn(t, freshTCP(t), "", test.opts...)
		})
	}
}
