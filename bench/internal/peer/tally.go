package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// ErrMessage: a message is not the one that was due.
var ErrMessage = errors.New("wrong message")

// clockEvery is how many messages a tally that may lose the last one takes between two looks at the clock.
const clockEvery = 64

// Tally checks and counts what one socket receives. One goroutine may use it.
type Tally struct {
	group *group
	size  int
	lossy bool
	paced bool
	first uint64 // number of the first timed message
	last  uint64 // number of the last message for this socket

	// The numbers that are due: base + offsets[at], with each round through the symbols base grows by their number.
	symbols uint64
	base    uint64
	offsets []uint64 // of this socket's symbols, ascending
	filler  []uint64 // for each of those: the sum of a message without its number and time
	at      int
	due     uint64

	syncTopic uint64
	synced    bool

	timed   uint64 // messages
	seen    uint64 // of those, when the watch last looked
	begun   int64
	ended   int64 // of the last message, or of one less than clockEvery before it
	samples []uint64
	ctx     context.Context
	err     error
}

// newTally makes the tally of subscriber j, or of the one socket of another pattern.
func newTally(c proto.Case, j int, g *group) *Tally {
	t := &Tally{
		group: g, size: c.Size, lossy: c.Lossy(), paced: c.Rate > 0,
		first: uint64(c.Warmup), symbols: uint64(max(c.Symbols, 1)),
		syncTopic: topicWord(lastSymbol(c, j)), ctx: context.Background(), seen: never,
	}
	if t.lossy {
		t.ctx = g.watch.context()
	}
	mine := mySymbols(c, j)
	slices.Sort(mine)
	message := fill(c.Size, t.paced)
	for _, symbol := range mine {
		le.PutUint64(message[topicAt:], topicWord(symbol))
		t.offsets = append(t.offsets, uint64(symbol))
		t.filler = append(t.filler, Sum(message))
	}
	t.due = t.offsets[0]
	t.last = t.lastBefore(uint64(c.Warmup) + uint64(c.Count))
	if t.paced {
		t.samples = newSamples(c.Count)
	}
	return t
}

// lastBefore is the greatest number below end whose symbol is one of ours. There is one: cases are checked to be long
// enough for that.
func (t *Tally) lastBefore(end uint64) uint64 {
	n := end - 1
	for !slices.Contains(t.offsets, n%t.symbols) {
		n--
	}
	return n
}

// Context is for calls that receive. It ends from time to time where messages may be missing; see [Tally.Resume].
func (t *Tally) Context() context.Context { return t.ctx }

// Err is why Take returned false; nil after the last message.
func (t *Tally) Err() error { return t.err }

// Take takes a message. It returns false after the last one, and after one that was not due.
func (t *Tally) Take(b []byte) (more bool) {
	if len(b) != t.size || le.Uint64(b[sequenceAt:]) != t.due {
		if !t.unexpected(b) {
			return t.err == nil
		}
	}
	number := t.due
	want := number + t.filler[t.at]
	if t.paced {
		want += le.Uint64(b[timeAt:])
	}
	if Sum(b) != want {
		t.err = fmt.Errorf("%w: number %d: its checksum is %#x, should be %#x", ErrMessage, number, Sum(b), want)
		return false
	}
	if number >= t.first {
		t.count(b)
	}
	if number == t.last {
		t.ended = now()
		return false
	}
	t.advance()
	return true
}

func (t *Tally) advance() {
	if t.at++; t.at == len(t.offsets) {
		t.at = 0
		t.base += t.symbols
	}
	t.due = t.base + t.offsets[t.at]
}

func (t *Tally) count(b []byte) {
	if t.timed == 0 {
		t.begun = now()
		t.group.begin()
	}
	t.timed++
	switch {
	case t.paced:
		t.ended = now()
		t.samples = append(t.samples, uint64(t.ended)-le.Uint64(b[timeAt:]))
	case t.lossy && t.timed%clockEvery == 0:
		t.ended = now()
	}
}

// unexpected deals with a message that is not the one that was due. It returns true if that is now due; otherwise the
// message is one to pass over, or err is set.
func (t *Tally) unexpected(b []byte) bool {
	if len(b) != t.size {
		t.err = fmt.Errorf("%w: %d bytes, should be %d; number %d was due", ErrMessage, len(b), t.size, t.due)
		return false
	}
	number := le.Uint64(b[sequenceAt:])
	if number == syncSequence {
		t.sync(b)
		return false
	}
	at, mine := slices.BinarySearch(t.offsets, number%t.symbols)
	if !t.lossy || number < t.due || number > t.last || !mine {
		t.err = fmt.Errorf("%w: number %d; number %d was due", ErrMessage, number, t.due)
		return false
	}
	t.at, t.base, t.due = at, number-number%t.symbols, number
	return true
}

// sync notes the first sync message with the topic that was subscribed to last.
func (t *Tally) sync(b []byte) {
	if !t.synced && le.Uint64(b[topicAt:]) == t.syncTopic {
		t.synced = true
		t.group.ready.Done()
	}
}

// Resume says what a receiver does whose call failed: it goes on if its context ended although messages have come since
// that last happened. Otherwise it stops; Err then is nil if the rest of the messages is lost.
func (t *Tally) Resume(err error) (more bool) {
	if !t.lossy || !errors.Is(err, context.Canceled) {
		t.err = err
		return false
	}
	if t.seen == t.timed {
		return false
	}
	t.seen = t.timed
	t.ctx = t.group.watch.context()
	return true
}
