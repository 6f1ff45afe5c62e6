package seglog

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestAppendAndRead(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, fsys *vfstest.FS, o Options) {
		l := mustOpen(t, o)
		want := numbered(1, 500)
		appendText(t, l, want...)
		require.Equal(t, want, readAll(t, l, 0))
		require.Greater(t, l.State().Segments, 5)
		require.NoError(t, l.Close())

		l = mustOpen(t, o)
		require.Equal(t, want, readAll(t, l, 1))
		require.Equal(t, uint64(501), l.State().Next)
		appendText(t, l, "one more")
		require.Equal(t, append(want, "one more"), readAll(t, l, 0))
	})
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	o := small(vfstest.New())
	l := mustOpen(t, o)
	in := []record{
		{Message: ringmq.NewString("one", "", "three"), Key: []byte("key"), DeliverAt: 42},
		{Message: ringmq.NewString(""), Target: []byte("consumer")},
		{Message: ringmq.NewString(strings.Repeat("long ", 5000))},
		{},
	}
	n, err := l.AppendBatch(ctx(t), in)
	require.NoError(t, err)
	require.Equal(t, len(in), n)
	r := l.ReadFrom(1)
	defer r.Close()
	for i, want := range in {
		got, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, uint64(i+1), got.Sequence)
		require.Equal(t, want.Message.Frames(), got.Message.Frames())
		require.Equal(t, string(want.Key), string(got.Key))
		require.Equal(t, string(want.Target), string(got.Target))
		require.Equal(t, want.DeliverAt, got.DeliverAt)
		require.Equal(t, want.Time, got.Time)
		require.NotZero(t, got.Producer)
	}
	_, err = r.Next()
	require.ErrorIs(t, err, ErrEnd)
}

func TestReadFromTheMiddle(t *testing.T) {
	l := mustOpen(t, small(vfstest.New()))
	want := numbered(1, 1000)
	appendText(t, l, want...)
	for from := 1; from <= 1000; from += 37 {
		require.Equal(t, want[from-1:], readAll(t, l, uint64(from)))
	}
	require.Empty(t, readAll(t, l, 1001))
}

func TestReadSince(t *testing.T) {
	l := mustOpen(t, small(vfstest.New()))
	appendText(t, l, numbered(1, 500)...)
	all := l.ReadFrom(0)
	defer all.Close()
	times := map[int64]uint64{} // the first sequence of each time
	var order []int64
	for {
		rec, err := all.Next()
		if err != nil {
			require.ErrorIs(t, err, ErrEnd)
			break
		}
		if _, ok := times[rec.Time]; !ok {
			times[rec.Time] = rec.Sequence
			order = append(order, rec.Time)
		}
	}
	for i, at := range order {
		requireFirst(t, l, at, times[at])
		if i > 0 {
			requireFirst(t, l, order[i-1]+1, times[at])
		}
	}
	r := l.ReadSince(order[len(order)-1] + 1)
	defer r.Close()
	_, err := r.Next()
	require.ErrorIs(t, err, ErrEnd)
	appendText(t, l, "later")
	rec, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "later", string(rec.Message.Frame(0)))
}

func requireFirst(t *testing.T, l *Log, since int64, sequence uint64) {
	t.Helper()
	r := l.ReadSince(since)
	defer r.Close()
	rec, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, sequence, rec.Sequence)
}

func TestSeek(t *testing.T) {
	l := mustOpen(t, small(vfstest.New()))
	appendText(t, l, numbered(1, 1000)...)
	r := l.ReadFrom(0)
	defer r.Close()
	for _, to := range []uint64{1, 2, 900, 899, 1000, 5, 6, 7, 300, 1, 999, 1001} {
		r.Seek(to)
		rec, err := r.Next()
		if to > 1000 {
			require.ErrorIs(t, err, ErrEnd)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, to, rec.Sequence)
	}
	n, err := l.Trim(func(s Segment) bool { return s.Last < 150 })
	require.NoError(t, err)
	require.Positive(t, n)
	r.Seek(1)
	rec, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, l.State().First, rec.Sequence)
}

func TestTailWithoutHoleOrDuplicate(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, fsys *vfstest.FS, o Options) {
		const writers, each, readers = 4, 200, 3
		l := mustOpen(t, o)
		c := ctx(t)
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					r := text("x")
					if err := l.Append(c, &r); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range readers {
			wg.Go(func() { tail(t, c, l, writers*each) })
		}
		wg.Wait()
	})
}

// tail reads a log live, up to a sequence.
func tail(t *testing.T, c context.Context, l *Log, upto uint64) {
	r := l.ReadFrom(1)
	defer r.Close()
	for want := uint64(1); want <= upto; {
		rec, err := r.Next()
		if err == nil {
			if rec.Sequence != want {
				t.Errorf("got %d, want %d", rec.Sequence, want)
				return
			}
			want++
			rec.Message.Release()
			continue
		}
		if err = r.Wait(c); err != nil {
			t.Error(err)
			return
		}
	}
}

func TestReaderSeesOnlyWhatIsSafe(t *testing.T) {
	fsys := vfstest.New()
	l := mustOpen(t, small(fsys))
	appendText(t, l, "safe")
	inSync, goOn := make(chan struct{}), make(chan struct{})
	fsys.Fail = func(op vfstest.Op) error {
		if op.Kind == vfstest.Sync {
			close(inSync)
			<-goOn
			fsys.Fail = nil
		}
		return nil
	}
	done := make(chan error)
	go func() {
		r := text("not yet")
		done <- l.Append(context.Background(), &r)
	}()
	<-inSync
	require.Equal(t, []string{"safe"}, readAll(t, l, 0))
	close(goOn)
	require.NoError(t, <-done)
	require.Equal(t, []string{"safe", "not yet"}, readAll(t, l, 0))
}

func TestSegmentsAreSealedWithAnIndex(t *testing.T) {
	fsys := vfstest.New()
	o := small(fsys)
	o.SegmentSize = 1 << 20
	l := mustOpen(t, o)
	long := strings.Repeat("x", 1000)
	for range 3000 {
		appendText(t, l, long)
	}
	require.NoError(t, l.Close())
	b, ok := fsys.Bytes(dir + "/" + format.SegmentName(1))
	require.True(t, ok)
	off, err := format.ParseTrailer(b[len(b)-format.TrailerSize:], int64(len(b)))
	require.NoError(t, err)
	s, err := format.ParseSummary(b[off:len(b)-format.TrailerSize], format.Seed(1), off)
	require.NoError(t, err)
	require.Len(t, s.Entries, 16) // 1 MiB, and one for each 64 KiB
	require.Equal(t, s.Last, s.Records)
}

func TestSkipTo(t *testing.T) {
	o := small(vfstest.New())
	l := mustOpen(t, o)
	appendText(t, l, "1", "2")
	require.NoError(t, l.SkipTo(2))
	require.NoError(t, l.SkipTo(10))
	appendText(t, l, "10")
	require.NoError(t, l.Close())
	l = mustOpen(t, o)
	require.Equal(t, uint64(11), l.State().Next)
	require.Equal(t, []string{"10"}, readAll(t, l, 3))
	require.NoError(t, l.SkipTo(20))
	require.NoError(t, l.Close())
	l = mustOpen(t, o)
	require.Equal(t, uint64(11), l.State().Next) // nothing was appended there
}

func TestClose(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, fsys *vfstest.FS, o Options) {
		l := mustOpen(t, o)
		appendText(t, l, "kept")
		r := l.ReadFrom(1)
		defer r.Close()
		rec, err := r.Next()
		require.NoError(t, err)
		rec.Message.Release()
		waiting := make(chan error)
		go func() { waiting <- r.Wait(ctx(t)) }()
		require.NoError(t, l.Close())
		require.ErrorIs(t, <-waiting, ErrClosed)
		require.ErrorIs(t, l.Close(), ErrClosed)
		require.ErrorIs(t, l.Sync(), ErrClosed)
		rec = text("late")
		require.ErrorIs(t, l.Append(ctx(t), &rec), ErrClosed)

		after := fsys.Crash(nil) // Close has synced, at any level
		o.FS = after
		require.Equal(t, []string{"kept"}, readAll(t, mustOpen(t, o), 0))
	})
}

func TestLimits(t *testing.T) {
	o := small(vfstest.New())
	o.MaxBytes = 16 << 10
	l := mustOpen(t, o)
	for name, r := range map[string]record{
		"key":     {Key: make([]byte, format.MaxKey+1)},
		"target":  {Target: make([]byte, format.MaxTarget+1)},
		"message": {Message: ringmq.NewMessage(make([]byte, 16<<10))},
	} {
		require.ErrorIs(t, l.Append(ctx(t), &r), ringmq.ErrTooLarge, name)
	}
	n, err := l.AppendBatch(ctx(t), []record{text("fits"), {Key: make([]byte, format.MaxKey+1)}})
	require.ErrorIs(t, err, ringmq.ErrTooLarge)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"fits"}, readAll(t, l, 0))
}
