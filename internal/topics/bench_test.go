package topics

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

var sizes = []int{10, 1_000, 100_000}

// populate returns an index with n topics that look like instruments, one peer each out of 64, and the topics in an
// order that has nothing to do with theirs.
func populate(n int) (*Index[*int], [][]byte) {
	rng := rand.New(rand.NewPCG(1, 2))
	peers := make([]*int, 64)
	for i := range peers {
		peers[i] = new(int)
	}
	var ix Index[*int]
	known := make([][]byte, 0, n)
	for len(known) < n {
		topic := fmt.Appendf(nil, "%s.%s", letters(rng, 4), letters(rng, 2))
		if first, _ := ix.Add(topic, peers[len(known)%64]); first {
			known = append(known, topic)
		}
	}
	return &ix, known
}

func letters(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'A' + byte(rng.IntN(26))
	}
	return b
}

// feed returns 1,000 topics below the subscriptions, so that what differs between sizes is the index alone.
func feed(known [][]byte) [][]byte {
	topics := make([][]byte, 1000)
	for i := range topics {
		topics[i] = fmt.Appendf(nil, "%s.%03d", known[i%len(known)], i)
	}
	return topics
}

// BenchmarkMatchRepeated matches the 1,000 topics of a feed over and over.
func BenchmarkMatchRepeated(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			inTurn(b, ix, feed(known))
		})
	}
}

// BenchmarkMatchOne matches one topic over and over.
func BenchmarkMatchOne(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			inTurn(b, ix, known[:1])
		})
	}
}

// BenchmarkMatchEverything matches every topic of the index in turn: at 100,000, more than the processor caches hold.
func BenchmarkMatchEverything(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			inTurn(b, ix, known)
		})
	}
}

// BenchmarkMatchNew matches topics that never come again, below those of the index.
func BenchmarkMatchNew(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			fresh, i, j := make([]byte, 0, 32), uint64(0), 0
			b.ReportAllocs()
			for b.Loop() {
				fresh = append(fresh[:0], known[j]...)
				fresh = binary.BigEndian.AppendUint64(fresh, i)
				ix.Match(fresh)
				i++
				if j++; j == len(known) {
					j = 0
				}
			}
		})
	}
}

// BenchmarkMatchTree is what BenchmarkMatchRepeated would be without the cache.
func BenchmarkMatchTree(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			known = feed(known)
			j := 0
			for b.Loop() {
				ix.tree.deepest(known[j])
				if j++; j == len(known) {
					j = 0
				}
			}
		})
	}
}

// BenchmarkMatchWhileSubscribing has one peer subscribe or unsubscribe before every tenth Match.
func BenchmarkMatchWhileSubscribing(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			known = feed(known)
			p, i, j := new(int), 0, 0
			b.ReportAllocs()
			for b.Loop() {
				switch i++; i % 20 {
				case 0:
					ix.Add([]byte("ZZZZ.ZZ.Z"), p)
				case 10:
					ix.Remove([]byte("ZZZZ.ZZ.Z"), p)
				}
				ix.Match(known[j])
				if j++; j == len(known) {
					j = 0
				}
			}
		})
	}
}

// BenchmarkMatchAll has 64 peers that take everything, and nothing else.
func BenchmarkMatchAll(b *testing.B) {
	var ix Index[*int]
	for range 64 {
		ix.Add(nil, new(int))
	}
	inTurn(b, &ix, [][]byte{[]byte("AAPL.N")})
}

func inTurn(b *testing.B, ix *Index[*int], known [][]byte) {
	for _, topic := range known {
		ix.Match(topic)
	}
	j := 0
	b.ReportAllocs()
	for b.Loop() {
		ix.Match(known[j])
		if j++; j == len(known) {
			j = 0
		}
	}
}

func BenchmarkSetMatch(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			_, known := populate(n)
			var s Set
			for _, topic := range known {
				s.Add(topic)
			}
			known = feed(known)
			j := 0
			b.ReportAllocs()
			for b.Loop() {
				s.Match(known[j])
				if j++; j == len(known) {
					j = 0
				}
			}
		})
	}
}

// BenchmarkPopulate is 100,000 subscriptions; it also says how much memory one takes.
func BenchmarkPopulate(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		ix, known := populate(100_000)
		for i := range known {
			known[i] = nil
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/100_000-24, "B/subscription")
		runtime.KeepAlive(ix)
		runtime.KeepAlive(known)
	}
}

// BenchmarkRemovePeer has one peer with 1,000 subscriptions of its own leave an index of n others.
func BenchmarkRemovePeer(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			ix, known := populate(n)
			own := feed(known)
			p := new(int)
			for b.Loop() {
				b.StopTimer()
				for _, topic := range own {
					ix.Add(topic, p)
				}
				b.StartTimer()
				ix.RemovePeer(p, func([]byte) {})
			}
		})
	}
}
