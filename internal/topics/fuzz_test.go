package topics

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// script decodes fuzz bytes into operations: one byte that says which, and for which peer, then a topic.
type script struct{ in []byte }

func (s *script) byte() byte {
	if len(s.in) == 0 {
		return 0
	}
	b := s.in[0]
	s.in = s.in[1:]
	return b
}

// topic decodes up to 7 runs over a small alphabet, so that prefixes meet; some runs cross a cell, or the limit of the
// cache.
func (s *script) topic() []byte {
	var topic []byte
	for range s.byte() % 8 {
		b := s.byte()
		run := []int{1, 1, 1, 2, 3, cachedTopic - 1, cell - 1, cell}[b>>5]
		topic = append(topic, bytes.Repeat([]byte{"ab\x00\xff"[b%4]}, run)...)
	}
	return topic
}

var seeds = []string{
	"",
	"\x00\x01\x00\x01\x02\x00\x01\x10\x02\x00\x00\x02\x01\x00",
	"\x00\x00\x10\x01\x01\x03\x00\x20\x02\x01\x01\x01\x03\x00\x01\x01\x01",
	"\x00\x02\xc0\x01\x10\x02\xc0\x00\x20\x01\xe0\x01\x02\xc0\x01\x02\x01\xe0\x03",
	"\x00\x07abcdefg\x10\x06abcdef\x20\x05abcde\x02\x06abcdef\x03\x00",
}

// indexModel is an Index as plainly as it can be written.
type indexModel map[byte]map[string]bool

func (m indexModel) count(topic string) (n int) {
	for _, has := range m {
		if has[topic] {
			n++
		}
	}
	return n
}

func (m indexModel) add(topic string, p byte) (first, added bool) {
	if m[p][topic] {
		return false, false
	}
	if m[p] == nil {
		m[p] = map[string]bool{}
	}
	first = m.count(topic) == 0
	m[p][topic] = true
	return first, true
}

func (m indexModel) remove(topic string, p byte) (last, removed bool) {
	if !m[p][topic] {
		return false, false
	}
	delete(m[p], topic)
	return m.count(topic) == 0, true
}

func (m indexModel) removePeer(p byte) (gone []string) {
	for topic := range m[p] {
		if m.count(topic) == 1 {
			gone = append(gone, topic)
		}
	}
	delete(m, p)
	slices.Sort(gone)
	return gone
}

func (m indexModel) match(topic string) []byte {
	who := []byte{}
	for p, has := range m {
		for prefix := range has {
			if strings.HasPrefix(topic, prefix) {
				who = append(who, p)
				break
			}
		}
	}
	slices.Sort(who)
	return who
}

func (m indexModel) topics() map[string]int {
	all := map[string]int{}
	for _, has := range m {
		for topic := range has {
			all[topic]++
		}
	}
	return all
}

// FuzzIndex runs operations on an Index and on the model. After each, topics that were matched before are matched
// again, so that what the index remembers is tried against every kind of change.
func FuzzIndex(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var ix Index[byte]
		m, s := indexModel{}, &script{in[:min(len(in), 512)]}
		var probes [][]byte
		for len(s.in) > 0 {
			topic := stepIndex(t, &ix, m, s)
			if len(probes) < 16 {
				probes = append(probes, topic, append(slices.Clip(topic), 'a'))
			}
			for _, topic := range probes {
				matchesModel(t, &ix, m, topic)
			}
		}
		checkIndex(t, &ix, m)
	})
}

func stepIndex(t *testing.T, ix *Index[byte], m indexModel, s *script) []byte {
	op := s.byte()
	p, topic := op>>4, s.topic()
	switch op % 4 {
	case 0, 1:
		first, added := ix.Add(topic, p)
		wantFirst, wantAdded := m.add(string(topic), p)
		require.Equal(t, []bool{wantFirst, wantAdded}, []bool{first, added}, "add %q %d", topic, p)
	case 2:
		last, removed := ix.Remove(topic, p)
		wantLast, wantRemoved := m.remove(string(topic), p)
		require.Equal(t, []bool{wantLast, wantRemoved}, []bool{last, removed}, "remove %q %d", topic, p)
	case 3:
		var gone []string
		ix.RemovePeer(p, func(topic []byte) { gone = append(gone, string(topic)) })
		require.Equal(t, m.removePeer(p), gone, "remove peer %d", p)
	}
	return topic
}

func matchesModel(t *testing.T, ix *Index[byte], m indexModel, topic []byte) {
	got := ix.Match(topic)
	require.Equal(t, got, ix.Match(topic), "order of %q", topic)
	got = append([]byte{}, got...)
	slices.Sort(got)
	require.Equal(t, m.match(string(topic)), got, "match %q", topic)
}

func checkIndex(t *testing.T, ix *Index[byte], m indexModel) {
	want, got := m.topics(), map[string]int{}
	ix.All(func(topic []byte, peers int) { got[string(topic)] = peers })
	require.Equal(t, want, got)
	checkTree(t, &ix.tree, slices.Collect(maps.Keys(want)))
	for p, who := range ix.peers {
		require.Len(t, who.at, len(m[p]))
		for n, i := range who.at {
			require.Same(t, who, n.value.peers[i])
		}
	}
}

// FuzzSet runs operations on a Set and on a map of counts.
func FuzzSet(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var set Set
		m, s := map[string]int{}, &script{in[:min(len(in), 512)]}
		for len(s.in) > 0 {
			op, topic := s.byte(), s.topic()
			if op%2 == 0 {
				require.Equal(t, m[string(topic)] == 0, set.Add(topic))
				m[string(topic)]++
			} else {
				last, known := set.Remove(topic)
				require.Equal(t, m[string(topic)] == 1, last)
				require.Equal(t, m[string(topic)] > 0, known)
				if m[string(topic)]--; m[string(topic)] <= 0 {
					delete(m, string(topic))
				}
			}
			for _, probe := range [][]byte{topic, append(slices.Clip(topic), 'a'), topic[:len(topic)/2]} {
				require.Equal(t, takes(m, string(probe)), set.Match(probe), "match %q", probe)
			}
			require.Equal(t, len(m), set.Len())
		}
		checkTree(t, &set.tree, slices.Collect(maps.Keys(m)))
	})
}

func takes(m map[string]int, topic string) bool {
	for prefix := range m {
		if strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}
