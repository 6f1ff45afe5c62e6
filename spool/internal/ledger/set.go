package ledger

import (
	"maps"
	"math/bits"
	"slices"
)

// Range is a range of sequences, both ends included.
type Range struct{ First, Last uint64 }

const (
	pageBits  = 1 << 12 // sequences in a page
	pageWords = pageBits / 64
)

type page [pageWords]uint64

// Set is a set of sequences, from 1 on: all up to its floor, and pages of bits above. The zero Set is empty. It has no
// locks.
type Set struct {
	floor uint64
	pages map[uint64]*page // by sequence / pageBits; no page is wholly at or below the floor
	above int              // bits set above the floor
}

// Floor is the highest sequence that is in the set with all below it.
func (s *Set) Floor() uint64 { return s.floor }

// Above is how many sequences above the floor are in the set.
func (s *Set) Above() int { return s.above }

// Contains reports whether the sequence is in the set.
func (s *Set) Contains(sequence uint64) bool {
	if sequence <= s.floor {
		return true
	}
	p := s.pages[sequence/pageBits]
	return p != nil && p[sequence%pageBits/64]&(1<<(sequence%64)) != 0
}

// NextMissing is the first sequence from the given one on that is not in the set.
func (s *Set) NextMissing(from uint64) uint64 {
	at := max(from, s.floor+1)
	for {
		p := s.pages[at/pageBits]
		if p == nil {
			return at
		}
		ones := uint64(bits.TrailingZeros64(^(p[at%pageBits/64] >> (at % 64))))
		if at%64+ones < 64 {
			return at + ones
		}
		at = at&^63 + 64
	}
}

// Add adds a range. An empty one, whose first is above its last, adds nothing.
func (s *Set) Add(r Range) {
	if r.Last <= s.floor || r.First > r.Last {
		return
	}
	if r.First <= s.floor+1 {
		s.raise(r.Last)
		return
	}
	for at := r.First; ; {
		end := min(at|63, r.Last)
		s.mask(at, ^uint64(0)>>(63-(end-at))<<(at%64))
		if end == r.Last {
			return
		}
		at = end + 1
	}
}

// mask adds the sequences that the bits stand for, in the word that at is in.
func (s *Set) mask(at, bitmask uint64) {
	if s.pages == nil {
		s.pages = map[uint64]*page{}
	}
	p := s.pages[at/pageBits]
	if p == nil {
		p = new(page)
		s.pages[at/pageBits] = p
	}
	word := &p[at%pageBits/64]
	s.above += bits.OnesCount64(bitmask &^ *word)
	*word |= bitmask
}

// raise lifts the floor to the sequence, and on over what follows without a gap.
func (s *Set) raise(to uint64) {
	from := s.floor / pageBits
	s.floor = to
	if len(s.pages) == 0 {
		return
	}
	if to/pageBits > from {
		s.drop(to / pageBits)
	}
	s.clearTo(to)
	for next := to + 1; s.Contains(next); next++ {
		s.floor = next
		if next%pageBits == pageBits-1 {
			s.drop(next/pageBits + 1)
		}
	}
	s.clearTo(s.floor)
}

// drop forgets the pages before the given one.
func (s *Set) drop(before uint64) {
	for n, p := range s.pages {
		if n < before {
			for _, w := range p {
				s.above -= bits.OnesCount64(w)
			}
			delete(s.pages, n)
		}
	}
}

// clearTo takes the bits up to a sequence out of its page.
func (s *Set) clearTo(sequence uint64) {
	p := s.pages[sequence/pageBits]
	if p == nil {
		return
	}
	i := sequence % pageBits / 64
	for j := range p[:i] {
		s.above -= bits.OnesCount64(p[j])
		p[j] = 0
	}
	mask := ^uint64(0) >> (63 - sequence%64)
	s.above -= bits.OnesCount64(p[i] & mask)
	p[i] &^= mask
	if sequence%pageBits == pageBits-1 {
		delete(s.pages, sequence/pageBits)
	}
}

// Forget drops what is above the floor and below the given sequence, in whole pages: about it the set no longer knows.
func (s *Set) Forget(below uint64) { s.drop(below / pageBits) }

// Max is the highest sequence in the set.
func (s *Set) Max() uint64 {
	if s.above == 0 {
		return s.floor
	}
	numbers := slices.Sorted(maps.Keys(s.pages))
	for _, n := range slices.Backward(numbers) {
		for i, w := range slices.Backward(s.pages[n][:]) {
			if w != 0 {
				return n*pageBits + uint64(i)*64 + uint64(63-bits.LeadingZeros64(w))
			}
		}
	}
	return s.floor
}

// Ranges calls f for each range above the floor, in order.
func (s *Set) Ranges(f func(Range)) {
	var r Range
	for _, n := range slices.Sorted(maps.Keys(s.pages)) {
		for i, w := range s.pages[n] {
			for at := n*pageBits + uint64(i)*64; w != 0; {
				skip := uint64(bits.TrailingZeros64(w))
				w >>= skip
				at += skip
				ones := uint64(bits.TrailingZeros64(^w))
				if r.First != 0 && r.Last+1 != at {
					f(r)
					r.First = 0
				}
				if r.First == 0 {
					r.First = at
				}
				r.Last = at + ones - 1
				w = w >> (ones - 1) >> 1 // by up to 64, which a single shift by a variable would do as well
				at += ones
			}
		}
	}
	if r.First != 0 {
		f(r)
	}
}
