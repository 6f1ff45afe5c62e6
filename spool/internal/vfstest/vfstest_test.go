package vfstest

import (
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/vfs"
)

func newFile(t *testing.T, f *FS) vfs.File {
	t.Helper()
	require.NoError(t, f.MkdirAll("/d"))
	file, err := f.Create("/d/f")
	require.NoError(t, err)
	return file
}

func contents(t *testing.T, f *FS) string {
	t.Helper()
	b, ok := f.Bytes("/d/f")
	if !ok {
		return "none"
	}
	return string(b)
}

func TestCrashLosesWhatWasNotSynced(t *testing.T) {
	f := New()
	file := newFile(t, f)
	require.NoError(t, vfs.WriteFull(file, []byte("one"), 0))
	require.NoError(t, file.Sync())
	require.Equal(t, "none", contents(t, f.Crash(nil)))
	require.NoError(t, f.SyncDir("/d"))
	require.NoError(t, vfs.WriteFull(file, []byte("two!"), 0))
	require.Equal(t, "one", contents(t, f.Crash(nil)))
	require.Equal(t, "two!", contents(t, f.Kill()))
	require.NoError(t, file.Truncate(1))
	require.Equal(t, "one", contents(t, f.Crash(nil)))
	require.NoError(t, file.Sync())
	require.Equal(t, "t", contents(t, f.Crash(nil)))
	require.NoError(t, f.Remove("/d/f"))
	require.Equal(t, "t", contents(t, f.Crash(nil)))
	require.NoError(t, f.SyncDir("/d"))
	require.Equal(t, "none", contents(t, f.Crash(nil)))
}

// TestCrashLeavesAnySectors finds, over many crashes, every combination of what each of two sectors has held.
func TestCrashLeavesAnySectors(t *testing.T) {
	f := New()
	file := newFile(t, f)
	require.NoError(t, f.SyncDir("/d"))
	for _, c := range "ab" {
		require.NoError(t, vfs.WriteFull(file, []byte(strings.Repeat(string(c), 2*sector)), 0))
		if c == 'a' {
			require.NoError(t, file.Sync())
		}
	}
	require.NoError(t, vfs.WriteFull(file, []byte("c"), 0))
	found := map[string]bool{}
	for seed := range uint64(100) {
		got := contents(t, f.Crash(rand.New(rand.NewPCG(seed, 0))))
		found[got[:2]+got[sector:sector+1]] = true
	}
	require.Equal(t, map[string]bool{"aaa": true, "aab": true, "bba": true, "bbb": true, "cba": true, "cbb": true}, found)
}

func TestFailedSyncForgets(t *testing.T) {
	f := New()
	file := newFile(t, f)
	require.NoError(t, f.SyncDir("/d"))
	require.NoError(t, vfs.WriteFull(file, []byte("lost"), 0))
	f.Fail = Once(f.Ops(), syscall.EIO)
	require.ErrorIs(t, file.Sync(), syscall.EIO)
	require.NoError(t, file.Sync())
	require.Equal(t, "lost", contents(t, f))
	require.Equal(t, "", contents(t, f.Crash(nil)))
	require.NoError(t, vfs.WriteFull(file, []byte("kept"), 0))
	require.NoError(t, file.Sync())
	require.Equal(t, "", contents(t, f.Crash(nil)), "the length was lost as well")
	require.NoError(t, file.Truncate(4))
	require.NoError(t, file.Sync())
	require.Equal(t, "kept", contents(t, f.Crash(nil)))
}

func TestFaults(t *testing.T) {
	f := New()
	file := newFile(t, f)
	f.Fail = Once(f.Ops(), &Short{N: 2, Err: syscall.ENOSPC})
	n, err := file.WriteAt([]byte("abcd"), 0)
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Equal(t, "ab", contents(t, f))
	f.Fail = After(f.Ops(), ErrCrashed)
	require.ErrorIs(t, file.Sync(), ErrCrashed)
	require.ErrorIs(t, f.Remove("/d/f"), ErrCrashed)
	s := NewSwitch(syscall.EROFS, Create)
	f.Fail = s.Fail
	s.Set(true)
	_, err = f.Create("/d/g")
	require.ErrorIs(t, err, syscall.EROFS)
	s.Set(false)
	_, err = f.Create("/x/g")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = f.OpenRead("/d/g")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
