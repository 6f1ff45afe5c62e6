package seglog

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfs"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// gate holds syncs up, and counts them.
type gate struct {
	syncs   atomic.Int64
	entered chan struct{}
	open    chan struct{}
}

func (g *gate) fail(op vfstest.Op) error {
	if op.Kind == vfstest.Sync {
		g.syncs.Add(1)
		g.entered <- struct{}{}
		<-g.open
	}
	return nil
}

// TestOneSyncServesAllThatWait lets senders gather while a sync is under way.
func TestOneSyncServesAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const senders = 50
		fsys := vfstest.New()
		l := mustOpen(t, Options{FS: fsys, Dir: dir, Level: Disk, SegmentSize: 64 << 10})
		defer l.Close()
		appendText(t, l, "the segment is there")
		g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
		fsys.Fail = g.fail
		var wg sync.WaitGroup
		send := func() {
			r := text("x")
			if err := l.Append(context.Background(), &r); err != nil {
				t.Error(err)
			}
		}
		wg.Go(send)
		<-g.entered
		for range senders {
			wg.Go(send)
		}
		synctest.Wait() // until all are waiting
		g.open <- struct{}{}
		<-g.entered
		g.open <- struct{}{}
		wg.Wait()
		fsys.Fail = nil
		require.Equal(t, int64(2), g.syncs.Load())
		require.Len(t, readAll(t, l, 0), senders+2)
	})
}

func TestEachAppendHasItsOwnSync(t *testing.T) {
	const senders = 20
	fsys := vfstest.New()
	l := mustOpen(t, Options{FS: fsys, Dir: dir, Level: Disk, Each: true, SegmentSize: 64 << 10})
	appendText(t, l, "the segment is there")
	var syncs atomic.Int64
	fsys.Fail = func(op vfstest.Op) error {
		if op.Kind == vfstest.Sync {
			syncs.Add(1)
		}
		return nil
	}
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			r := text("x")
			if err := l.Append(context.Background(), &r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(senders), syncs.Load())
	n, err := l.AppendBatch(ctx(t), []record{text("1"), text("2"), text("3")})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, int64(senders+1), syncs.Load())
}

// TestSyncAmongSenders has Sync and Flush called by many beside senders: nobody waits for ever.
func TestSyncAmongSenders(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, _ *vfstest.FS, o Options) {
		l := mustOpen(t, o)
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				for range 100 {
					var err error
					switch i % 4 {
					case 0:
						err = l.Sync()
					case 1:
						err = l.Flush()
					default:
						r := text("x")
						err = l.Append(context.Background(), &r)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		require.NoError(t, l.Sync())
		require.Equal(t, uint64(600), l.State().Disk)
	})
}

// TestBatchOverManySegments fails in its middle: the first part is there, and its number is known.
func TestBatchOverManySegments(t *testing.T) {
	fsys := vfstest.New()
	l := mustOpen(t, small(fsys))
	batch := make([]record, 200)
	for i := range batch {
		batch[i] = text("message %d", i+1)
	}
	creations := 0
	fsys.Fail = func(op vfstest.Op) error {
		if op.Kind == vfstest.Create {
			if creations++; creations == 3 {
				return syscall.ENOSPC
			}
		}
		return nil
	}
	n, err := l.AppendBatch(ctx(t), batch)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Positive(t, n)
	require.Less(t, n, 200)
	require.Equal(t, numbered(1, n), readAll(t, l, 0))
	m, err := l.AppendBatch(ctx(t), batch[n:])
	require.NoError(t, err)
	require.Equal(t, 200, n+m)
	require.Equal(t, numbered(1, 200), readAll(t, l, 0))
}

func TestLargeRecordHasASegmentOfItsOwn(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, fsys *vfstest.FS, o Options) {
		l := mustOpen(t, o)
		appendText(t, l, "before")
		huge := record{Message: ringmq.NewMessage(make([]byte, 1<<20))}
		require.NoError(t, l.Append(ctx(t), &huge))
		appendText(t, l, "after")
		require.NoError(t, l.Close())
		l = mustOpen(t, o)
		got := readAll(t, l, 0)
		require.Equal(t, []int{6, 1 << 20, 5}, []int{len(got[0]), len(got[1]), len(got[2])})
	})
}

// TestMemoryIsWrittenInTheEnd waits for the background, and for a buffer that is full.
func TestMemoryIsWrittenInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := mustOpen(t, Options{FS: vfstest.New(), Dir: dir, Level: Memory, SegmentSize: 64 << 10})
		defer l.Close()
		appendText(t, l, "1")
		require.Zero(t, l.State().Kernel)
		timeout := DefaultFlushEvery * 2
		require.Eventually(t, func() bool { return l.State().Kernel == 1 }, timeout, timeout/10)
		r := record{Message: ringmq.NewMessage(make([]byte, flushAt))}
		require.NoError(t, l.Append(ctx(t), &r))
		require.Equal(t, uint64(2), l.State().Kernel)
	})
}

func TestAppendDoesNotAllocate(t *testing.T) {
	for _, level := range levels {
		o := level.o
		o.FS, o.Dir = vfs.OS{}, t.TempDir()
		l := mustOpen(t, o)
		r := record{Message: ringmq.NewString("one", "two"), Key: []byte("key")}
		send := func() {
			if err := l.Append(context.Background(), &r); err != nil {
				t.Fatal(err)
			}
		}
		send()
		require.Zero(t, testing.AllocsPerRun(200, send), level.name)
		require.NoError(t, l.Close())
	}
}
