package spool

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/spool/internal/vfs"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	dir     = "/spool"
	patient = 20 * time.Second
)

// withFS has a spool live in another file system.
func withFS(fsys vfs.FS) Option {
	return Option{"FS", func(c *config) error {
		c.fs = fsys
		return nil
	}}
}

// inMemory opens a spool with small segments in a file system in memory.
func inMemory(t testing.TB, fsys vfs.FS, opts ...Option) *Spool {
	t.Helper()
	s, err := Open(dir, append([]Option{withFS(fsys), WithSegmentSize(4096)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // may have been closed by the test
	return s
}

func ctx(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(t.Context(), patient)
	t.Cleanup(cancel)
	return c
}

func text(format string, args ...any) Entry {
	return Entry{Message: ringmq.NewString(fmt.Sprintf(format, args...))}
}

// add appends texts and returns the receipt of the last.
func add(t testing.TB, s *Spool, texts ...string) (last Receipt) {
	t.Helper()
	for _, x := range texts {
		var err error
		last, err = s.Append(ctx(t), text("%s", x))
		require.NoError(t, err)
	}
	return last
}

// addN appends n texts.
func addN(t testing.TB, s *Spool, n int) {
	t.Helper()
	es := make([]Entry, n)
	for i := range es {
		es[i] = text("message %d", i)
	}
	rs, err := s.AppendBatch(ctx(t), es)
	require.NoError(t, err)
	require.Len(t, rs, n)
}

func consumer(t testing.TB, s *Spool, name string, o ConsumerOptions) *Consumer {
	t.Helper()
	c, err := s.Consumer(name, o)
	require.NoError(t, err)
	return c
}

// next takes the next message that can be delivered now, and wants it to be the given text.
func next(t testing.TB, c *Consumer, want string) Delivery {
	t.Helper()
	d, err := c.TryNext()
	require.NoError(t, err, want)
	require.Equal(t, want, string(d.Message.Frame(0)))
	return d
}

func nothing(t testing.TB, c *Consumer) {
	t.Helper()
	d, err := c.TryNext()
	require.ErrorIs(t, err, ErrEnd, "%+v", d)
}

func ack(t testing.TB, c *Consumer, first, last uint64) {
	t.Helper()
	require.NoError(t, c.Ack(Range{first, last}))
}

// crash closes the spool, and opens what a crash before that would have left.
func crash(t testing.TB, fsys *vfstest.FS, s *Spool, opts ...Option) (*vfstest.FS, *Spool) {
	t.Helper()
	after := fsys.Crash(nil)
	require.NoError(t, s.Close())
	return after, inMemory(t, after, opts...)
}
