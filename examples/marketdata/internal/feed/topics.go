package feed

import (
	"errors"
	"slices"
	"strings"
)

// Topics are the subscriptions of one subscriber. The empty string takes everything.
type Topics []string

// Match says whether a message of the topic is delivered: once, however many of the subscriptions it begins with.
func (ts Topics) Match(topic string) bool {
	return slices.ContainsFunc(ts, func(prefix string) bool { return strings.HasPrefix(topic, prefix) })
}

// The modes of [Assign]; anything else is a list of topics separated by commas.
const (
	TopicsMix = "mix" // every fourth subscriber takes everything, from the first on; each other one symbol, in turn
	TopicsAll = "all" // everybody takes everything
)

const mixEvery = 4

var (
	errNoTopics  = errors.New(`topics: want "mix", "all" or a list such as "AAPL,MSFT" without empty entries`)
	errNobody    = errors.New("topics: want at least one subscriber")
	errNoSymbols = errors.New("topics: a mix needs at least one symbol")
)

// Assign returns the topics of each of n subscribers. With an explicit list each subscriber takes all of the list.
// The results may share memory and are only read.
func Assign(mode string, n int, symbols []string) ([]Topics, error) {
	if n < 1 {
		return nil, errNobody
	}
	switch mode {
	case TopicsAll:
		return slices.Repeat([]Topics{{""}}, n), nil
	case TopicsMix:
		return assignMix(n, symbols)
	}
	if err := CheckTopics(mode); err != nil {
		return nil, err
	}
	return slices.Repeat([]Topics{splitTopics(mode)}, n), nil
}

// CheckTopics returns an error if Assign would not take the mode.
func CheckTopics(mode string) error {
	if slices.Contains(splitTopics(mode), "") {
		return errNoTopics
	}
	return nil
}

func splitTopics(mode string) Topics {
	list := strings.Split(mode, ",")
	for i, topic := range list {
		list[i] = strings.TrimSpace(topic)
	}
	return list
}

func assignMix(n int, symbols []string) ([]Topics, error) {
	if len(symbols) == 0 {
		return nil, errNoSymbols
	}
	assigned := make([]Topics, n)
	next := 0
	for i := range assigned {
		if i%mixEvery == 0 {
			assigned[i] = Topics{""}
			continue
		}
		assigned[i] = Topics{symbols[next%len(symbols)]}
		next++
	}
	return assigned, nil
}

// Tally counts what was published, by topic. The zero value is empty; one goroutine at a time may use it.
type Tally struct {
	byTopic   map[string]uint64
	published uint64
}

// Add counts a published message.
func (y *Tally) Add(topic string) {
	if y.byTopic == nil {
		y.byTopic = make(map[string]uint64)
	}
	y.byTopic[topic]++
	y.published++
}

// Published is the number of messages added.
func (y *Tally) Published() uint64 { return y.published }

// Expected is the number of pairs of a message and a subscriber one of whose topics it matches: what is delivered if
// nothing is dropped and everybody subscribed before the first message.
func (y *Tally) Expected(subscribers ...Topics) uint64 {
	total := uint64(0)
	for topic, count := range y.byTopic {
		for _, topics := range subscribers {
			if topics.Match(topic) {
				total += count
			}
		}
	}
	return total
}
