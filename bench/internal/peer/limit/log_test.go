package limit

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

// feedsOf make so many messages each.
func feedsOf(counts ...int) []*peer.Feed {
	var feeds []*peer.Feed
	for _, n := range counts {
		feeds = append(feeds, peer.NewFeed(proto.Case{Size: 16, Count: n}))
	}
	return feeds
}

// TestGroups: the messages are spread over as many groups as there are to be, and all senders come in turn.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		name                   string
		count, groups, senders int
		syncs                  uint64
	}{
		{"all senders at once", 40, 0, 4, 10},
		{"one sender", 5, 0, 1, 5},
		{"as given", 40, 7, 4, 7},
		{"no whole number in a group", 40, 39, 4, 39},
		{"more than there are messages", 4, 9, 2, 4},
	} {
		opened, err := Library{}.OpenLog(proto.Case{
			Sync: proto.SyncGroup, Size: 16, Record: 24, Count: c.count, Groups: c.groups, Senders: c.senders, Dir: t.TempDir(),
		})
		require.NoError(t, err)
		l := opened.(*log)
		t.Cleanup(func() { require.NoError(t, l.file.Close()) })
		counts := make([]int, c.senders)
		for i := range counts {
			counts[i] = c.count / c.senders
		}
		require.NoError(t, l.Append(feedsOf(counts...)))
		require.Equal(t, peer.Holding{
			Messages: uint64(c.count), Bytes: uint64(24 * c.count), Syncs: c.syncs,
		}, l.Holds(), c.name)
	}
}

func TestReplay(t *testing.T) {
	opened, err := Library{}.OpenLog(proto.Case{
		Sync: proto.SyncGroup, Size: 16, Record: 20, Count: 6, Groups: 2, Dir: t.TempDir(),
	})
	require.NoError(t, err)
	l := opened.(*log)
	t.Cleanup(func() { require.NoError(t, l.file.Close()) })
	require.NoError(t, l.Append(feedsOf(3, 1)))
	require.NoError(t, l.Append(feedsOf(2)))
	var numbers []byte
	require.NoError(t, l.Replay(1, func(b []byte) error {
		require.Len(t, b, 16)
		numbers = append(numbers, b[8])
		return nil
	}))
	require.Equal(t, []byte{0, 1, 2, 0, 1}, numbers)
	require.ErrorIs(t, l.Replay(0, func([]byte) error { return peer.ErrMessage }), peer.ErrMessage)
}

func TestPoliciesThatTheLimitIsNotFor(t *testing.T) {
	for _, c := range []proto.Case{{Sync: proto.SyncWritten}, {Sync: proto.SyncGroup, Backlog: 1, Pattern: proto.Append}} {
		_, err := Library{}.OpenLog(c)
		require.ErrorIs(t, err, peer.ErrUnsupported)
	}
}
