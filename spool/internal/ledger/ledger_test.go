package ledger

import (
	"fmt"
	"maps"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

func TestMain(m *testing.M) { leak.Main(m) }

const dir = "/state"

func mustOpen(t require.TestingT, fsys *vfstest.FS) *Ledger {
	l, _, err := Open(Options{FS: fsys, Dir: dir, Disk: true})
	require.NoError(t, err)
	return l
}

// tell describes an account in full.
func tell(a *Account) string {
	floor, above := a.Position()
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	return fmt.Sprintf("%d %q floor %d above %d %v given %d counts %v",
		a.kind, a.name, floor, above, ranges(&a.done), a.given, a.counts)
}

func tellAll(l *Ledger) (all []string) {
	for _, kind := range []Kind{Consumer, Producer} {
		for _, a := range l.Accounts(kind) {
			all = append(all, tell(a))
		}
	}
	return all
}

func TestAccountsAreKept(t *testing.T) {
	fsys := vfstest.New()
	l := mustOpen(t, fsys)
	a, isNew := l.Account(Consumer, "a")
	require.True(t, isNew)
	same, isNew := l.Account(Consumer, "a")
	require.False(t, isNew)
	require.Same(t, a, same)
	p, isNew := l.Account(Producer, "a")
	require.True(t, isNew)
	gone, _ := l.Account(Consumer, "gone")
	gone.Done(Range{1, 5})
	require.NoError(t, l.Flush())
	l.CloseAccount(gone)
	l.CloseAccount(gone)
	gone.Done(Range{6, 7}) // has no effect

	a.Done(Range{1, 10})
	a.Done(Range{12, 20})
	a.Done(Range{5, 1})
	a.Given(11, 1, 1)
	a.Given(25, 3, 1)
	a.Given(26, 0, 1)
	p.Done(Range{1 << 40, 1<<40 + maxRange*2 + 5})
	require.Equal(t, uint64(1), a.Count(11, 1))
	require.Equal(t, uint64(0), a.Count(11, 0))
	require.Equal(t, uint64(3), a.Count(25, 1))
	require.Equal(t, uint64(0), a.Count(26, 1))
	require.Equal(t, uint64(0), a.Count(27, 1))
	require.True(t, a.Contains(15))
	require.Equal(t, uint64(26), a.Max())
	require.Equal(t, []Range{{12, 20}}, a.Ranges())
	want := tellAll(l)
	require.Len(t, want, 2)
	require.NoError(t, l.Close())

	l = mustOpen(t, fsys)
	require.Equal(t, want, tellAll(l))
	a, isNew = l.Account(Consumer, "a")
	require.False(t, isNew)
	a.Done(Range{11, 11})
	require.NoError(t, l.Commit())
	want = tellAll(l)
	fsys = fsys.Crash(nil)
	require.NoError(t, l.Close())
	l = mustOpen(t, fsys)
	defer l.Close()
	require.Equal(t, want, tellAll(l))
}

func TestSnapshotsKeepTheLogSmall(t *testing.T) {
	fsys := vfstest.New()
	l := mustOpen(t, fsys)
	a, _ := l.Account(Consumer, "a")
	b, _ := l.Account(Consumer, "b")
	b.Done(Range{100, 200})
	for n := uint64(2); n < 1_500_000; n += 2 {
		a.Done(Range{n, n})
		if n%1000 == 0 {
			require.NoError(t, l.Flush())
			a.Done(Range{1, n - 500})
			require.LessOrEqual(t, l.State().Segments, 3*maxSegments)
		}
	}
	want := tellAll(l)
	require.Greater(t, l.State().First, uint64(1))
	require.NoError(t, l.Close())
	l = mustOpen(t, fsys)
	defer l.Close()
	require.Equal(t, want, tellAll(l))
}

func TestChangesThatCouldNotBeWrittenAreNotLost(t *testing.T) {
	fsys := vfstest.New()
	full := vfstest.NewSwitch(syscall.ENOSPC, vfstest.Write, vfstest.Create)
	fsys.Fail = full.Fail
	full.Set(true)
	l := mustOpen(t, fsys)
	a, _ := l.Account(Consumer, "a")
	a.Done(Range{3, 5})
	require.ErrorIs(t, l.Commit(), syscall.ENOSPC)
	a.Done(Range{8, 9})
	full.Set(false)
	require.NoError(t, l.Commit())
	want := tellAll(l)
	fsys = fsys.Crash(nil)
	require.NoError(t, l.Close())
	l = mustOpen(t, fsys)
	defer l.Close()
	require.Equal(t, want, tellAll(l))
}

// TestEveryCrashKeepsWhatWasCommitted makes changes at random, commits and crashes.
func TestEveryCrashKeepsWhatWasCommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fsys := vfstest.New()
		l := mustOpen(t, fsys)
		committed := map[string]map[uint64]bool{}
		pending := map[string]map[uint64]bool{}
		names := rapid.SampledFrom([]string{"a", "b", "c"})
		t.Repeat(map[string]func(*rapid.T){
			"done": func(t *rapid.T) {
				name := names.Draw(t, "name")
				r := Range{First: rapid.Uint64Range(1, 100).Draw(t, "first")}
				r.Last = r.First + rapid.Uint64Range(0, 20).Draw(t, "length")
				a, _ := l.Account(Consumer, name)
				a.Done(r)
				if pending[name] == nil {
					pending[name] = map[uint64]bool{}
				}
				for n := r.First; n <= r.Last; n++ {
					pending[name][n] = true
				}
			},
			"commit": func(t *rapid.T) {
				require.NoError(t, l.Commit())
				committed = map[string]map[uint64]bool{}
				for name, set := range pending {
					committed[name] = maps.Clone(set)
				}
			},
			"flush": func(t *rapid.T) { require.NoError(t, l.Flush()) },
			"crash": func(t *rapid.T) {
				after := fsys.Crash(nil)
				require.NoError(t, l.Close())
				fsys = after
				l = mustOpen(t, fsys)
				pending = map[string]map[uint64]bool{}
				for name, set := range committed {
					pending[name] = maps.Clone(set)
				}
			},
			"": func(t *rapid.T) {
				for name, set := range committed {
					a, _ := l.Account(Consumer, name)
					for n := range set {
						require.True(t, a.Contains(n), "%s %d", name, n)
					}
				}
				for name, set := range pending {
					a, _ := l.Account(Consumer, name)
					floor, above := a.Position()
					require.Equal(t, len(set), int(floor)+above, name)
				}
			},
		})
		require.NoError(t, l.Close())
	})
}

func FuzzReplay(f *testing.F) {
	l := &Ledger{accounts: map[key]*Account{}, byID: map[uint64]*Account{}}
	a, _ := l.Account(Consumer, "a")
	a.Done(Range{3, 5})
	a.Given(9, 2, 1)
	f.Add(l.snapshot())
	f.Add(l.changes())
	f.Add([]byte{changes, opDone, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := &Ledger{accounts: map[key]*Account{}, byID: map[uint64]*Account{}}
		if l.Replay(&format.Record{Message: ringmq.NewMessage(b)}) != nil || l.unknown > 0 {
			return
		}
		again := &Ledger{accounts: map[key]*Account{}, byID: map[uint64]*Account{}}
		require.NoError(t, again.Replay(&format.Record{Message: ringmq.NewMessage(l.snapshot())}))
		require.Equal(t, tellAll(l), tellAll(again))
	})
}
