package pubsub

import "github.com/ringmq/ringmq"

// subscription reads a frame that is a subscription: 01 or 00 and the topic (RFC 29, ZMTP 3.0 and before).
func subscription(frame []byte) (on bool, topic []byte, ok bool) {
	if len(frame) == 0 || frame[0] > 1 {
		return false, nil, false
	}
	return frame[0] == 1, frame[1:], true
}

// split takes the subscriptions off m and calls each for them, in order. It reports whether anything is left, which is
// a message for a program. Unless anyFrame is set, frames after the first are looked at only if the first is one.
func split(m *ringmq.Message, anyFrame bool, each func(on bool, topic []byte)) (left bool) {
	first, rest := m.Parts()
	on, topic, ok := subscription(first)
	if !ok && (!anyFrame || len(rest) == 0) {
		return true
	}
	if ok {
		each(on, topic)
	}
	if ok && len(rest) == 0 {
		return false
	}
	var others [][]byte
	if !ok {
		others = append(others, first)
	}
	for _, f := range rest {
		if on, topic, ok := subscription(f); ok {
			each(on, topic)
		} else {
			others = append(others, f)
		}
	}
	if len(others) == 0 {
		return false
	}
	*m = ringmq.Assemble(m.Chunk(), others[0], others[1:])
	return true
}
