package pubsub

import "context"

// audience is what a publisher can be asked of its subscribers.
type audience struct{ pub *publisher }

// TopicsCount is the number of distinct topics that peers subscribe to. (ZMQ_TOPICS_COUNT)
func (a audience) TopicsCount() (n int) {
	a.pub.core.HoldsSend(func() { n = a.pub.index.Topics() })
	return n
}

// WaitSubscribers waits until at least n peers are connected that have a subscription each; if topics are given, until
// that is so of every one: that a message of the topic would go to at least n peers. What is sent after it returns nil
// is not lost on a subscriber that joined too late. Errors: [ringmq.ErrClosed] and the context's own.
func (a audience) WaitSubscribers(ctx context.Context, n int, topics ...string) error {
	return a.pub.core.AwaitSend(ctx, "wait for subscribers", func() bool { return a.pub.heardBy(n, topics) })
}

// heardBy is the condition of WaitSubscribers. Send lock held.
func (s *publisher) heardBy(n int, topics []string) bool {
	if len(topics) == 0 {
		return s.index.Peers() >= n
	}
	for _, topic := range topics {
		if len(s.match([]byte(topic))) < n {
			return false
		}
	}
	return true
}
