package ipc

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

func TestPeerAddr(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	l := listenAt(t, path)
	dialed, err := Transport{}.Dial(t.Context(), path, transport.Options{})
	require.NoError(t, err)
	defer dialed.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	require.Equal(t, path, transport.PeerAddr(dialed).String())
	want := fmt.Sprintf("pid=%d,uid=%d,gid=%d", os.Getpid(), os.Getuid(), os.Getgid())
	require.Equal(t, want, transport.PeerAddr(accepted).String())
	require.Equal(t, "unix", transport.PeerAddr(accepted).Network())
}

// fill connects to path until the backlog is full, and returns the error that says so.
func fill(t *testing.T, path string) error {
	for range 16 {
		c, err := Transport{}.Dial(t.Context(), path, transport.Options{})
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
	}
	return nil
}

func TestBuffers(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	o := transport.Options{SendBuffer: 40_000, RecvBuffer: 50_000}
	l, err := Transport{}.Listen(t.Context(), path, o)
	require.NoError(t, err)
	defer l.Close()
	dialed, err := Transport{}.Dial(t.Context(), path, o)
	require.NoError(t, err)
	defer dialed.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	for _, c := range []net.Conn{dialed, accepted} {
		raw, err := c.(syscall.Conn).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, transport.OnDescriptor(raw, func(fd uintptr) error {
			send, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
			require.NoError(t, err)
			recv, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
			require.NoError(t, err)
			require.Equal(t, [2]int{2 * o.SendBuffer, 2 * o.RecvBuffer}, [2]int{send, recv}, "socket(7) doubles them")
			return nil
		}))
	}
}

func TestBacklog(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	l, err := Transport{}.Listen(t.Context(), path, transport.Options{Backlog: 1})
	require.NoError(t, err)
	defer l.Close()
	require.ErrorIs(t, fill(t, path), syscall.EAGAIN)

	// A listener that is too busy to accept is alive all the same.
	_, err = Transport{}.Listen(t.Context(), path, transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	require.FileExists(t, path)
}

// A socket of another kind has a live owner too.
func TestDatagramSocketIsNotTaken(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer c.Close()
	_, err = Transport{}.Listen(t.Context(), path, transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	require.FileExists(t, path)
}

// Between bind(2) and listen(2) of another process a socket refuses connections; it must not pass for stale.
func TestSocketThatIsAboutToListen(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer syscall.Close(fd)
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}))

	require.NoError(t, probe(t.Context(), path), "a refusal")
	listens := func(context.Context) error { return syscall.Listen(fd, 1) }
	require.ErrorIs(t, confirmStale(t.Context(), path, listens), errLive)
}

func TestPauseEndsWithContext(t *testing.T) {
	path := staleSocket(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, pause(ctx), context.Canceled)
	_, err := Transport{}.Listen(ctx, path, transport.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.FileExists(t, path)
}
