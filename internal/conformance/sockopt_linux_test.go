package conformance_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/ipc"
	"github.com/ringmq/ringmq/transport/tcp"
)

// sockopts are the options of one connection, by the name of the option; made tells who made it.
type sockopts struct {
	made string
	has  map[string]int
}

// overheard is a transport whose connections are looked at before they are handed over; the loops take their
// descriptors away.
type overheard struct {
	transport.Stream
	seen chan sockopts
}

func (o overheard) Dial(ctx context.Context, addr string, opts transport.Options) (net.Conn, error) {
	c, err := o.Stream.Dial(ctx, addr, opts)
	if err == nil {
		o.seen <- readOptions("dialled", c)
	}
	return c, err
}

func (o overheard) Listen(ctx context.Context, addr string, opts transport.Options) (transport.Listener, error) {
	l, err := o.Stream.Listen(ctx, addr, opts)
	if err != nil {
		return nil, err
	}
	o.seen <- readOptions("listener", l)
	return overheardListener{l, o.seen}, nil
}

type overheardListener struct {
	transport.Listener
	seen chan sockopts
}

func (l overheardListener) Endpoint() string { return "overheard-" + l.Listener.Endpoint() }

func (l overheardListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.seen <- readOptions("accepted", c)
	}
	return c, err
}

var overheardBy = map[string]overheard{
	"tcp": {tcp.Transport{}, make(chan sockopts, 16)},
	"ipc": {ipc.Transport{}, make(chan sockopts, 16)},
}

func init() {
	for scheme, o := range overheardBy {
		transport.Register("overheard-"+scheme, o)
	}
}

var readBack = map[string][2]int{
	"SNDBUF":       {unix.SOL_SOCKET, unix.SO_SNDBUF},
	"RCVBUF":       {unix.SOL_SOCKET, unix.SO_RCVBUF},
	"PRIORITY":     {unix.SOL_SOCKET, unix.SO_PRIORITY},
	"KEEPALIVE":    {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	"IDLE":         {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	"INTVL":        {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	"CNT":          {unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	"USER_TIMEOUT": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
	"TOS":          {unix.IPPROTO_IP, unix.IP_TOS},
}

func readOptions(made string, c any) sockopts {
	s := sockopts{made, map[string]int{}}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return s
	}
	_ = raw.Control(func(fd uintptr) {
		for name, at := range readBack {
			if v, err := unix.GetsockoptInt(int(fd), at[0], at[1]); err == nil {
				s.has[name] = v
			}
		}
		if name, err := unix.GetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE); err == nil {
			s.has["DEVICE "+name] = 1
		}
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && made == "listener" {
			s.has["BACKLOG"] = int(info.Sacked) // tcp_get_info has it there
		}
	})
	return s
}

// seenWith binds and connects two sockets made with the options, and returns what their descriptors say.
func seenWith(t *testing.T, scheme, addr string, opts ...socket.Option) map[string]map[string]int {
	t.Helper()
	pull, push := open(t, pipeline.NewPull, opts...), open(t, pipeline.NewPush, opts...)
	link(t, pull, push, "overheard-"+scheme+"://"+addr)
	send(t, push, "works")
	require.Equal(t, []string{"works"}, recv(t, pull))
	found := map[string]map[string]int{}
	for range 3 {
		s := <-overheardBy[scheme].seen
		found[s.made] = s.has
	}
	require.Len(t, found, 3, "a listener and both ends of a connection")
	return found
}

// TestSystemOptions: every option reaches the descriptors of both ends, however the connection was made.
func TestSystemOptions(t *testing.T) {
	for name, test := range map[string]struct {
		opt  socket.Option
		want map[string]int
	}{
		"SendBuffer":     {socket.WithSendBuffer(40_000), map[string]int{"SNDBUF": 80_000}}, // doubled: socket(7)
		"RecvBuffer":     {socket.WithRecvBuffer(50_000), map[string]int{"RCVBUF": 100_000}},
		"TOS":            {socket.WithTOS(0xb8), map[string]int{"TOS": 0xb8}},
		"Priority":       {socket.WithPriority(3), map[string]int{"PRIORITY": 3}},
		"TCPUserTimeout": {socket.WithTCPUserTimeout(12345 * time.Millisecond), map[string]int{"USER_TIMEOUT": 12345}},
		"BindToDevice":   {socket.WithBindToDevice("lo"), map[string]int{"DEVICE lo": 1}},
		"TCPKeepAlive": {
			socket.WithTCPKeepAlive(socket.KeepAlive{Idle: 1500 * time.Millisecond, Interval: 5 * time.Second, Count: 6}),
			map[string]int{"KEEPALIVE": 1, "IDLE": 2, "INTVL": 5, "CNT": 6},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := seenWith(t, "tcp", "127.0.0.1:*"), seenWith(t, "tcp", "127.0.0.1:*", test.opt)
			for _, made := range []string{"dialled", "accepted"} {
				for option, value := range test.want {
					require.NotEqual(t, value, before[made][option], "%s of what was %s, without", option, made)
					require.Equal(t, value, after[made][option], "%s of what was %s", option, made)
				}
			}
		})
	}
	t.Run("keep-alive as the system has it", func(t *testing.T) {
		before, after := seenWith(t, "tcp", "127.0.0.1:*"), seenWith(t, "tcp", "127.0.0.1:*", socket.WithTCPKeepAlive(socket.KeepAlive{}))
		for _, made := range []string{"dialled", "accepted"} {
			require.Equal(t, 1, after[made]["KEEPALIVE"])
			for _, option := range []string{"IDLE", "INTVL", "CNT"} {
				require.Equal(t, before[made][option], after[made][option])
			}
		}
	})
}

// TestBuffersOverIPC: the buffers are all that a Unix socket has of these options; the others do not get in its way.
func TestBuffersOverIPC(t *testing.T) {
	with := []socket.Option{
		socket.WithSendBuffer(40_000), socket.WithRecvBuffer(50_000), socket.WithTOS(8), socket.WithPriority(1),
		socket.WithTCPKeepAlive(socket.KeepAlive{}), socket.WithTCPUserTimeout(time.Second), socket.WithBindToDevice("lo"),
	}
	seen := seenWith(t, "ipc", strings.TrimPrefix(freshIPC(t), "ipc://"), with...)
	for _, made := range []string{"dialled", "accepted"} {
		require.Equal(t, 80_000, seen[made]["SNDBUF"])
		require.Equal(t, 100_000, seen[made]["RCVBUF"])
	}
}

func TestBacklogOption(t *testing.T) {
	require.Equal(t, 7, seenWith(t, "tcp", "127.0.0.1:*", socket.WithBacklog(7))["listener"]["BACKLOG"])
	pull := open(t, pipeline.NewPull, socket.WithBacklog(1))
	bind(t, pull, freshIPC(t))
}

// TestUnknownDevice: Bind says so; a connector tries again, as the interface may come.
func TestUnknownDevice(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithBindToDevice("no-such-nic"))
	_, err := push.Bind("tcp://127.0.0.1:*")
	require.ErrorIs(t, err, syscall.ENODEV)
	events := push.Monitor(deadline(t))
	require.NoError(t, push.Connect(freshTCP(t)))
	for range 2 {
		require.ErrorIs(t, failedAttempt(t, events).Err, syscall.ENODEV)
		next(t, events, socket.ConnectRetried)
	}
}

// TestConnectTimeout: Linux drops the packets that ask for a connection once the queue of a listener is full, so that
// an attempt hangs. It is given up, the next is made as after any failure, and succeeds when there is room.
func TestConnectTimeout(t *testing.T) {
	l := listenSystem(t, freshTCP(t)).(*net.TCPListener)
	require.NoError(t, transport.SetBacklog(l, 1))
	for full := false; !full; {
		c, err := net.DialTimeout("tcp", l.Addr().String(), moment)
		if err == nil {
			defer c.Close()
		}
		full = err != nil
	}
	const limit = 30 * time.Millisecond
	push := open(t, pipeline.NewPush, socket.WithConnectTimeout(limit))
	events := push.Monitor(deadline(t))
	start := time.Now()
	require.NoError(t, push.Connect("tcp://"+l.Addr().String()))
	ev := failedAttempt(t, events)
	require.GreaterOrEqual(t, time.Since(start), limit)
	require.ErrorIs(t, ev.Err, context.DeadlineExceeded)
	require.ErrorContains(t, ev.Err, "connect timeout")
	next(t, events, socket.ConnectRetried)
	done := begin(func() error { return acceptAll(l) })
	await(t, events, socket.Connected)
	require.NoError(t, l.Close())
	require.NoError(t, result(t, done))
}

// acceptAll takes connections and closes them, until the listener is closed.
func acceptAll(l net.Listener) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		_ = c.Close()
	}
}
