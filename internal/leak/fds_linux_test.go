package leak

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestFileIsFoundUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "left-open")
	before := Take()
	f, err := os.Create(path)
	require.NoError(t, err)

	found := before.Leaks(brief)
	require.Len(t, found, 1)
	require.Contains(t, found[0], path, "the listing names the target")

	require.NoError(t, f.Close())
	require.Empty(t, before.Leaks(patience))
}

func TestPatienceCoversALateClose(t *testing.T) {
	before := Take()
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	require.Len(t, before.Leaks(0), 1)

	closed := make(chan error, 1)
	time.AfterFunc(10*pollEvery, func() { closed <- f.Close() }) // what is tested is time itself
	require.Empty(t, before.Leaks(patience))
	require.NoError(t, <-closed)
}

// What the library itself opens: descriptors that the os package never sees.
func TestRawDescriptorsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		open   func() (int, error)
		target string
	}{
		"epoll":   {func() (int, error) { return unix.EpollCreate1(unix.EPOLL_CLOEXEC) }, "[eventpoll]"},
		"eventfd": {func() (int, error) { return unix.Eventfd(0, unix.EFD_CLOEXEC) }, "[eventfd]"},
		"socket":  {func() (int, error) { return unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0) }, "socket:["},
	} {
		t.Run(name, func(t *testing.T) {
			before := Take()
			fd, err := c.open()
			require.NoError(t, err)
			found := before.Leaks(brief)
			require.NoError(t, unix.Close(fd))
			require.Len(t, found, 1)
			require.Contains(t, found[0], c.target)
			require.Empty(t, before.Leaks(brief))
		})
	}
}

// A goroutine that sits in a system call without the poller is one of ours, not one of the runtime's.
func TestGoroutineInASystemCallIsFound(t *testing.T) {
	var fds [2]int
	require.NoError(t, unix.Pipe2(fds[:], unix.O_CLOEXEC))
	defer unix.Close(fds[0])
	before := Take()
	done := make(chan struct{})
	go blockInRead(fds[0], done)

	found := before.Leaks(brief)
	require.NoError(t, unix.Close(fds[1]))
	<-done
	require.Len(t, found, 1)
	require.Contains(t, found[0], "blockInRead")
}

func blockInRead(fd int, done chan<- struct{}) {
	defer close(done)
	unix.Read(fd, make([]byte, 1)) // returns with the end of file
}

func TestFirstUseOfTheNetworkIsNoLeak(t *testing.T) {
	before := Take()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	require.Len(t, before.Leaks(brief), 2, "listener and connection; not the poller")
	require.NoError(t, c.Close())
	require.NoError(t, l.Close())
	require.Empty(t, before.Leaks(patience))
}

func TestNewFiles(t *testing.T) {
	for name, c := range map[string]struct {
		before, after map[int]string
		want          []string
	}{
		"the same":         {map[int]string{900: "a"}, map[int]string{900: "a"}, nil},
		"closed":           {map[int]string{900: "a"}, map[int]string{}, nil},
		"opened, in order": {map[int]string{}, map[int]string{902: "b", 901: "a"}, []string{"file descriptor 901 -> a", "file descriptor 902 -> b"}},
		"number reused":    {map[int]string{900: "a"}, map[int]string{900: "b"}, []string{"file descriptor 900 -> b"}},
		"no /proc":         {nil, map[int]string{900: "a"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, newFiles(c.before, c.after))
		})
	}
}

func TestMainFailsAProcessThatLeaksAFile(t *testing.T) {
	t.Parallel() // the child waits out its patience
	out, err := runChild(t, "file")
	requireLeakExit(t, out, err)
	require.Contains(t, out, os.DevNull)
}

func TestProfilesOfTheRunAreNoLeaks(t *testing.T) {
	dir := t.TempDir()
	out, err := runChild(t, "nothing",
		"-test.cpuprofile="+filepath.Join(dir, "cpu.prof"), "-test.outputdir="+dir, "-test.trace=trace.out")
	require.NoError(t, err, out)
	require.FileExists(t, filepath.Join(dir, "cpu.prof"))
	require.FileExists(t, filepath.Join(dir, "trace.out"))
}
