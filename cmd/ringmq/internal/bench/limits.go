package bench

import "time"

const (
	// WarmUp is the part of a round, by messages or by time, that goes by before counting begins: 1/20 is 5 %.
	WarmUp = 1.0 / 20
	// DefaultDuration is how long a round lasts unless it is bounded by a count.
	DefaultDuration = time.Second
	// DefaultRounds is enough for a median that one bad round does not move.
	DefaultRounds = 5

	// minSize has room for the stamp; maxSize keeps a batch of large messages within memory.
	minSize = 8
	maxSize = 64 << 20
	// minCount leaves something to measure after the warm-up.
	minCount = 100
	maxBatch = 1 << 16
	// lookEvery is how many messages a sender bounded by time sends between two looks at the clock.
	lookEvery = 256

	// Latencies are kept from 1 ns to a minute, to 3 significant digits.
	minLatency    = 1
	maxLatency    = int64(time.Minute)
	latencyDigits = 3

	// farewell is how long the peer may take to end after its last line, or after it was told to give up.
	farewell = 10 * time.Second
)
