package shm

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSegmentIsShared(t *testing.T) {
	ours, fd, err := Create()
	require.NoError(t, err)
	theirs, err := Open(fd)
	require.NoError(t, err)
	require.NoError(t, unix.Close(fd))

	_, _, err = ours.Out.Writev([][]byte{[]byte("there")})
	require.NoError(t, err)
	_, _, err = theirs.Out.Writev([][]byte{[]byte("back")})
	require.NoError(t, err)
	require.NoError(t, ours.Close())
	got := make([]byte, 10)
	n, _, err := theirs.In.Read(got)
	require.NoError(t, err)
	require.Equal(t, "there", string(got[:n]), "what a side has written outlives it")
	require.NoError(t, theirs.Close())
}

// An offer is taken only if its memory cannot go away under us and is laid out as we know it.
func TestBadOffers(t *testing.T) {
	memory := func(size int64, seal int) int {
		fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
		require.NoError(t, err)
		require.NoError(t, unix.Ftruncate(fd, size))
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seal)
		require.NoError(t, err)
		return fd
	}
	pipe := func() int {
		var p [2]int
		require.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
		require.NoError(t, unix.Close(p[1]))
		return p[0]
	}
	for name, fd := range map[string]int{
		"can shrink":      memory(Size, unix.F_SEAL_GROW|unix.F_SEAL_SEAL),
		"seals can come":  memory(Size, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW),
		"too small":       memory(Size-1, seals),
		"too large":       memory(Size+1, seals),
		"empty":           memory(0, seals),
		"another version": memory(Size, seals),
		"no memory":       pipe(),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(fd)
			require.ErrorIs(t, err, ErrCorrupt)
			require.NoError(t, unix.Close(fd))
		})
	}
	_, err := Open(-1)
	require.Error(t, err)
}
