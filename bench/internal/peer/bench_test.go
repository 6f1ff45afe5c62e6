package peer

import (
	"fmt"
	"testing"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

func BenchmarkSum(b *testing.B) {
	for _, size := range []int{16, 64, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			message := fill(size, false)
			b.SetBytes(int64(size))
			var sum uint64
			for b.Loop() {
				sum += Sum(message)
			}
			_ = sum
		})
	}
}

// BenchmarkWork is what a message costs on either side, beyond the contestant's own work.
func BenchmarkWork(b *testing.B) {
	for _, size := range []int{16, 64, 1 << 10, 64 << 10} {
		c := proto.Case{Pattern: proto.PushPull, Size: size, Count: 1 << 40}
		b.Run(fmt.Sprintf("feed/%d", size), func(b *testing.B) {
			for f := NewFeed(c); b.Loop(); {
				f.Next()
			}
		})
		b.Run(fmt.Sprintf("feed+tally/%d", size), func(b *testing.B) {
			f := NewFeed(c)
			for t := newGroup(c).tallies[0]; b.Loop(); {
				if !t.Take(f.Next()) {
					b.Fatal(t.Err())
				}
			}
		})
	}
}
