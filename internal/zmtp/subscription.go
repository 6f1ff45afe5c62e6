package zmtp

// Up to ZMTP 3.0 a subscription is an ordinary message of one frame, 01 or 00 and the topic. Peers of ZMTP 3.1 send
// commands, but a publisher takes both from anyone.
const (
	subscribeByte = 1
	cancelByte    = 0
)

// AppendSubscribeMessage appends the frame that subscribes to topic at a peer of ZMTP 2.0 or 3.0.
func AppendSubscribeMessage(dst, topic []byte) []byte {
	return appendSubscription(dst, subscribeByte, topic)
}

// AppendCancelMessage appends the frame that takes a subscription back at a peer of ZMTP 2.0 or 3.0.
func AppendCancelMessage(dst, topic []byte) []byte {
	return appendSubscription(dst, cancelByte, topic)
}

func appendSubscription(dst []byte, op byte, topic []byte) []byte {
	return append(append(AppendHeader(dst, 0, 1+len(topic)), op), topic...)
}

// ParseSubscription reads the body of a single-frame message as a subscription: add tells subscribing from cancelling,
// and topic is a part of body. ok is false for any other message.
func ParseSubscription(body []byte) (add bool, topic []byte, ok bool) {
	if len(body) == 0 || body[0] > subscribeByte {
		return false, nil, false
	}
	return body[0] == subscribeByte, body[1:], true
}
