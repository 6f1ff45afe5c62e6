package pubsub

import (
	"sync"

	"github.com/ringmq/ringmq"
)

// maxNotes is the number of notes kept in the order in which they came. Beyond it what matters is only what has changed
// since: a subscription that came and went is not told.
const maxNotes = 4096

// notes are the subscriptions that the program has not been told of. They are bounded by the subscriptions that there
// are and that there were when the program was told last, whatever peers do. Any goroutine may call its methods.
type notes struct {
	mu    sync.Mutex
	list  []told
	later map[change]byte // what has changed since the list was full: 1 or 0
}

// told is what the program is going to be told, and of whom.
type told struct {
	m    ringmq.Message
	from *visitor // in manual mode
}

// change is what a later note may undo.
type change struct {
	topic string
	from  *visitor
}

// behind reports whether the program has left many notes unread.
func (n *notes) behind() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.list) >= maxNotes
}

func (n *notes) add(kind byte, topic []byte, from *visitor) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) < maxNotes && len(n.later) == 0 {
		n.list = append(n.list, told{note(kind, topic), from})
		return
	}
	c := change{string(topic), from}
	if old, ok := n.later[c]; ok && old != kind {
		delete(n.later, c) // one undoes the other
		return
	}
	if n.later == nil {
		n.later = make(map[change]byte)
	}
	n.later[c] = kind
}

func note(kind byte, topic []byte) ringmq.Message {
	return ringmq.NewMessage(append([]byte{kind}, topic...))
}

// take sets m to the next note and says who it is of.
func (n *notes) take(m *ringmq.Message) (from *visitor, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) == 0 {
		return n.takeLater(m)
	}
	*m, from = n.list[0].m, n.list[0].from
	n.list[0] = told{}
	if n.list = n.list[1:]; len(n.list) == 0 {
		n.list = nil
	}
	return from, true
}

func (n *notes) takeLater(m *ringmq.Message) (from *visitor, ok bool) {
	for c, kind := range n.later {
		delete(n.later, c)
		*m = note(kind, []byte(c.topic))
		return c.from, true
	}
	return nil, false
}
