package codec

import (
	"bytes"

	"github.com/ringmq/ringmq"
)

// Envelope is the frames in front of a message's topic and body, which say whom it comes from or goes to:
//
//	ROUTER        the peer's routing id; then an empty frame, where the peer is a REQ
//	SERVER, PEER  the peer's routing id, in four bytes; see package pattern/clientserver
//	DEALER        an empty frame, where the peer is a REP; else nothing
//
// With proxies in between there is a routing id more for each. REQ and REP see to envelopes themselves. An Envelope is
// a plain value: any number of goroutines may read it, and it may be sent to any number of times.
type Envelope [][]byte

// layout is the number of a message's frames that are not its envelope.
type layout int

const (
	bodyAlone    layout = 1
	topicAndBody layout = 2
)

func (l layout) String() string {
	if l == bodyAlone {
		return "1 frame, the body"
	}
	return "2 frames, topic and body"
}

// open parts a message into a copy of its envelope and the frames after it, which are still the message's. One that has
// too few frames is returned as it is.
func (l layout) open(m ringmq.Message) (Envelope, ringmq.Message) {
	n := m.Len() - int(l)
	if n <= 0 {
		return nil, m
	}
	e := make(Envelope, n)
	for i := range e {
		e[i] = bytes.Clone(m.Frame(i))
	}
	return e, ringmq.NewMessage(m.Rest()[n-1:]...)
}
