package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestInvalidEndpoints: Bind and Connect refuse at once, say what and where, and leave nothing behind.
func TestInvalidEndpoints(t *testing.T) {
	both := []string{
		"", "tcp", "tcp:", "tcp:/", "tcp:127.0.0.1:80", "://127.0.0.1:80", "tcp://", "ipc://", "inproc://",
		"tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://:80", "tcp://127.0.0.1:x", "tcp://127.0.0.1:65536",
		"tcp://127.0.0.1:-1", "tcp://127.0.0.1:80bad", "tcp://256.0.0.1:80", "tcp://[::1:80", "tcp://::1:80",
		"ipc://@", "ipc://" + strings.Repeat("x", 200), "ipc://with\x00zero",
	}
	connectOnly := []string{"tcp://*:80", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "ipc://*"}
	s := open(t, reqrep.NewDealer)
	check := func(t *testing.T, endpoint string, err error) {
		t.Helper()
		require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint, endpoint)
		var e *ringmq.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, endpoint, e.Endpoint)
		require.Equal(t, "DEALER", e.Socket)
	}
	for _, endpoint := range both {
		bound, err := s.Bind(endpoint)
		check(t, endpoint, err)
		require.Empty(t, bound)
		check(t, endpoint, s.Connect(endpoint))
	}
	for _, endpoint := range connectOnly {
		check(t, endpoint, s.Connect(endpoint))
	}
	require.Empty(t, s.Peers())
	require.ErrorIs(t, s.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
}

func TestUnknownTransports(t *testing.T) {
	s := open(t, pubsub.NewSub)
	for _, endpoint := range []string{"pgm://127.0.0.1:80", "TCP://127.0.0.1:80", "x://y", "tcp6://[::1]:80"} {
		_, err := s.Bind(endpoint)
		require.ErrorIs(t, err, ringmq.ErrUnknownTransport, endpoint)
		require.ErrorContains(t, err, endpoint)
		require.ErrorIs(t, s.Connect(endpoint), ringmq.ErrUnknownTransport, endpoint)
	}
}

// TestAddrInUse: a second bind fails while the first lasts, from the same socket or another, and works afterwards.
func TestAddrInUse(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		a, b := open(t, pipeline.NewPull), open(t, pipeline.NewPull)
		endpoint := fresh()
		bound := bind(t, a, endpoint)
		for _, s := range []sock{a, b} {
			_, err := s.Bind(endpoint)
			require.ErrorIs(t, err, ringmq.ErrAddrInUse)
			require.ErrorContains(t, err, endpoint)
		}
		require.NoError(t, a.Unbind(bound))
		require.Equal(t, bound, bind(t, b, endpoint))
		shut(t, b)
		bind(t, a, endpoint)
		push := open(t, pipeline.NewPush)
		join(t, a, push, endpoint)
		send(t, push, "works")
		require.Equal(t, []string{"works"}, recv(t, a))
	})
}

// TestBoundEndpoint: what Bind returns is complete, can be connected to, and is what Unbind takes; no two are alike.
func TestBoundEndpoint(t *testing.T) {
	wildcards := map[string]string{
		"tcp://127.0.0.1:0": "tcp://127.0.0.1:", "tcp://127.0.0.1:*": "tcp://127.0.0.1:",
		"tcp://*:*": "tcp://0.0.0.0:", "tcp://*:0": "tcp://0.0.0.0:", "ipc://*": "ipc:///",
	}
	if runtime.GOOS == "windows" {
		wildcards["ipc://*"] = "ipc://"
	}
	for wildcard, prefix := range wildcards {
		t.Run(wildcard, func(t *testing.T) {
			pull := open(t, pipeline.NewPull)
			seen := map[string]bool{}
			for i := range 3 {
				bound := bind(t, pull, wildcard)
				require.True(t, strings.HasPrefix(bound, prefix), bound)
				require.NotContains(t, bound, "*")
				require.NotRegexp(t, ":0$", bound)
				require.False(t, seen[bound])
				seen[bound] = true
				push := open(t, pipeline.NewPush)
				join(t, pull, push, strings.Replace(bound, "0.0.0.0", "127.0.0.1", 1))
				send(t, push, fmt.Sprint(i))
				require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
			}
			require.ErrorIs(t, pull.Unbind(wildcard), ringmq.ErrNotFound)
			for bound := range seen {
				require.NoError(t, pull.Unbind(bound))
				require.ErrorIs(t, pull.Unbind(bound), ringmq.ErrNotFound)
			}
		})
	}
	everywhere(t, func(t *testing.T, fresh func() string) {
		endpoint := fresh()
		require.Equal(t, endpoint, bind(t, open(t, pipeline.NewPull), endpoint))
	})
}

// TestIPCLeavesNoFiles: what Bind made is gone after Close and after Unbind, its directory for ipc://* included.
func TestIPCLeavesNoFiles(t *testing.T) {
	for _, endpoint := range []string{"ipc://*", freshIPC(t)} {
		pull := open(t, pipeline.NewPull)
		for _, end := range []func(bound string) error{pull.Unbind, func(string) error { return pull.Close() }} {
			bound := bind(t, pull, endpoint)
			path := strings.TrimPrefix(bound, "ipc://")
			_, err := os.Lstat(path)
			require.NoError(t, err)
			require.NoError(t, end(bound))
			_, err = os.Lstat(path)
			require.ErrorIs(t, err, os.ErrNotExist)
			if endpoint == "ipc://*" {
				_, err = os.Lstat(filepath.Dir(path))
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		}
	}
}

// TestManyBindsAndConnects: one socket bound to and connected over everything at once.
func TestManyBindsAndConnects(t *testing.T) {
	pull := open(t, pipeline.NewPull)
	var pushes []*pipeline.Push
	all := append([]medium{inproc}, streams...)
	for range 3 {
		for _, m := range all {
			bound := bind(t, pull, m.fresh(t))
			push := open(t, pipeline.NewPush)
			join(t, pull, push, bound)
			pushes = append(pushes, push)

			push = open(t, pipeline.NewPush)
			bound = bind(t, push, m.fresh(t))
			join(t, push, pull, bound)
			pushes = append(pushes, push)
		}
	}
	require.Len(t, pull.Peers(), len(pushes))
	for i, push := range pushes {
		send(t, push, fmt.Sprint(i))
		require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
	}
}

// TestConnectTwice: another connection, except for those types of which libzmq's manual says that it is none.
func TestConnectTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, test := range []struct {
			client, server sock
			want           int
		}{
			{open(t, pipeline.NewPush), open(t, pipeline.NewPull), 2},
			{open(t, pipeline.NewPull), open(t, pipeline.NewPush), 2},
			{open(t, reqrep.NewDealer), open(t, reqrep.NewRouter), 1},
			{open(t, reqrep.NewReq), open(t, reqrep.NewRep), 1},
			{open(t, pubsub.NewSub), open(t, pubsub.NewPub), 1},
			{open(t, pubsub.NewPub), open(t, pubsub.NewSub), 1},
		} {
			endpoint := bind(t, test.server, fresh())
			require.NoError(t, test.client.Connect(endpoint))
			require.NoError(t, test.client.Connect(endpoint))
			awaitPeers(t, test.server, test.want)
			require.Len(t, test.client.Peers(), test.want, test.client.Type())
			for range test.want {
				require.NoError(t, test.client.Disconnect(endpoint))
			}
			require.ErrorIs(t, test.client.Disconnect(endpoint), ringmq.ErrNotFound)
			awaitPeers(t, test.server, 0)
			require.NoError(t, test.client.Connect(endpoint))
			awaitPeers(t, test.server, 1)
		}
	})
}

// TestConnectBeforeBind over every transport, with several connectors, for every pair of types.
func TestConnectBeforeBind(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		pairs := map[string]func() (bound, one, other sock){
			"PULL": func() (a, b, c sock) {
				return open(t, pipeline.NewPull), open(t, pipeline.NewPush), open(t, pipeline.NewPush)
			},
			"PUSH": func() (a, b, c sock) {
				return open(t, pipeline.NewPush), open(t, pipeline.NewPull), open(t, pipeline.NewPull)
			},
			"REP": func() (a, b, c sock) {
				return open(t, reqrep.NewRep), open(t, reqrep.NewReq), open(t, reqrep.NewDealer)
			},
			"ROUTER": func() (a, b, c sock) {
				return open(t, reqrep.NewRouter), open(t, reqrep.NewDealer), open(t, reqrep.NewReq)
			},
			"DEALER": func() (a, b, c sock) {
				return open(t, reqrep.NewDealer), open(t, reqrep.NewRouter), open(t, reqrep.NewRep)
			},
			"XPUB": func() (a, b, c sock) {
				return open(t, pubsub.NewXPub), open(t, pubsub.NewSub), open(t, pubsub.NewXSub)
			},
			"XSUB": func() (a, b, c sock) {
				return open(t, pubsub.NewXSub), open(t, pubsub.NewPub), open(t, pubsub.NewXPub)
			},
		}
		for name, build := range pairs {
			bound, one, other := build()
			require.Equal(t, name, bound.Type())
			endpoint := fresh()
			require.NoError(t, one.Connect(endpoint))
			require.NoError(t, other.Connect(endpoint))
			require.Zero(t, connected(one)+connected(other))
			bind(t, bound, endpoint)
			awaitPeers(t, bound, 2)
			awaitPeers(t, one, 1)
			awaitPeers(t, other, 1)
			for _, p := range append(one.Peers(), other.Peers()...) {
				require.Equal(t, name, p.SocketType)
				require.Equal(t, endpoint, p.Endpoint)
				require.False(t, p.Since.IsZero())
			}
		}
	})
}

// TestStrangersOverInproc: types that do not talk to each other are kept apart, whoever comes first, and nothing is
// delivered.
func TestStrangersOverInproc(t *testing.T) {
	for name, pair := range map[string]func() (sock, sock){
		"PUSH and SUB":   func() (sock, sock) { return open(t, pipeline.NewPush), open(t, pubsub.NewSub) },
		"REQ and PULL":   func() (sock, sock) { return open(t, reqrep.NewReq), open(t, pipeline.NewPull) },
		"PUB and PUB":    func() (sock, sock) { return open(t, pubsub.NewPub), open(t, pubsub.NewPub) },
		"REQ and DEALER": func() (sock, sock) { return open(t, reqrep.NewReq), open(t, reqrep.NewDealer) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, connectFirst := range []bool{false, true} {
				a, b := pair()
				endpoint := freshInproc(t)
				if connectFirst {
					require.NoError(t, b.Connect(endpoint))
				}
				bind(t, a, endpoint)
				if !connectFirst {
					require.NoError(t, b.Connect(endpoint))
				}
				require.Empty(t, a.Peers())
				require.Zero(t, connected(b))
				if s, ok := a.(sender); ok && a.Type() != socket.PUB {
					require.ErrorIs(t, s.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
				}
			}
		})
	}
}
