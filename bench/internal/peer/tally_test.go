package peer

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// messages are all that the case's feed makes.
func messages(c proto.Case) [][]byte {
	var all [][]byte
	f := NewFeed(c)
	for b := f.Next(); b != nil; b = f.Next() {
		all = append(all, bytes.Clone(b))
	}
	return all
}

func TestFeed(t *testing.T) {
	f := NewFeed(proto.Case{Size: 20, Count: 4, Warmup: 1, Symbols: 2, PerSub: 1})
	for k, topic := range []string{"S0000000", "S0000001", "S0000000", "S0000001", "S0000000"} {
		b := f.Next()
		require.Equal(t, topic, string(b[:8]))
		require.Equal(t, topic, f.Topic())
		require.EqualValues(t, k, le.Uint64(b[8:]))
		require.Equal(t, fill(20, false)[16:], b[16:])
	}
	require.Nil(t, f.Next())
	require.Nil(t, f.Next())
	one := NewFeed(proto.Case{Size: 16, Count: 1})
	require.Equal(t, "S0000000", string(one.Next()[:8]))
	require.Equal(t, NoTopic, one.Topic())
}

func TestSyncFeed(t *testing.T) {
	f := newSync(proto.Case{Size: 16, Count: 1, Subs: 3, Symbols: 4, PerSub: 2})
	for range 2 {
		var topics []string
		for b := f.again().Next(); b != nil; b = f.Next() {
			require.EqualValues(t, uint64(syncSequence), le.Uint64(b[8:]))
			topics = append(topics, string(b[:8]))
			require.Equal(t, topics[len(topics)-1], f.Topic())
		}
		require.Equal(t, []string{"S0000001", "S0000003"}, topics, "the last ones of subscribers 0 and 2, and of 1")
	}
}

// TestTallyTakesWhatIsItsOwn: a tally that is given its share of what a feed makes is content at the end, and not before.
func TestTallyTakesWhatIsItsOwn(t *testing.T) {
	for _, c := range []proto.Case{
		{Pattern: proto.PushPull, Size: 16, Count: 1},
		{Pattern: proto.PushPull, Size: 77, Count: 50, Warmup: 7},
		{Pattern: proto.PubSub, NoDrop: true, Size: 64, Count: 50, Warmup: 7, Subs: 3},
		{Pattern: proto.PubSub, NoDrop: true, Size: 64, Count: 55, Warmup: 7, Subs: 4, Symbols: 10, PerSub: 3},
		{Pattern: proto.PubSub, Size: 64, Count: 55, Warmup: 7, Subs: 4, Symbols: 10, PerSub: 4},
		{Pattern: proto.PubSub, NoDrop: true, Size: 24, Count: 10, Warmup: 3, Rate: 1_000_000},
	} {
		g := newGroup(c)
		total := 0
		for j, tally := range g.tallies {
			mine := mySymbols(c, j)
			wants := func(b []byte) bool {
				for _, symbol := range mine {
					if bytes.HasPrefix(b, []byte(Topic(symbol))) {
						return true
					}
				}
				return false
			}
			more := true
			for _, b := range messages(c) {
				if wants(b) {
					require.True(t, more)
					more = tally.Take(b)
					require.NoError(t, tally.Err())
				}
			}
			require.False(t, more)
			total += int(tally.timed)
		}
		require.Equal(t, c.Deliveries(), total)
		require.EqualValues(t, total, g.figures()[proto.Received])
	}
}

func TestTallyRefuses(t *testing.T) {
	lossless := proto.Case{Pattern: proto.PushPull, Size: 40, Count: 9}
	all := messages(lossless)
	flipped := func(at int) []byte {
		b := bytes.Clone(all[1])
		b[at] ^= 0x10
		return b
	}
	tests := map[string][]byte{
		"the one before": all[0],
		"one after":      all[2],
		"a short one":    all[1][:39],
		"a long one":     append(bytes.Clone(all[1]), 0),
		"nothing":        nil,
	}
	for i := range all[1] {
		tests["a changed byte, "+string(rune('0'+i))] = flipped(i)
	}
	for name, b := range tests {
		tally := newGroup(lossless).tallies[0]
		require.True(t, tally.Take(all[0]))
		require.False(t, tally.Take(b), name)
		require.ErrorIs(t, tally.Err(), ErrMessage, name)
	}
}

func TestTallyWithGaps(t *testing.T) {
	c := proto.Case{Pattern: proto.PubSub, Size: 16, Count: 40, Symbols: 10, PerSub: 2}
	all := messages(c)
	for _, b := range []struct {
		name string
		next int
		ok   bool
	}{
		{"due", 10, true},
		{"its other symbol", 11, true},
		{"later", 31, true},
		{"earlier", 0, false},
		{"not its own", 12, false},
	} {
		tally := newGroup(c).tallies[0]
		require.True(t, tally.Take(all[1]), "the very first may be lost")
		if b.ok {
			tally.Take(all[b.next])
			require.NoError(t, tally.Err(), b.name)
			require.EqualValues(t, 2, tally.timed, b.name)
		} else {
			require.False(t, tally.Take(all[b.next]), b.name)
			require.ErrorIs(t, tally.Err(), ErrMessage, b.name)
		}
	}
}

func TestTallySync(t *testing.T) {
	c := proto.Case{Pattern: proto.PubSub, Size: 16, Count: 9, Subs: 1, Symbols: 4, PerSub: 2}
	g := newGroup(c)
	tally := g.tallies[0]
	sync := func(symbol int) []byte {
		b := fill(16, false)
		le.PutUint64(b, topicWord(symbol))
		le.PutUint64(b[8:], syncSequence)
		return b
	}
	require.True(t, tally.Take(sync(0)))
	require.False(t, tally.synced, "not the one that it subscribed to last")
	for range 3 {
		require.True(t, tally.Take(sync(1)))
	}
	require.True(t, tally.synced)
	g.ready.Wait()
	require.True(t, tally.Take(messages(c)[0]))
	require.EqualValues(t, 1, tally.timed)
}

// TestResume: a receiver goes on as long as something has come since it was interrupted the last time.
func TestResume(t *testing.T) {
	c := proto.Case{Pattern: proto.PubSub, Size: 16, Count: 9}
	g := newGroup(c)
	tally := g.tallies[0]
	all := messages(c)
	interrupted := func() error {
		g.watch.interrupt()
		require.Error(t, tally.Context().Err())
		return context.Canceled
	}
	require.True(t, tally.Resume(interrupted()), "the first interruption only looks")
	require.NoError(t, tally.Context().Err())
	tally.Take(all[0])
	require.True(t, tally.Resume(interrupted()))
	require.False(t, tally.Resume(interrupted()))
	require.NoError(t, tally.Err(), "the rest is lost")

	broken := errors.New("broken")
	require.False(t, tally.Resume(broken))
	require.ErrorIs(t, tally.Err(), broken)

	lossless := newGroup(proto.Case{Pattern: proto.PushPull, Size: 16, Count: 9}).tallies[0]
	require.False(t, lossless.Resume(context.Canceled))
	require.ErrorIs(t, lossless.Err(), context.Canceled)
}

// TestTimesOfAGroup: from the first message of any tally to the last of any.
func TestTimesOfAGroup(t *testing.T) {
	g := newGroup(proto.Case{Pattern: proto.PubSub, NoDrop: true, Size: 16, Count: 9, Subs: 3})
	for i, tally := range g.tallies[:2] {
		tally.timed, tally.begun, tally.ended = 5, int64(100-10*i), int64(300-50*i)
	}
	f := g.figures()
	require.EqualValues(t, 210, f[proto.Nanos])
	require.EqualValues(t, 10, f[proto.Received])
	require.Zero(t, newGroup(proto.Case{Pattern: proto.PushPull, Size: 16, Count: 9}).figures()[proto.Nanos])
}
