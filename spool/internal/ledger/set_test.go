package ledger

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is a set as anybody would write it.
type model map[uint64]bool

func (m model) floor() uint64 {
	var n uint64
	for m[n+1] {
		n++
	}
	return n
}

func (m model) ranges() (all []Range) {
	floor := m.floor()
	var above []uint64
	for n := range m {
		if n > floor {
			above = append(above, n)
		}
	}
	slices.Sort(above)
	for _, n := range above {
		if last := len(all) - 1; last >= 0 && all[last].Last+1 == n {
			all[last].Last = n
		} else {
			all = append(all, Range{n, n})
		}
	}
	return all
}

func ranges(s *Set) (all []Range) {
	s.Ranges(func(r Range) { all = append(all, r) })
	return all
}

func requireSame(t require.TestingT, m model, s *Set) {
	require.Equal(t, m.floor(), s.Floor())
	require.Equal(t, m.ranges(), ranges(s))
	require.Equal(t, len(m)-int(m.floor()), s.Above())
	highest := m.floor()
	for n := range m {
		highest = max(highest, n)
		require.True(t, s.Contains(n))
		require.Equal(t, m[n+1], s.Contains(n+1))
		require.Equal(t, m[n+1], s.NextMissing(n+1) != n+1)
	}
	require.Equal(t, highest, s.Max())
	for _, r := range m.ranges() {
		require.Equal(t, r.Last+1, s.NextMissing(r.First))
	}
	require.Equal(t, m.floor()+1, s.NextMissing(0))
}

func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := model{}, Set{}
		sequence := rapid.Uint64Range(1, 2*pageBits+100)
		near, length := rapid.Uint64Range(1, 200), rapid.Uint64Range(0, 300)
		t.Repeat(map[string]func(*rapid.T){
			"one": func(t *rapid.T) {
				n := sequence.Draw(t, "sequence")
				m[n] = true
				s.Add(Range{n, n})
			},
			"near": func(t *rapid.T) {
				n := near.Draw(t, "sequence")
				m[n] = true
				s.Add(Range{n, n})
			},
			"range": func(t *rapid.T) {
				r := Range{First: sequence.Draw(t, "first")}
				r.Last = r.First + length.Draw(t, "length") - 1
				for n := r.First; n <= r.Last; n++ {
					m[n] = true
				}
				s.Add(r)
			},
			"all below": func(t *rapid.T) {
				r := Range{1, m.floor() + length.Draw(t, "length")}
				for n := r.First; n <= r.Last; n++ {
					m[n] = true
				}
				s.Add(r)
			},
			"": func(t *rapid.T) { requireSame(t, m, &s) },
		})
	})
}

func TestForget(t *testing.T) {
	var s Set
	s.Add(Range{1, 10})
	s.Add(Range{20, 30})
	s.Add(Range{3 * pageBits, 3*pageBits + 5})
	s.Forget(2 * pageBits)
	require.Equal(t, uint64(10), s.Floor())
	require.Equal(t, []Range{{3 * pageBits, 3*pageBits + 5}}, ranges(&s))
	require.Equal(t, 6, s.Above())
	require.False(t, s.Contains(25))
}

func BenchmarkSetInOrder(b *testing.B) {
	var s Set
	b.ReportAllocs()
	for i := range b.N {
		n := uint64(i + 1)
		s.Add(Range{n, n})
	}
}

func BenchmarkSetOutOfOrder(b *testing.B) {
	var s Set
	b.ReportAllocs()
	for i := range b.N {
		n := uint64(i/1000*1000 + 999 - i%1000 + 1)
		s.Add(Range{n, n})
	}
}
