package ipc

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/transporttest"
)

func TestConformance(t *testing.T) {
	for name, newAddr := range map[string]func(*testing.T) string{
		"path":     func(t *testing.T) string { return filepath.Join(tempDir(t), "s") },
		"relative": func(t *testing.T) string { t.Chdir(tempDir(t)); return "s" },
		"stale":    func(t *testing.T) string { return staleSocket(t) },
		"abstract": abstractName,
		"wildcard": func(*testing.T) string { return "*" },
	} {
		t.Run(name, func(t *testing.T) { transporttest.Run(t, Scheme, newAddr) })
	}
}

var abstractNames atomic.Int64

func abstractName(t *testing.T) string {
	if !hasAbstract {
		t.Skip("only Linux has abstract names")
	}
	return fmt.Sprintf("@ringmq-test-%d-%d", os.Getpid(), abstractNames.Add(1))
}

// tempDir is t.TempDir with a path short enough to hold sockets.
func tempDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "rmq")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// staleSocket returns a path with what a killed process leaves.
func staleSocket(t *testing.T) string {
	path := filepath.Join(tempDir(t), "s")
	abandon(t, path)
	return path
}

func abandon(t *testing.T, path string) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	_, err = os.Lstat(path)
	require.NoError(t, err)
}

func listenAt(t *testing.T, addr string) transport.Listener {
	l, err := Transport{}.Listen(t.Context(), addr, transport.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// requireReaches checks that a connection to path arrives at l.
func requireReaches(t *testing.T, path string, l transport.Listener) {
	t.Helper()
	dialed, err := Transport{}.Dial(t.Context(), path, transport.Options{})
	require.NoError(t, err)
	require.IsType(t, (*net.UnixConn)(nil), dialed)
	accepted, err := l.Accept()
	require.NoError(t, err)
	require.IsType(t, (*net.UnixConn)(nil), accepted)
	require.NoError(t, dialed.Close())
	require.NoError(t, accepted.Close())
}

func TestCloseRemovesSocket(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	l := listenAt(t, path)
	require.Equal(t, "ipc://"+path, l.Endpoint())
	require.FileExists(t, path)
	require.NoError(t, l.Close())
	require.NoFileExists(t, path)
}

func TestCloseAfterChdir(t *testing.T) {
	dir := tempDir(t)
	t.Chdir(dir)
	l := listenAt(t, "s")
	require.Equal(t, "ipc://s", l.Endpoint())
	t.Chdir(tempDir(t))
	require.NoError(t, l.Close())
	require.NoFileExists(t, filepath.Join(dir, "s"))
}

func TestCloseAfterSocketIsGone(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	l := listenAt(t, path)
	require.NoError(t, os.Remove(path))
	require.NoError(t, l.Close())
}

func TestCloseLeavesWhatReplacedTheSocket(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	first := listenAt(t, path)
	require.NoError(t, os.Remove(path))
	second := listenAt(t, path)
	require.NoError(t, first.Close())
	requireReaches(t, path, second)
	require.NoError(t, second.Close())
	require.NoFileExists(t, path)
}

func TestLiveSocketIsNotTaken(t *testing.T) {
	path := filepath.Join(tempDir(t), "s")
	l := listenAt(t, path)
	_, err := Transport{}.Listen(t.Context(), path, transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	require.ErrorContains(t, err, errLive.Error())
	probed, err := l.Accept() // the probe
	require.NoError(t, err)
	require.NoError(t, probed.Close())
	requireReaches(t, path, l)
}

func TestOtherFilesAreNotTaken(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string){
		"file": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600)) },
		"dir":  func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
		"symlink to a stale socket": func(t *testing.T, path string) {
			if runtime.GOOS == "windows" {
				t.Skip("symbolic links need a privilege")
			}
			abandon(t, path+"1")
			require.NoError(t, os.Symlink(path+"1", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(tempDir(t), "s")
			put(t, path)
			before, err := os.Lstat(path)
			require.NoError(t, err)
			_, err = Transport{}.Listen(t.Context(), path, transport.Options{})
			require.ErrorIs(t, err, ringmq.ErrAddrInUse)
			require.ErrorContains(t, err, errNotSocket.Error())
			after, err := os.Lstat(path)
			require.NoError(t, err)
			require.True(t, os.SameFile(before, after))
		})
	}
}

// One of many that find the same stale socket gets it, and keeps it.
func TestStaleSocketIsTakenOnce(t *testing.T) {
	const binders = 8
	path := staleSocket(t)
	type result struct {
		l   transport.Listener
		err error
	}
	results := make(chan result, binders)
	for range binders {
		go func() {
			l, err := Transport{}.Listen(t.Context(), path, transport.Options{Backlog: 2 * binders})
			results <- result{l, err}
		}()
	}
	var winner transport.Listener
	for range binders {
		r := <-results
		if r.err != nil {
			require.ErrorIs(t, r.err, ringmq.ErrAddrInUse)
			continue
		}
		require.Nil(t, winner, "two listeners at one path")
		winner = r.l
	}
	require.NotNil(t, winner)
	require.NoError(t, winner.Close())
	require.NoFileExists(t, path)
}

func TestMissingDirectory(t *testing.T) {
	path := filepath.Join(tempDir(t), "none", "s")
	_, err := Transport{}.Listen(t.Context(), path, transport.Options{})
	require.Error(t, err)
	require.NotErrorIs(t, err, ringmq.ErrAddrInUse)
	e, ok := errors.AsType[*ringmq.Error](err)
	require.True(t, ok)
	require.Equal(t, "ipc://"+path, e.Endpoint)
}

func TestLongestPath(t *testing.T) {
	dir := tempDir(t)
	path := filepath.Join(dir, strings.Repeat("s", MaxPath-len(dir)-1))
	require.Len(t, path, MaxPath)
	requireReaches(t, path, listenAt(t, path))
}

// setTempDir makes dir what os.TempDir returns.
func setTempDir(t *testing.T, dir string) {
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // the last two for Windows
		t.Setenv(name, dir)
	}
}

func TestWildcard(t *testing.T) {
	tmp := tempDir(t)
	setTempDir(t, tmp)
	l := listenAt(t, "*")
	path, isIPC := strings.CutPrefix(l.Endpoint(), "ipc://")
	require.True(t, isIPC)
	dir := filepath.Dir(path)
	require.Equal(t, tmp, filepath.Dir(dir))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	requireReaches(t, path, l)

	other := listenAt(t, "*")
	require.NotEqual(t, l.Endpoint(), other.Endpoint())
	require.NoError(t, other.Close())
	require.NoError(t, l.Close())
	require.NoDirExists(t, dir)
}

func TestWildcardUnderLongDirectory(t *testing.T) {
	tmp := filepath.Join(tempDir(t), strings.Repeat("d", MaxPath))
	require.NoError(t, os.Mkdir(tmp, 0o700))
	setTempDir(t, tmp)
	_, err := Transport{}.Listen(t.Context(), "*", transport.Options{})
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	require.ErrorContains(t, err, "TMPDIR")
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left)
}
