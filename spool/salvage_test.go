package spool

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func textMessage(s string) ringmq.Message { return ringmq.NewString(s) }

// damage flips a byte in the middle of the nth segment of a log.
func damage(t *testing.T, fsys *vfstest.FS, log string, n int) {
	t.Helper()
	var paths []string
	for _, path := range fsys.Paths() {
		if filepath.Dir(path) == filepath.Join(dir, log) {
			paths = append(paths, path)
		}
	}
	require.Greater(t, len(paths), n)
	b, _ := fsys.Bytes(paths[n])
	b[len(b)/2] ^= 1
}

func TestSalvage(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys)
	c := consumer(t, s, "c", ConsumerOptions{})
	addN(t, s, 600)
	want := map[uint64]Record{}
	for r, err := range s.Records(FromOldest()) {
		require.NoError(t, err)
		r.Message = r.Message.Clone()
		want[r.Sequence] = r
	}
	d, err := c.TryNext()
	require.NoError(t, err)
	require.NoError(t, c.Reject(d.Sequence, "no"))
	ack(t, c, 2, 590)
	require.NoError(t, s.Close())
	damage(t, fsys, logDir, 2)
	damage(t, fsys, logDir, 4)

	// Open takes earlier segments at their word, unless it is told not to.
	_, err = Open(dir, withFS(fsys), WithCheck())
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	s = inMemory(t, fsys)
	err = nil
	for _, err = range s.Records(FromOldest()) {
		if err != nil {
			break
		}
	}
	var read *CorruptError
	require.ErrorAs(t, err, &read)
	require.Equal(t, corrupt.Segment, read.Segment)
	require.Equal(t, corrupt.Offset, read.Offset)
	require.Equal(t, corrupt.After, read.After)
	_, err = salvage(t.Context(), fsys, dir, "/new", nil)
	require.ErrorAs(t, err, new(*LockedError))
	require.NoError(t, s.Close())

	var files []string
	found, err := salvage(t.Context(), fsys, dir, "/new", func(file string, done, total int64) {
		require.LessOrEqual(t, done, total)
		files = append(files, file)
	})
	require.NoError(t, err)
	require.Len(t, found.Damage, 2)
	require.Equal(t, uint64(598), found.Messages)
	require.Equal(t, uint64(1), found.DeadLetters)
	require.Equal(t, []uint64{1, 600}, []uint64{found.First, found.Last})
	require.Greater(t, len(files), 5)

	s, err = Open("/new", withFS(fsys), WithCheck())
	require.NoError(t, err)
	defer s.Close()
	var last uint64
	for r, err := range s.Records(FromOldest()) {
		require.NoError(t, err)
		require.Greater(t, r.Sequence, last)
		last = r.Sequence
		was := want[r.Sequence]
		require.Equal(t, was.Message.Frames(), r.Message.Frames())
		require.Equal(t, []any{was.Time, was.Producer}, []any{r.Time, r.Producer})
		delete(want, r.Sequence)
	}
	require.Len(t, want, 2)
	c = consumer(t, s, "c", ConsumerOptions{})
	d, err = c.TryNext()
	require.NoError(t, err)
	require.Equal(t, uint64(591), d.Sequence)
	letters, err := s.DeadLetters()
	require.NoError(t, err)
	require.Equal(t, 1, letters.Len())

	_, err = salvage(t.Context(), fsys, dir, "/new", nil)
	require.ErrorIs(t, err, fs.ErrExist)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = salvage(ended, fsys, dir, "/other", nil)
	require.ErrorIs(t, err, context.Canceled)
}

// TestSalvageState loses acknowledgements, and nothing else.
func TestSalvageState(t *testing.T) {
	fsys := vfstest.New()
	s := inMemory(t, fsys)
	c := consumer(t, s, "c", ConsumerOptions{})
	addN(t, s, 100)
	for n := range uint64(50) {
		ack(t, c, 2*n+1, 2*n+1)
		require.NoError(t, s.Commit())
	}
	require.NoError(t, s.Close())
	damage(t, fsys, stateDir, 0)
	_, err := Open(dir, withFS(fsys))
	require.ErrorAs(t, err, new(*CorruptError))
	found, err := salvage(t.Context(), fsys, dir, "/new", nil)
	require.NoError(t, err)
	require.NotEmpty(t, found.Damage)
	s, err = Open("/new", withFS(fsys))
	require.NoError(t, err)
	defer s.Close()
	info := s.Consumers()
	require.Len(t, info, 1)
	require.GreaterOrEqual(t, info[0].Pending, uint64(50))
	require.LessOrEqual(t, info[0].Pending, uint64(52))
}

func TestVerify(t *testing.T) {
	d := t.TempDir()
	_, err := Verify(t.Context(), d, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	s, err := Open(d, WithSegmentSize(4096))
	require.NoError(t, err)
	for i := range 100 {
		add(t, s, fmt.Sprint(i))
	}
	for range 2 { // beside the owner, and without one
		found, err := Verify(t.Context(), d, nil)
		require.NoError(t, err)
		require.Equal(t, Findings{Messages: 100, First: 1, Last: 100}, found)
		_ = s.Close() // the second time it is closed
	}
}
