package peer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// slab keeps messages in memory.
type slab struct {
	nothing
	mu       sync.Mutex
	messages [][]byte
	lose     bool // the last one
}

func (s *slab) OpenLog(proto.Case) (Log, error) { return s, nil }

func (s *slab) Append(feeds []*Feed) error {
	return Concurrently(feeds, func(b []byte) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages = append(s.messages, bytes.Clone(b))
		return nil
	})
}

func (s *slab) Holds() Holding {
	n := uint64(len(s.messages))
	return Holding{Messages: n, Bytes: 100 * n, Syncs: n / 2}
}

func (s *slab) Replay(skip uint64, take func([]byte) error) error {
	if s.lose {
		s.messages = s.messages[:len(s.messages)-1]
	}
	for _, m := range s.messages[skip:] {
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

// told is a process that has been told to go.
func told(t *testing.T, lib Library, args string) (*process, *bytes.Buffer) {
	c, err := proto.ParseCase(strings.Fields("transport=disk sync=group size=64 " + args))
	require.NoError(t, err)
	out := new(bytes.Buffer)
	con := &console{out: out, started: make(chan struct{})}
	close(con.started)
	return &process{Case: c, lib: lib, con: con}, out
}

func TestAppend(t *testing.T) {
	lib := new(slab)
	samples := filepath.Join(t.TempDir(), "samples")
	p, out := told(t, lib, "pattern=append count=100 warmup=10 senders=7 backlog=20 samples="+samples)
	_, err := p.onDisk()
	require.ErrorIs(t, err, errBacklog)

	_, err = p.build()
	require.NoError(t, err)
	require.Equal(t, "ready\n", out.String())
	require.Len(t, lib.messages, 20)

	out.Reset()
	figures, err := p.onDisk()
	require.NoError(t, err)
	require.Equal(t, "ready\nsent\n", out.String())
	require.Len(t, lib.messages, 130)
	require.EqualValues(t, 100, figures[proto.Received])
	require.EqualValues(t, 50, figures[proto.Syncs])
	require.EqualValues(t, 10_000, figures[proto.LogBytes])
	require.Positive(t, figures[proto.Nanos])
	b, err := os.ReadFile(samples)
	require.NoError(t, err)
	require.Len(t, b, 8*100, "those of the warm-up do not count")
}

func TestRecover(t *testing.T) {
	lib := new(slab)
	p, out := told(t, lib, "pattern=recover count=30 dir="+t.TempDir())
	_, err := p.build()
	require.NoError(t, err)
	out.Reset()
	figures, err := p.onDisk()
	require.NoError(t, err)
	require.Equal(t, "ready\nsent\n", out.String())
	require.EqualValues(t, 30, figures[proto.Received])
}

// TestLossIsFound: what was acknowledged and is not in the log fails the run.
func TestLossIsFound(t *testing.T) {
	for _, args := range []string{"pattern=append count=30 senders=3", "pattern=recover count=30 dir=" + t.TempDir()} {
		p, _ := told(t, &slab{lose: true}, args)
		_, err := p.build()
		require.NoError(t, err)
		_, err = p.onDisk()
		require.ErrorIs(t, err, ErrMessage, args)
	}
}

func TestNoKeeper(t *testing.T) {
	p, _ := told(t, nothing{}, "pattern=append count=30")
	_, err := p.onDisk()
	require.ErrorIs(t, err, ErrUnsupported)
	_, err = p.build()
	require.ErrorIs(t, err, ErrUnsupported)
}

// fed are the messages of some senders, one of each in turn.
func fed(feeds []*Feed) [][]byte {
	var all [][]byte
	for i := 0; ; i++ {
		b := feeds[i%len(feeds)].Next()
		if b == nil {
			return all
		}
		all = append(all, bytes.Clone(b))
	}
}

func TestAuditor(t *testing.T) {
	feeds := newFeeds(40, 3)
	extend(feeds, 9)
	all := fed(feeds)
	require.Len(t, all, 9)
	check := func(messages [][]byte) error {
		a := newAuditor(40, feeds)
		for _, m := range messages {
			if err := a.take(m); err != nil {
				return err
			}
		}
		return a.end()
	}
	swapped := func(i, j int) [][]byte {
		messages := slices.Clone(all)
		messages[i], messages[j] = messages[j], messages[i]
		return messages
	}
	require.NoError(t, check(all))
	require.NoError(t, check(swapped(3, 4)), "senders have no order among them")
	require.ErrorIs(t, check(swapped(0, 3)), ErrMessage, "a sender has")
	require.ErrorIs(t, check(all[:8]), ErrMessage, "the last is missing")
	require.ErrorIs(t, check(all[1:]), ErrMessage, "the first is missing")
	require.ErrorIs(t, check(append(slices.Clone(all), all[8])), ErrMessage, "one is there twice")
	for i := range all[4] {
		messages := slices.Clone(all)
		messages[4] = bytes.Clone(all[4])
		messages[4][i] ^= 0x10
		require.ErrorIs(t, check(messages), ErrMessage, "byte %d is another", i)
	}
	require.ErrorIs(t, check([][]byte{all[0][:39]}), ErrMessage)
}

func TestExtend(t *testing.T) {
	feeds := newFeeds(16, 3)
	for _, c := range []struct {
		n    int
		want []uint64
	}{{1, []uint64{0, 0, 1}}, {5, []uint64{1, 2, 3}}, {3, []uint64{2, 3, 4}}} {
		extend(feeds, c.n)
		var ends []uint64
		for _, f := range feeds {
			ends = append(ends, f.end)
		}
		require.Equal(t, c.want, ends)
	}
	require.Len(t, newFeeds(16, 0), 1)
}

func TestConcurrently(t *testing.T) {
	broken := errors.New("broken")
	feeds := newFeeds(16, 4)
	extend(feeds, 40)
	err := Concurrently(feeds, func(b []byte) error {
		if le.Uint64(b[topicAt:]) == topicWord(2) {
			return broken
		}
		return nil
	})
	require.ErrorIs(t, err, broken)
	for i, f := range feeds {
		want := uint64(10)
		if i == 2 {
			want = 1
		}
		require.Equal(t, want, f.next, "sender %d", i)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700))
	name := filepath.Join(dir, "a", "b", "file")
	require.NoError(t, os.WriteFile(name, []byte("still here"), 0o600))
	require.NoError(t, forget(dir))
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "still here", string(b))
	require.ErrorIs(t, forget(filepath.Join(dir, "nothing")), os.ErrNotExist)
}

func TestWriteCalls(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer f.Close()
	before := WriteCalls()
	if before == 0 {
		if _, err := os.ReadFile("/proc/self/io"); err != nil {
			t.Skip("the system does not count them")
		}
	}
	for range 20 {
		_, err := f.Write([]byte("x"))
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, WriteCalls()-before, uint64(20))
}
