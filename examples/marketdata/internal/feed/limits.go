package feed

import "time"

const (
	// maxSymbol is the longest symbol, in bytes. Exchange symbols have at most 8.
	maxSymbol = 16

	// maxLine is the longest line of a message file, in bytes. Real ones are below 60.
	maxLine = 256

	// day bounds the time of a tick, which counts from midnight.
	day = 24 * time.Hour

	// The range and precision of latencies: to 3 digits from 1 ns to 1 minute. A histogram takes about 220 KiB.
	minLatency       = 1
	maxLatency       = int64(time.Minute)
	latencyPrecision = 3

	// maxLiveOrders bounds the live orders that the generator keeps for each symbol, for later events to refer to.
	maxLiveOrders = 64
)
