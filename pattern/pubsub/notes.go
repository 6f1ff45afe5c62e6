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
	list  []ringmq.Message
	later map[string]byte // what has changed since the list was full: topic, and 1 or 0
}

// behind reports whether the program has left many notes unread.
func (n *notes) behind() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.list) >= maxNotes
}

func (n *notes) add(kind byte, topic []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) < maxNotes && len(n.later) == 0 {
		n.list = append(n.list, note(kind, topic))
		return
	}
	if old, ok := n.later[string(topic)]; ok && old != kind {
		delete(n.later, string(topic)) // one undoes the other
		return
	}
	if n.later == nil {
		n.later = make(map[string]byte)
	}
	n.later[string(topic)] = kind
}

func note(kind byte, topic []byte) ringmq.Message {
	return ringmq.NewMessage(append([]byte{kind}, topic...))
}

// take sets m to the next note.
func (n *notes) take(m *ringmq.Message) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) == 0 {
		return n.takeLater(m)
	}
	*m = n.list[0]
	n.list[0] = ringmq.Message{}
	if n.list = n.list[1:]; len(n.list) == 0 {
		n.list = nil
	}
	return true
}

func (n *notes) takeLater(m *ringmq.Message) bool {
	for topic, kind := range n.later {
		delete(n.later, topic)
		*m = note(kind, []byte(topic))
		return true
	}
	return false
}
