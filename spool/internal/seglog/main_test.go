package seglog

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	dir     = "/log"
	patient = 20 * time.Second
)

// levels are the ways to promise something, each with a name.
var levels = []struct {
	name string
	o    Options
}{
	{"memory", Options{Level: Memory}},
	{"kernel", Options{Level: Kernel}},
	{"disk", Options{Level: Disk}},
	{"each", Options{Level: Disk, Each: true}},
}

// atEveryLevel runs a test with options of each level, small segments and a file system in memory, with and without
// mapping.
func atEveryLevel(t *testing.T, test func(t *testing.T, fsys *vfstest.FS, o Options)) {
	for _, l := range levels {
		for _, mapping := range []bool{true, false} {
			if !mapping && l.o.Level != Kernel {
				continue
			}
			t.Run(fmt.Sprintf("%s mapping=%v", l.name, mapping), func(t *testing.T) {
				fsys := vfstest.New()
				fsys.NoMapping = !mapping
				o := l.o
				o.FS, o.Dir, o.SegmentSize = fsys, dir, 4096
				test(t, fsys, o)
			})
		}
	}
}

func small(fsys vfs.FS) Options {
	return Options{FS: fsys, Dir: dir, Level: Disk, SegmentSize: 4096}
}

func ctx(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(t.Context(), patient)
	t.Cleanup(cancel)
	return c
}

func mustOpen(t *testing.T, o Options) *Log {
	t.Helper()
	l, _, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // may have been closed by the test
	return l
}

// text is a record with one frame.
func text(format string, args ...any) record {
	return record{Message: ringmq.NewString(fmt.Sprintf(format, args...))}
}

type record = format.Record

func appendText(t *testing.T, l *Log, texts ...string) {
	t.Helper()
	for _, s := range texts {
		r := text("%s", s)
		require.NoError(t, l.Append(ctx(t), &r))
	}
}

// numbered returns n texts, each of its own, from the number first on.
func numbered(first, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("message %d", first+i)
	}
	return all
}

// readAll reads to the end, from a sequence on, and holds the sequences to be without a gap.
func readAll(t *testing.T, l *Log, from uint64) []string {
	t.Helper()
	texts, err := tryReadAll(l, from)
	require.NoError(t, err)
	return texts
}

func tryReadAll(l *Log, from uint64) (texts []string, err error) {
	r := l.ReadFrom(from)
	defer func() { err = errors.Join(err, r.Close()) }()
	for last := uint64(0); ; {
		rec, err := r.Next()
		if errors.Is(err, ErrEnd) {
			return texts, nil
		}
		if err != nil {
			return texts, err
		}
		if last != 0 && rec.Sequence != last+1 {
			return texts, fmt.Errorf("sequence %d follows %d", rec.Sequence, last)
		}
		last = rec.Sequence
		texts = append(texts, string(rec.Message.Frame(0)))
		rec.Message.Release()
	}
}
