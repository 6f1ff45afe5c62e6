package conformance_test

import (
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// listenSystem is a listener of package net where the endpoint says.
func listenSystem(t *testing.T, endpoint string) net.Listener {
	t.Helper()
	network, addr, _ := strings.Cut(endpoint, "://")
	l, err := net.Listen(strings.Replace(network, "ipc", "unix", 1), addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestGivenListener: the next Bind of its transport takes it, the one after makes its own, and Unbind closes it.
func TestGivenListener(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		endpoint, second, own := fresh(), fresh(), fresh()
		given := listenSystem(t, endpoint)
		pull := open(t, pipeline.NewPull, socket.WithListener(given), socket.WithListener(listenSystem(t, second)))
		bind(t, pull, freshInproc(t))
		require.Equal(t, endpoint, bind(t, pull, own), "the address is the listener's")
		require.Equal(t, second, bind(t, pull, own))
		require.Equal(t, own, bind(t, pull, own))
		for _, e := range []string{endpoint, second, own} {
			push := open(t, pipeline.NewPush)
			join(t, pull, push, e)
			send(t, push, e)
			require.Equal(t, []string{e}, recv(t, pull))
		}
		require.NoError(t, pull.Unbind(endpoint))
		_, err := given.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, endpoint, bind(t, open(t, pipeline.NewPull), endpoint))
	})
}

// TestGivenListenerIsKept: a Bind that fails, or is over another transport, leaves it to the next; the socket does not
// close what it has not taken.
func TestGivenListenerIsKept(t *testing.T) {
	endpoint := freshTCP(t)
	given := listenSystem(t, endpoint)
	pull := open(t, pipeline.NewPull, socket.WithListener(given))
	_, err := pull.Bind("tcp://nonsense")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	bind(t, pull, freshIPC(t))
	shut(t, pull)
	accepted := begin(func() error {
		c, err := given.Accept()
		if err == nil {
			err = c.Close()
		}
		return err
	})
	c, err := net.Dial("tcp", given.Addr().String())
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.NoError(t, result(t, accepted))
}

// TestGivenDescriptor is what a program does that a service manager starts with an open descriptor.
func TestGivenDescriptor(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("package net makes no listener of a descriptor there")
	}
	for _, m := range streams {
		t.Run(m.name, func(t *testing.T) {
			endpoint := m.fresh(t)
			l := listenSystem(t, endpoint)
			if u, ok := l.(*net.UnixListener); ok {
				u.SetUnlinkOnClose(false)
			}
			f, err := l.(interface{ File() (*os.File, error) }).File()
			require.NoError(t, err)
			require.NoError(t, l.Close())
			given, err := net.FileListener(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())

			pull, push := open(t, pipeline.NewPull, socket.WithListener(given)), open(t, pipeline.NewPush)
			scheme, _, _ := strings.Cut(endpoint, "://")
			require.Equal(t, endpoint, bind(t, pull, scheme+"://"+map[string]string{"tcp": "*:*", "ipc": "*"}[scheme]))
			join(t, pull, push, endpoint)
			send(t, push, "through a descriptor")
			require.Equal(t, []string{"through a descriptor"}, recv(t, pull))
		})
	}
}
