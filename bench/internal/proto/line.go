package proto

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The words that lines begin with. The first five come from programs, the others go to them.
const (
	Bound  = "bound"  // ENDPOINT
	Ready  = "ready"  // for the measured part
	Sent   = "sent"   // all of it
	Result = "result" // figures
	Error  = "error"  // TEXT

	Go  = "go"  // to the sender, and to both where they are to be idle: begin
	End = "end" // to the receiver: all is sent
)

// Figures are a program's own measurements: the values of a result line.
type Figures map[string]float64

// Names of figures. Times are in ns.
const (
	Nanos    = "ns"              // from the first timed message to the last
	Received = "received"        // timed messages, over all sockets of the process
	CPU      = "cpu_ns"          // user and system, over the timed part
	Mallocs  = "mallocs"         // heap objects, over the timed part
	GCs      = "gc"              // collections, over the timed part
	GCPause  = "gc_pause_max_ns" // longest of those

	// Of logs, over the timed part.
	Syncs    = "syncs"     // groups of messages that were written and synced together
	LogBytes = "log_bytes" // by which it grew

	// Of processes that are idle: bytes before anyone connects, and at the end.
	RSSBefore  = "rss_bytes_before"
	RSS        = "rss_bytes"
	HeapBefore = "heap_bytes_before" // heap in use and stacks of a program in Go, after a collection
	Heap       = "heap_bytes"
)

// String is "key=value key=value", sorted by key.
func (f Figures) String() string {
	var b strings.Builder
	for i, key := range slices.Sorted(maps.Keys(f)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", key, strconv.FormatFloat(f[key], 'f', -1, 64))
	}
	return b.String()
}

// ParseFigures reads what String wrote.
func ParseFigures(text string) (Figures, error) {
	f := Figures{}
	for _, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("figure %q: %w", pair, err)
		}
		f[key] = v
	}
	return f, nil
}

// ParseLine splits a line into its word and the rest.
func ParseLine(line string) (word, rest string) {
	word, rest, _ = strings.Cut(strings.TrimSpace(line), " ")
	return word, rest
}
