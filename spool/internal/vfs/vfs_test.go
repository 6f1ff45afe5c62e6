package vfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	var o OS
	require.NoError(t, o.MkdirAll(dir))
	name := filepath.Join(dir, "file")
	_, err := o.Open(name)
	require.ErrorIs(t, err, fs.ErrNotExist)
	f, err := o.Create(name)
	require.NoError(t, err)
	_, err = o.Create(name)
	require.ErrorIs(t, err, fs.ErrExist)
	require.NoError(t, WriteFull(f, []byte("hello"), 3))
	require.NoError(t, f.Preallocate(10_000))
	require.NoError(t, f.Preallocate(100))
	size, err := f.Size()
	require.NoError(t, err)
	require.Equal(t, int64(10_000), size)
	require.NoError(t, f.Sync())
	require.NoError(t, o.SyncDir(dir))
	names, err := o.ReadDir(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"file"}, names)

	r, err := o.OpenRead(name)
	require.NoError(t, err)
	require.Error(t, WriteFull(r, []byte("x"), 0))
	require.NoError(t, o.Remove(name))
	b := make([]byte, 10)
	_, err = r.ReadAt(b, 0) // still there for who has it open
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00hello\x00\x00", string(b))
	require.NoError(t, errors.Join(r.Close(), f.Close()))
}

func TestMappedWrites(t *testing.T) {
	f, err := OS{}.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.Preallocate(8192))
	if err := f.MapWrites(8192); err != nil {
		require.ErrorIs(t, err, errors.ErrUnsupported)
		t.Skip(err)
	}
	for _, at := range []int64{0, 5, 4090, 8190, 9000} { // the last two do not fit, and are written as ever
		for _, text := range []string{"", "short", "longer than a word"} {
			n, err := f.WriteAt([]byte(text), at)
			require.NoError(t, err)
			require.Equal(t, len(text), n)
			b := make([]byte, len(text))
			_, err = f.ReadAt(b, at)
			require.NoError(t, err)
			require.Equal(t, text, string(b))
		}
	}
	require.NoError(t, f.Sync())

	// A page that is not there is an error, and the file can be used again when it is.
	require.NoError(t, f.Truncate(0))
	_, err = f.WriteAt([]byte(strings.Repeat("x", 100)), 4096)
	require.Error(t, err)
	require.NoError(t, f.Preallocate(8192))
	_, err = f.WriteAt([]byte("x"), 4096)
	require.NoError(t, err)
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "LOCK")
	held, err := OS{}.Lock(name)
	require.NoError(t, err)
	_, err = OS{}.Lock(name)
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, LockedError{Name: name, PID: os.Getpid()}, *locked)
	require.NoError(t, held.Close())
	held, err = OS{}.Lock(name)
	require.NoError(t, err)
	require.NoError(t, held.Close())
}

type short struct{}

func (short) WriteAt([]byte, int64) (int, error) { return 1, nil }

func TestShortWriteIsAnError(t *testing.T) {
	require.Error(t, WriteFull(short{}, []byte("ab"), 0))
	require.NoError(t, WriteFull(short{}, []byte("a"), 0))
}
