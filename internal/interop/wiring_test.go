package interop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/socket"
)

// wiring is a way to connect one of our sockets with one of theirs.
type wiring struct {
	theirs    string // implementation: libzmq, drafts (libzmq with its draft types) or zmq4
	transport string
	weBind    bool
}

func (w wiring) String() string {
	side := "they-bind"
	if w.weBind {
		side = "we-bind"
	}
	return fmt.Sprintf("%s/%s/%s", w.theirs, w.transport, side)
}

func wirings(implementations ...string) (all []wiring) {
	for _, theirs := range implementations {
		for _, transport := range []string{"tcp", "ipc"} {
			for _, weBind := range []bool{true, false} {
				all = append(all, wiring{theirs, transport, weBind})
			}
		}
	}
	return all
}

// unlimited lifts the marks of a socket: PUB and ROUTER drop at theirs, and some of the tests receive late.
func unlimited() []socket.Option {
	return []socket.Option{socket.WithSendHWM(0), socket.WithRecvHWM(0)}
}

// connect makes two sockets of the types and connects them.
func (w wiring) connect(t *testing.T, ourKind, theirKind string) (*ours, peer) {
	t.Helper()
	o := newOurs(t, ourKind, unlimited()...)
	if w.weBind {
		o.bind(endpoint(t, w.transport))
		return o, w.start(t, theirKind, "connect", o.Endpoint())
	}
	p := w.start(t, theirKind, "bind", endpoint(t, w.transport))
	return o.connect(p.Endpoint()), p
}

func (w wiring) start(t *testing.T, kind, role, at string) peer {
	t.Helper()
	switch {
	case w.theirs != "zmq4":
		return startProcess(t, w.theirs, kind, role, at, "sndhwm=0", "rcvhwm=0")
	case role == "bind":
		return newZMQ4(t, kind).bind(at)
	}
	return newZMQ4(t, kind).connect(at)
}

// endpoint returns one to bind to: a port that the system chooses, or a path of the test's own. Test names make
// t.TempDir too long for the address of a socket.
func endpoint(t testing.TB, transport string) string {
	t.Helper()
	if transport == "tcp" {
		return "tcp://127.0.0.1:0"
	}
	if runtime.GOOS == "windows" {
		t.Skip("libzmq and zmq4 have no ipc on Windows")
	}
	dir, err := os.MkdirTemp("", "ringmq")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return "ipc://" + filepath.Join(dir, "s")
}
