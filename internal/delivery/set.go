package delivery

import (
	"cmp"
	"slices"
)

// Range is a range of numbers, both ends in it.
type Range struct{ First, Last uint64 }

// ranges are in order, and neither meet nor touch.
type ranges []Range

// find returns the place of the first range that does not end before n, and whether n is in it.
func (rs ranges) find(n uint64) (int, bool) {
	if k := len(rs); k > 0 && n > rs[k-1].Last {
		return k, false // the most frequent by far
	}
	i, _ := slices.BinarySearchFunc(rs, n, func(r Range, n uint64) int { return cmp.Compare(r.Last, n) })
	return i, i < len(rs) && rs[i].First <= n
}

// add adds n, and reports whether it was not there.
func (rs *ranges) add(n uint64) bool {
	s := *rs
	i, found := s.find(n)
	if found {
		return false
	}
	left := i > 0 && s[i-1].Last+1 == n
	right := i < len(s) && s[i].First == n+1
	switch {
	case left && right:
		s[i-1].Last = s[i].Last
		s = slices.Delete(s, i, i+1)
	case left:
		s[i-1].Last = n
	case right:
		s[i].First = n
	default:
		s = slices.Insert(s, i, Range{n, n})
	}
	*rs = s
	return true
}

// cut takes everything up to n out.
func (rs *ranges) cut(n uint64) {
	s := *rs
	i, found := s.find(n)
	if found && s[i].Last == n {
		i++
	} else if found {
		s[i].First = n + 1
	}
	*rs = slices.Delete(s, 0, i)
}

// Set is a set of numbers from 1 on that becomes complete from below: it takes space only for what is beyond the first
// hole.
type Set struct {
	floor uint64
	above ranges
}

// Floor is the number up to which all are in the set.
func (s *Set) Floor() uint64 { return s.floor }

// Holes reports whether there are numbers in the set beyond the first that is not.
func (s *Set) Holes() bool { return len(s.above) > 0 }

// Contains reports whether n is in the set.
func (s *Set) Contains(n uint64) bool {
	if n <= s.floor {
		return true
	}
	_, found := s.above.find(n)
	return found
}

// Add adds n, and reports whether it was not in the set.
func (s *Set) Add(n uint64) bool {
	if n <= s.floor || !s.above.add(n) {
		return false
	}
	if s.above[0].First == s.floor+1 {
		s.floor = s.above[0].Last
		s.above = slices.Delete(s.above, 0, 1)
	}
	return true
}

// Raise adds everything up to n.
func (s *Set) Raise(n uint64) {
	if n <= s.floor {
		return
	}
	s.floor = n
	s.above.cut(n)
	if len(s.above) > 0 && s.above[0].First == n+1 {
		s.floor = s.above[0].Last
		s.above = slices.Delete(s.above, 0, 1)
	}
}
