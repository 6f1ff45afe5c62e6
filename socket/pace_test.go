package socket

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/batching"
)

// TestPace counts messages that come each so long after the one before.
func TestPace(t *testing.T) {
	const (
		dense = time.Duration(0)
		gap   = batching.DenseGap
	)
	stream := make([]time.Duration, batching.DenseBurst+2) // the first of them comes after a gap
	then := func(before []time.Duration, after ...time.Duration) []time.Duration {
		return slices.Concat(before, after)
	}
	for name, c := range map[string]struct {
		after []time.Duration // each message comes so long after the one before
		want  []int           // the count at the last so many
	}{
		"alone":                  {[]time.Duration{gap, gap, gap}, []int{0, 0, 0}},
		"pairs":                  {[]time.Duration{gap, dense, gap, dense, gap, dense}, []int{0, 1, 0, 1, 0, 1}},
		"a burst":                {[]time.Duration{gap, dense, dense, dense}, []int{0, 1, 2, 3}},
		"a gap in a stream":      {then(stream, gap, dense, dense), []int{0, batching.DenseBurst, batching.DenseBurst + 1}},
		"two gaps in a stream":   {then(stream, gap, gap, dense, dense), []int{0, 0, batching.DenseBurst, batching.DenseBurst + 1}},
		"pairs after a stream":   {then(stream, gap, dense, gap, dense, gap, dense), []int{0, batching.DenseBurst, 0, 1, 0, 1}},
		"a gap in what is none":  {then(stream[1:], gap, dense, dense), []int{0, 1, 2}},
		"a pause after a stream": {then(stream, streamGap, dense, dense), []int{0, 1, 2}},
		"alone after a stream":   {then(stream, gap, streamGap, dense, dense), []int{0, 0, 1, 2}},
		"a stream with two gaps": {then(stream, then(stream, gap, dense, dense, gap, dense)...), []int{0, batching.DenseBurst}},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			at, got := int64(time.Hour), []int(nil)
			for _, d := range c.after {
				at += int64(d)
				p.count(at)
				got = append(got, p.burst)
			}
			require.Equal(t, c.want, got[len(got)-len(c.want):])
		})
	}
}
