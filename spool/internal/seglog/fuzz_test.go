package seglog

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// FuzzRecovery opens a log of two segments that hold anything. It is opened or refused, and what is opened reads the same
// when it is opened again, and goes on.
func FuzzRecovery(f *testing.F) {
	whole := vfstest.New()
	l, _, err := Open(small(whole))
	require.NoError(f, err)
	for i, last := 0, 0; last < 10; i++ {
		if len(whole.Paths()) == 2 {
			last++
		}
		r := text("message %d", i)
		require.NoError(f, l.Append(f.Context(), &r))
	}
	require.NoError(f, l.Close())
	paths := whole.Paths()
	require.Len(f, paths, 2)
	first, _ := whole.Bytes(paths[0])
	second, _ := whole.Bytes(paths[1])
	f.Add(first, second, 0, byte(0))
	f.Add(first, second, 700, byte(1))
	f.Add(first[:1000], []byte{}, 0, byte(0))
	f.Add(append([]byte(nil), second...), second[:100], 64, byte(255))
	f.Fuzz(func(t *testing.T, a, b []byte, at int, flip byte) {
		fsys := vfstest.New()
		fsys.Put(paths[0], a)
		fsys.Put(paths[1], b)
		if c, _ := fsys.Bytes(paths[1]); at >= 0 && at < len(c) {
			c[at] ^= flip
		}
		o := small(fsys)
		l, _, err := Open(o)
		if err != nil {
			return
		}
		texts, err := tryReadAll(l, 0)
		var corrupt *CorruptError
		require.True(t, err == nil || errors.As(err, &corrupt), "%v", err)
		r := text("goes on")
		require.NoError(t, l.Append(t.Context(), &r))
		require.NoError(t, l.Close())
		if l, _, err = Open(o); err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		again, err := tryReadAll(l, 0)
		if corrupt == nil {
			require.NoError(t, err)
			require.Equal(t, append(texts, "goes on"), again)
		} else {
			require.Equal(t, texts, again)
		}
	})
}

// FuzzSurvey reads past any damage: what it finds is in order.
func FuzzSurvey(f *testing.F) {
	whole := vfstest.New()
	l, _, err := Open(small(whole))
	require.NoError(f, err)
	for i := range 20 {
		r := text("message %d", i)
		require.NoError(f, l.Append(f.Context(), &r))
	}
	require.NoError(f, l.Close())
	path := whole.Paths()[0]
	b, _ := whole.Bytes(path)
	f.Add(b, 100, 200)
	f.Add(b, 0, 10)
	f.Fuzz(func(t *testing.T, b []byte, from, to int) {
		fsys := vfstest.New()
		fsys.Put(path, b)
		if c, _ := fsys.Bytes(path); from >= 0 && from < to && to <= len(c) {
			clear(c[from:to])
		}
		var last uint64
		require.NoError(t, Survey(t.Context(), fsys, dir, Surveyor{Record: func(r *format.Record) error {
			require.Greater(t, r.Sequence, last)
			last = r.Sequence
			return nil
		}}))
	})
}
