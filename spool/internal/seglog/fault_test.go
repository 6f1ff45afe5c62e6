package seglog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// history is what a test has appended: what was acknowledged, and what was refused.
type history struct {
	acked, refused []string
}

// run appends texts one by one until the disk stops, in a log that it closes.
func (h *history) run(o Options, texts []string) (err error) {
	l, _, err := Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, s := range texts {
		r := text("%s", s)
		if err := l.Append(context.Background(), &r); err != nil {
			h.refused = append(h.refused, s)
			return err
		}
		h.acked = append(h.acked, s)
	}
	return nil
}

// check holds what a log has against the history: everything that was acknowledged, in order, and at most what was
// refused after it.
func (h *history) check(t *testing.T, o Options, at string) {
	t.Helper()
	l, report, err := Open(o)
	require.NoError(t, err, at)
	defer func() { require.NoError(t, l.Close(), at) }()
	got, err := tryReadAll(l, 0)
	require.NoError(t, err, at)
	all := append(append([]string(nil), h.acked...), h.refused...)
	require.GreaterOrEqual(t, len(got), len(h.acked), "%s: %+v", at, report)
	require.LessOrEqual(t, len(got), len(all), at)
	require.Equal(t, fmt.Sprintf("%q", all[:len(got)]), fmt.Sprintf("%q", got), at)
	r := text("goes on")
	require.NoError(t, l.Append(context.Background(), &r), at)
}

func TestCrashBetweenAnyTwoOperations(t *testing.T) {
	for _, level := range levels {
		if level.o.Level != Disk {
			continue
		}
		t.Run(level.name, func(t *testing.T) {
			o := level.o
			o.Dir, o.SegmentSize = dir, 1024
			texts := numbered(1, 60)
			whole := vfstest.New()
			o.FS = whole
			require.NoError(t, new(history).run(o, texts))
			require.Greater(t, whole.Ops(), 150)
			for n := range whole.Ops() {
				fsys := vfstest.New()
				fsys.Fail = vfstest.After(n, vfstest.ErrCrashed)
				o.FS = fsys
				var h history
				require.ErrorIs(t, h.run(o, texts), vfstest.ErrCrashed)
				o.FS = fsys.Crash(nil)
				h.check(t, o, fmt.Sprintf("operation %d, nothing else got there", n))
				for seed := range uint64(8) {
					o.FS = fsys.Crash(rand.New(rand.NewPCG(seed, uint64(n))))
					h.check(t, o, fmt.Sprintf("operation %d, seed %d", n, seed))
				}
			}
		})
	}
}

// TestCrashDuringRecovery crashes once, and then again between any two operations of the recovery.
func TestCrashDuringRecovery(t *testing.T) {
	fsys := vfstest.New()
	fsys.Fail = vfstest.After(90, vfstest.ErrCrashed)
	o := Options{Level: Disk, FS: fsys, Dir: dir, SegmentSize: 1024}
	var h history
	require.ErrorIs(t, h.run(o, numbered(1, 60)), vfstest.ErrCrashed)
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		first := fsys.Crash(rng)
		for n := 0; ; n++ {
			again := first.Clone()
			again.Fail = vfstest.After(n, vfstest.ErrCrashed)
			o.FS = again
			l, _, err := Open(o)
			if err == nil {
				require.NoError(t, errors.Join(ignoreCrash(l.Close())))
				break
			}
			require.ErrorIs(t, err, vfstest.ErrCrashed)
			o.FS = again.Crash(rng)
			h.check(t, o, fmt.Sprintf("seed %d, operation %d", seed, n))
		}
	}
}

func ignoreCrash(err error) error {
	if errors.Is(err, vfstest.ErrCrashed) {
		return nil
	}
	return err
}

// TestKillBetweenAnyTwoOperations ends the process: what was written is there, at the level that promises that.
func TestKillBetweenAnyTwoOperations(t *testing.T) {
	for _, noMapping := range []bool{false, true} {
		o := Options{Level: Kernel, Dir: dir, SegmentSize: 1024}
		texts := numbered(1, 60)
		for n := 0; ; n++ {
			fsys := vfstest.New()
			fsys.NoMapping = noMapping
			fsys.Fail = vfstest.After(n, vfstest.ErrCrashed)
			o.FS = fsys
			var h history
			if err := h.run(o, texts); err == nil {
				require.Greater(t, n, 80)
				break
			}
			o.FS = fsys.Kill()
			h.check(t, o, fmt.Sprintf("operation %d", n))
		}
	}
}

// TestAnyOperationFails fails each operation in turn, once: the append that meets it is refused or not, and nothing
// else is lost; after a failed sync the log must be opened again.
func TestAnyOperationFails(t *testing.T) {
	faults := map[string]error{
		"no space": syscall.ENOSPC,
		"io error": syscall.EIO,
		"short":    &vfstest.Short{N: 13},
		"short 0":  &vfstest.Short{N: 0, Err: syscall.ENOSPC},
		"whole":    &vfstest.Short{N: 1 << 20, Err: syscall.EIO},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			atEveryLevel(t, func(t *testing.T, _ *vfstest.FS, o Options) { failEachOperation(t, o, fault) })
		})
	}
}

func failEachOperation(t *testing.T, o Options, fault error) {
	o.SegmentSize = 1024
	texts := numbered(1, 40)
	for n := 0; ; n++ {
		fsys := vfstest.New()
		fsys.NoMapping = o.FS.(*vfstest.FS).NoMapping
		var failed vfstest.Op
		fsys.Fail = func(op vfstest.Op) error {
			if op.N != n {
				return nil
			}
			failed = op
			return faultFor(op, fault)
		}
		o.FS = fsys
		kept := appendDespite(t, o, texts)
		if failed.Kind == "" {
			require.Greater(t, n, 20)
			return
		}
		at := fmt.Sprintf("operation %d %s", n, failed.Kind)
		o.FS = fsys.Kill()
		if o.Level == Disk {
			o.FS = fsys.Crash(nil)
		}
		requireInOrder(t, o, kept, at)
	}
}

// faultFor is the fault, unless it is one that only a write can have.
func faultFor(op vfstest.Op, fault error) error {
	if _, short := errors.AsType[*vfstest.Short](fault); short && op.Kind != vfstest.Write {
		return syscall.EIO
	}
	return fault
}

// appendDespite appends all texts, opening the log again when it must be, and returns those that were acknowledged.
func appendDespite(t *testing.T, o Options, texts []string) (kept []string) {
	t.Helper()
	var l *Log
	for _, s := range texts {
		if l == nil {
			var err error
			if l, _, err = Open(o); err != nil {
				if l, _, err = Open(o); err != nil { // the fault is over
					t.Fatal(err)
				}
			}
		}
		r := text("%s", s)
		err := l.Append(t.Context(), &r)
		if err == nil {
			kept = append(kept, s)
			continue
		}
		if _, final := errors.AsType[*FailedError](err); final {
			require.ErrorIs(t, l.Close(), err)
			l = nil
		}
	}
	if l == nil {
		return kept
	}
	if err := l.Close(); err != nil && o.Level == Memory {
		return nil // what was in memory is lost, and that was said
	}
	return kept
}

// requireInOrder wants what was acknowledged in the log, in order; what was refused may be between.
func requireInOrder(t *testing.T, o Options, kept []string, at string) {
	t.Helper()
	l, _, err := Open(o)
	require.NoError(t, err, at)
	defer l.Close()
	got, err := tryReadAll(l, 0)
	require.NoError(t, err, at)
	for _, s := range got {
		if len(kept) > 0 && kept[0] == s {
			kept = kept[1:]
		}
	}
	require.Empty(t, kept, "%s: got %q", at, got)
}

func TestFailedWriteIsUndone(t *testing.T) {
	for _, noMapping := range []bool{false, true} {
		for _, level := range []Level{Kernel, Disk} {
			fsys := vfstest.New()
			fsys.NoMapping = noMapping
			full := vfstest.NewSwitch(&vfstest.Short{N: 100, Err: syscall.ENOSPC}, vfstest.Write)
			fsys.Fail = full.Fail
			l := mustOpen(t, Options{FS: fsys, Dir: dir, Level: level, SegmentSize: 64 << 10})
			appendText(t, l, "before")
			full.Set(true)
			n, err := l.AppendBatch(ctx(t), []record{text("lost 1"), text("lost 2"), text("lost 3")})
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.Zero(t, n)
			full.Set(false)
			appendText(t, l, "after") // as long as the lost ones: behind it, they would fit
			require.Equal(t, []string{"before", "after"}, readAll(t, l, 0))
			o := Options{FS: fsys.Kill(), Dir: dir, Level: level, SegmentSize: 64 << 10}
			require.Equal(t, []string{"before", "after"}, readAll(t, mustOpen(t, o), 0))
		}
	}
}

func TestFailedWriteInMemoryIsTriedAgain(t *testing.T) {
	fsys := vfstest.New()
	full := vfstest.NewSwitch(syscall.ENOSPC, vfstest.Write)
	fsys.Fail = full.Fail
	l := mustOpen(t, Options{FS: fsys, Dir: dir, Level: Memory, SegmentSize: 64 << 10})
	appendText(t, l, "1")
	full.Set(true)
	appendText(t, l, "2", "3")
	require.ErrorIs(t, l.Flush(), syscall.ENOSPC)
	appendText(t, l, "4")
	full.Set(false)
	require.Equal(t, []string{"1", "2", "3", "4"}, readAll(t, l, 0))
}

// TestFailedSyncIsFinal has the page cache lie after a failed sync, as Linux does: the log refuses to go on, and a log
// that is opened again, and survives the machine then, has everything that it shows.
func TestFailedSyncIsFinal(t *testing.T) {
	fsys := vfstest.New()
	broken := vfstest.NewSwitch(syscall.EIO, vfstest.Sync)
	fsys.Fail = broken.Fail
	o := small(fsys)
	l := mustOpen(t, o)
	appendText(t, l, "safe")
	broken.Set(true)
	r := text("unknown")
	err := l.Append(ctx(t), &r)
	require.ErrorIs(t, err, syscall.EIO)
	require.ErrorAs(t, err, new(*FailedError))
	broken.Set(false)
	r = text("refused")
	require.ErrorAs(t, l.Append(ctx(t), &r), new(*FailedError))
	require.Equal(t, []string{"safe"}, readAll(t, l, 0))
	require.ErrorAs(t, l.Close(), new(*FailedError))

	l = mustOpen(t, o)
	shown := readAll(t, l, 0)
	require.Equal(t, []string{"safe", "unknown"}, shown)
	o.FS = fsys.Crash(nil)
	require.Equal(t, shown, readAll(t, mustOpen(t, o), 0))
}

// TestConcurrentAppendsDespiteFaults has writes fail now and then under many senders: each is told the truth.
func TestConcurrentAppendsDespiteFaults(t *testing.T) {
	atEveryLevel(t, func(t *testing.T, fsys *vfstest.FS, o Options) {
		if o.Level == Memory {
			return
		}
		var mu sync.Mutex
		rng := rand.New(rand.NewPCG(1, 2))
		fsys.Fail = func(op vfstest.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind == vfstest.Write && rng.IntN(8) == 0 {
				return &vfstest.Short{N: rng.IntN(op.Size), Err: io.ErrShortWrite}
			}
			return nil
		}
		l := mustOpen(t, o)
		kept := map[string]bool{}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 60 {
					s := fmt.Sprintf("%d %d", w, i)
					r := text("%s", s)
					err := l.Append(context.Background(), &r)
					mu.Lock()
					kept[s] = err == nil
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		fsys.Fail = nil
		requireExactly(t, l, kept)
		require.NoError(t, l.Sync())
		o.FS = fsys.Crash(nil)
		requireExactly(t, mustOpen(t, o), kept)
	})
}

// requireExactly wants each text in the log once if it was acknowledged, and not at all if it was refused.
func requireExactly(t *testing.T, l *Log, kept map[string]bool) {
	t.Helper()
	times := map[string]int{}
	for _, s := range readAll(t, l, 0) {
		times[s]++
	}
	for s, ok := range kept {
		want := 0
		if ok {
			want = 1
		}
		require.Equal(t, want, times[s], s)
	}
}
