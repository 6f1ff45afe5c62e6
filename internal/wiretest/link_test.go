package wiretest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// link is a way for a socket and raw peers to meet.
type link struct {
	network    string // "tcp" or "unix"
	connecting bool   // the socket dials
}

func (l link) String() string {
	return l.network + map[bool]string{true: " connecting", false: " bound"}[l.connecting]
}

var links = []link{{"tcp", false}, {"tcp", true}, {"unix", false}, {"unix", true}}

// overLinks runs the test on each link.
func overLinks(t *testing.T, test func(t *testing.T, l link)) {
	for _, l := range links {
		t.Run(l.String(), func(t *testing.T) { test(t, l) })
	}
}

// place is an endpoint of a socket at which raw peers are met.
type place struct {
	t        *testing.T
	endpoint string // as the socket's events name it
	address  string // for package net
	network  string
	ln       net.Listener // nil if the socket is bound
}

// meet binds s, or connects it to a listener of its own. It may be called again: the places are independent.
func (l link) meet(t *testing.T, s common) *place {
	t.Helper()
	if l.connecting {
		return l.listen(t).connect(s)
	}
	bound, err := s.Bind(map[string]string{"tcp": "tcp://127.0.0.1:0", "unix": "ipc://*"}[l.network])
	require.NoError(t, err)
	_, address, _ := strings.Cut(bound, "://")
	return &place{t: t, endpoint: bound, address: address, network: l.network}
}

// listen makes a place that nobody has connected to.
func (l link) listen(t *testing.T) *place {
	t.Helper()
	address, scheme := "127.0.0.1:0", "tcp://"
	if l.network == "unix" {
		dir, err := os.MkdirTemp("", "wire") // the test's own name may be too long for a socket's
		require.NoError(t, err)
		t.Cleanup(func() { os.RemoveAll(dir) })
		address, scheme = filepath.Join(dir, "s"), "ipc://"
	}
	ln, err := net.Listen(l.network, address)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	address = ln.Addr().String()
	return &place{t: t, endpoint: scheme + address, address: address, network: l.network, ln: ln}
}

func (at *place) connect(s common) *place {
	at.t.Helper()
	require.NoError(at.t, s.Connect(at.endpoint))
	return at
}

// peer returns the next connection.
func (at *place) peer() *peer {
	at.t.Helper()
	if at.ln != nil {
		return at.accepted()
	}
	conn, err := net.DialTimeout(at.network, at.address, patience)
	require.NoError(at.t, err)
	return newPeer(at.t, conn, at.dialled(conn))
}

func (at *place) accepted() *peer {
	at.t.Helper()
	type deadliner interface{ SetDeadline(time.Time) error }
	require.NoError(at.t, at.ln.(deadliner).SetDeadline(time.Now().Add(patience)))
	conn, err := at.ln.Accept()
	require.NoError(at.t, err)
	return newPeer(at.t, conn, at.address)
}

// dialled is what a bound socket calls a peer that has dialled: over a Unix socket it goes by its process.
func (at *place) dialled(conn net.Conn) string {
	switch {
	case at.network == "tcp":
		return conn.LocalAddr().String()
	case runtime.GOOS == "linux":
		return fmt.Sprintf("pid=%d,uid=%d,gid=%d", os.Getpid(), os.Getuid(), os.Getgid())
	}
	return ""
}
