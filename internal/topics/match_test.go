package topics

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestSlotIsOneCacheLine(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(slot[audience[*int]]{}), uintptr(64))
}

// Each change is made to an index that has the topic in its cache, and must be seen by the next Match.
func TestCacheSeesChanges(t *testing.T) {
	tests := []struct {
		name, topic string
		lines       []string
		change      func(ix *Index[string])
		want        []string
	}{
		{"longer prefix", "AAPL", []string{"p: A"}, add("AA", "q"), []string{"p", "q"}},
		{"shorter prefix", "AAPL", []string{"p: AA"}, add("A", "q"), []string{"p", "q"}},
		{"first prefix of a topic nobody took", "AAPL", []string{"p: B"}, add("A", "q"), []string{"q"}},
		{"empty prefix", "AAPL", []string{"p: B"}, add("", "q"), []string{"q"}},
		{"one more on the prefix", "AAPL", []string{"p: A"}, add("A", "q"), []string{"p", "q"}},
		{"one more above it", "AAPL", []string{"p: A AA"}, add("A", "q"), []string{"p", "q"}},
		{"one off the prefix", "AAPL", []string{"p: A", "q: A"}, drop("A", "p"), []string{"q"}},
		{"longest prefix goes", "AAPL", []string{"p: A", "q: AA"}, drop("AA", "q"), []string{"p"}},
		{"last prefix goes", "AAPL", []string{"p: B", "q: AA"}, drop("AA", "q"), nil},
		{"peer goes", "AAPL", []string{"p: - A AA", "q: A"}, leave("p"), []string{"q"}},
		{"goes, a longer one comes, comes back", "AAPL", []string{"p: A AX AY"}, func(ix *Index[string]) {
			drop("A", "p")(ix)
			add("AAP", "q")(ix)
			add("A", "p")(ix)
		}, []string{"p", "q"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ix := subscribe(tt.lines...)
			ix.Match([]byte(tt.topic))
			ix.Match([]byte(tt.topic))
			tt.change(ix)
			for range 2 {
				require.ElementsMatch(t, tt.want, ix.Match([]byte(tt.topic)))
			}
		})
	}
}

func add(topic, p string) func(*Index[string]) {
	return func(ix *Index[string]) { ix.Add([]byte(topic), p) }
}

func drop(topic, p string) func(*Index[string]) {
	return func(ix *Index[string]) { ix.Remove([]byte(topic), p) }
}

func leave(p string) func(*Index[string]) {
	return func(ix *Index[string]) { ix.RemovePeer(p, nil) }
}

// A subscription drops the topics whose longest prefix it changes, and only those, from the cache.
func TestCacheKeepsUnrelatedTopics(t *testing.T) {
	ix := subscribe("p: A AAPL B")
	cached := func(topic string) bool {
		s := ix.cache.find([]byte(topic))
		return s.era == ix.cache.era && s.gen == s.node.value.gen
	}
	for _, topic := range []string{"AAPL.N", "AMZN", "BABA", "C"} {
		ix.Match([]byte(topic))
		require.True(t, cached(topic), topic)
	}
	ix.Add([]byte("AM"), "q")
	require.False(t, cached("AMZN"))
	ix.Add([]byte("A"), "q")
	ix.Remove([]byte("A"), "q")
	for _, topic := range []string{"AAPL.N", "BABA", "C"} {
		require.True(t, cached(topic), topic)
	}
}

func TestCacheIsBounded(t *testing.T) {
	ix := subscribe("p: A B")
	var topic []byte
	for i := range 3 * baseSlots {
		topic = fmt.Appendf(topic[:0], "A%d", i)
		require.Len(t, ix.Match(topic), 1)
		require.LessOrEqual(t, ix.cache.used, len(ix.cache.slots)/2)
	}
	require.Len(t, ix.cache.slots, baseSlots)
	eras := 1
	for slots := minSlots; slots < baseSlots; slots *= 2 {
		eras++
	}
	require.Greater(t, int(ix.cache.era), eras, "it was emptied when it could not grow")
}

func TestCacheSize(t *testing.T) {
	tests := []struct {
		name                 string
		slots, members, want int
	}{
		{"first", 0, 0, minSlots},
		{"first of a large index", 0, maxSlots, minSlots},
		{"doubles", minSlots, 1, 2 * minSlots},
		{"at the base", baseSlots, baseSlots / slotsPerPrefix, baseSlots},
		{"above the base", baseSlots, baseSlots/slotsPerPrefix + 1, 2 * baseSlots},
		{"at the most", maxSlots, maxSlots, maxSlots},
		{"prefixes went", maxSlots, 1, baseSlots},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, nextSize(tt.slots, tt.members)) })
	}
}

func TestCacheLeavesLongTopicsAlone(t *testing.T) {
	ix := subscribe("p: A B")
	ix.Match(make([]byte, cachedTopic+1))
	require.Nil(t, ix.cache.slots)
	ix.Match(make([]byte, cachedTopic))
	require.Equal(t, 1, ix.cache.used)
}

func TestEmptyPrefixAloneNeedsNoCache(t *testing.T) {
	ix := subscribe("p: -", "q: -")
	require.Equal(t, []string{"p", "q"}, ix.Match([]byte("A")))
	require.Nil(t, ix.cache.slots)
}

// Lists handed out stay as they are until the next change, even when those of other topics fill the memory again and
// again, which stays bounded.
func TestResultsAreBoundedAndStay(t *testing.T) {
	var ix Index[int]
	const peers, subscribed = 500, 3 * maxResults / 2 / 500
	for p := range peers {
		ix.Add(nil, p)
	}
	topic := func(i int) []byte { return fmt.Appendf(nil, "%06d", i) }
	for i := range subscribed {
		ix.Add(topic(i), i%peers)
	}
	lists := make([][]int, subscribed)
	for i := range lists {
		lists[i] = ix.Match(topic(i))
		require.LessOrEqual(t, cap(ix.results.peers), maxResults)
	}
	for i, list := range lists {
		require.Len(t, list, peers)
		require.Equal(t, i%peers, list[0])
		require.ElementsMatch(t, lists[0], list)
		require.Equal(t, list, ix.Match(topic(i)), "once more")
	}
}

func TestResultsMakeRoomForOneLongList(t *testing.T) {
	var ix Index[int]
	for p := range maxResults + 1 {
		ix.Add(nil, p)
	}
	require.Len(t, ix.Match([]byte("A")), maxResults+1)
}

// A pipe that is closed must not stay in memory because of a list that once named it.
func TestResultsForgetPeersThatLeft(t *testing.T) {
	var ix Index[*int]
	ix.Add([]byte("A"), new(int))
	p := new(int)
	ix.Add([]byte("A"), p)
	ix.Match([]byte("A"))
	ix.RemovePeer(p, nil)
	require.NotContains(t, ix.results.peers[:cap(ix.results.peers)], p)
}

func TestMatchResultCannotBeAppendedTo(t *testing.T) {
	ix := subscribe("p: A", "q: B")
	a, b := ix.Match([]byte("A")), ix.Match([]byte("B"))
	_ = append(a, "x")
	require.Equal(t, []string{"q"}, b)
}

func TestMatchDoesNotAllocate(t *testing.T) {
	ix, known := populate(1000)
	var s Set
	for _, topic := range known {
		s.Add(topic)
	}
	long := append(known[0][:len(known[0]):len(known[0])], make([]byte, 1<<16)...)
	i, fresh := 0, make([]byte, 0, 32)
	next := func() []byte {
		i++
		return fmt.Appendf(fresh[:0], "%s.%d", known[i%len(known)], uint32(i))
	}
	for range 2 * baseSlots {
		ix.Match(next()) // until the cache has its full size
	}
	tests := []struct {
		name string
		call func()
	}{
		{"index, same topic", func() { ix.Match(known[7]) }},
		{"index, known topics in turn", func() { i++; ix.Match(known[i%len(known)]) }},
		{"index, long topic", func() { ix.Match(long) }},
		{"index, new topics", func() {
			i++
			fresh = append(fresh[:0], known[i%len(known)]...)
			fresh = append(fresh, byte(i), byte(i>>8), byte(i>>16), byte(i>>24), '!')
			ix.Match(fresh)
		}},
		{"set, known topic", func() { s.Match(known[7]) }},
		{"set, long topic", func() { s.Match(long) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Zero(t, testing.AllocsPerRun(10_000, tt.call))
		})
	}
}
