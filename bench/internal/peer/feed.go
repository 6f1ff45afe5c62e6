package peer

import "github.com/ringmq/ringmq/bench/internal/proto"

// Feed makes the messages of one run, in order, in one buffer. One goroutine may use it.
type Feed struct {
	buf    []byte
	next   uint64
	end    uint64
	mask   uint64   // set in every number: all of it in sync messages
	topics []uint64 // in turn; none: the one that is in the buffer
	names  []string // of the topics
	topic  int      // place of the next message's
	pace   *pacer

	samples []uint64 // how long each message took, where a sender notes that
}

// NewFeed makes the messages of a case, warm-up first. Pacing, if the case asks for it, begins with the first Next.
func NewFeed(c proto.Case) *Feed {
	f := &Feed{buf: fill(c.Size, c.Rate > 0), end: uint64(c.Warmup) + uint64(c.Count)}
	for i := range c.Symbols {
		f.add(i)
	}
	if c.Rate > 0 {
		f.pace = newPacer(c.Rate)
	}
	return f
}

// newSync makes a sync message for the last topic of each subscriber: who has got that has its other topics too.
func newSync(c proto.Case) *Feed {
	f := &Feed{buf: fill(c.Size, c.Rate > 0), mask: syncSequence}
	seen := map[int]bool{}
	for j := range max(c.Subs, 1) {
		if symbol := lastSymbol(c, j); !seen[symbol] {
			seen[symbol] = true
			f.add(symbol)
		}
	}
	f.end = uint64(len(f.topics))
	return f
}

func (f *Feed) add(symbol int) {
	f.topics = append(f.topics, topicWord(symbol))
	f.names = append(f.names, Topic(symbol))
}

// again starts over.
func (f *Feed) again() *Feed {
	f.next, f.topic = 0, 0
	return f
}

// Next returns the next message, when it is due; nil after the last. The bytes are overwritten by the next call.
func (f *Feed) Next() []byte {
	if f.next == f.end {
		return nil
	}
	le.PutUint64(f.buf[sequenceAt:], f.next|f.mask)
	if len(f.topics) > 0 {
		f.setTopic()
	}
	if f.pace != nil {
		le.PutUint64(f.buf[timeAt:], f.pace.wait(f.next))
	}
	f.next++
	return f.buf
}

func (f *Feed) setTopic() {
	le.PutUint64(f.buf[topicAt:], f.topics[f.topic])
	if f.topic++; f.topic == len(f.topics) {
		f.topic = 0
	}
}

// Topic is that of the message that Next returned last, for a library that wants it apart.
func (f *Feed) Topic() string {
	if len(f.names) == 0 {
		return NoTopic
	}
	if f.topic == 0 {
		return f.names[len(f.names)-1]
	}
	return f.names[f.topic-1]
}

// NoTopic is the first symbol's topic, which all messages have where there are no symbols.
var NoTopic = Topic(0)

// mySymbols are those that subscriber j takes, in the order in which it subscribes.
func mySymbols(c proto.Case, j int) []int {
	if c.Symbols == 0 {
		return []int{0}
	}
	mine := make([]int, c.PerSub)
	for i := range mine {
		mine[i] = (j*c.PerSub + i) % c.Symbols
	}
	return mine
}

func lastSymbol(c proto.Case, j int) int {
	mine := mySymbols(c, j)
	return mine[len(mine)-1]
}
