package batching

import (
	"fmt"
	"time"
)

// State is what a policy knows of a peer's outbound queue when a message was added to it and nobody is writing.
type State struct {
	// Messages is the number of queued messages, the new one included.
	Messages int
	// Bytes is the number of encoded bytes added since the last write began, the new message included.
	Bytes int
	// Burst is the number of messages in a row that were each sent within DenseGap of the end of the write before. Where a
	// gap has cut short one of more than DenseBurst, the message after the gap has 0, and the next dense one DenseBurst.
	Burst int
	// Peers is the number of peers that the message goes to.
	Peers int
}

// Action says who writes.
type Action uint8

const (
	// Inline: the sending goroutine writes now.
	Inline Action = iota
	// Deferred: the I/O loop writes as soon as it comes to it.
	Deferred
	// Coalesce is Deferred for a stream of messages: further ones wait until Decision.Bytes have gathered, which the
	// sender then writes, or until the loop comes by, 100 µs or so after the last write. It ends by itself: with the
	// first visit of the loop that finds nothing. A message that comes after a gap is decided anew.
	Coalesce
	// Hold: nobody writes yet; the loop does after Decision.Delay unless a later message brings another decision.
	Hold
)

// Decision is a policy's answer.
type Decision struct {
	Action Action
	Bytes  int           // for Coalesce
	Delay  time.Duration // for Hold
}

// Policy decides when to write. Its method may be called by many goroutines at once.
type Policy interface {
	Decide(s State) Decision
	String() string
}

// DenseGap is the time after the end of a write within which a further message counts as part of a burst. A program
// that sends as fast as it can is back within a microsecond, mostly; one that answers a peer takes several.
const DenseGap = 2 * time.Microsecond

// DenseBurst is the number of messages in a row after which sending counts as dense.
const DenseBurst = 8

// Tunables of the adaptive policy.
const (
	// inlinePeers is the number of peers up to which the sender writes to all of them itself: each costs it a system
	// call.
	inlinePeers = 4
	// coalesceBytes is the size of the writes of a dense stream; larger ones gain little.
	coalesceBytes = 32 << 10
)

type adaptive struct{}

// Adaptive writes a message at once, on the sender's goroutine, while traffic is quiet, and many together while messages
// come one on the heels of another. A lone message is never delayed.
func Adaptive() Policy { return adaptive{} }

func (adaptive) Decide(s State) Decision {
	switch {
	case s.Burst >= DenseBurst:
		return Decision{Action: Coalesce, Bytes: coalesceBytes}
	case s.Peers > inlinePeers:
		return Decision{Action: Deferred}
	}
	return Decision{Action: Inline}
}

func (adaptive) String() string { return "adaptive" }

type immediate struct{}

// Immediate has the sender write every message at once.
func Immediate() Policy { return immediate{} }

func (immediate) Decide(State) Decision { return Decision{Action: Inline} }
func (immediate) String() string        { return "immediate" }

type fixed struct {
	messages, bytes int
	delay           time.Duration
}

// Fixed holds messages back until there are messages of them or bytes bytes, headers included, or until the oldest has waited
// for delay, whichever comes first. A limit of 0 or less does not apply; if none applies, delay included, every
// message is written at once.
func Fixed(messages, bytes int, delay time.Duration) Policy {
	return fixed{messages, bytes, delay}
}

func (f fixed) Decide(s State) Decision {
	switch {
	case f.messages > 0 && s.Messages >= f.messages, f.bytes > 0 && s.Bytes >= f.bytes, f.delay <= 0:
		return Decision{Action: Inline}
	}
	return Decision{Action: Hold, Delay: f.delay}
}

func (f fixed) String() string {
	return fmt.Sprintf("fixed(%d messages, %d bytes, %v)", f.messages, f.bytes, f.delay)
}
