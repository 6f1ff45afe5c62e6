package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
)

const (
	// someSubscriber stands for --wait-peers that was not given: for one, but not for longer than subscriberWait.
	someSubscriber = -1
	subscriberWait = time.Second
	// peerWait is how long a peer may take to connect before somebody is told that it is waited for.
	peerWait = time.Second
	// peerPoll is the pause between two looks at the peers: over inproc no event tells of one.
	peerPoll = 5 * time.Millisecond
	// settle is the time for further subscriptions to follow the first, which is waited for: those of the same peer, and
	// those of others, of which an XPUB is told only when they are for another topic.
	settle = 100 * time.Millisecond
)

// waitForPeers waits until n peers are connected.
func (l *link) waitForPeers(ctx context.Context, n int) error {
	return l.within(ctx, fmt.Sprintf("waiting for %d peer(s)", n), func(ctx context.Context) error {
		for l.connected() < n {
			if err := pause(ctx, peerPoll); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *link) connected() (n int) {
	for _, p := range l.socket.Peers() {
		if p.Connected {
			n++
		}
	}
	return n
}

// subscriptions takes what subscribers send, until the socket closes. The channel is closed at the first subscription.
func (l *link) subscriptions(s *pubsub.XPub) <-chan struct{} {
	subscribed := make(chan struct{})
	first := sync.OnceFunc(func() { close(subscribed) })
	l.aside.Go(func() {
		for m, err := range s.Messages(context.Background()) {
			if err != nil {
				return
			}
			if on, topic, ok := subscription(m); ok {
				if on {
					first()
				}
				l.saySubscription(on, topic)
			}
			m.Release()
		}
	})
	return subscribed
}

// subscription reads what an XPUB receives of one: 01 or 00 and the topic (RFC 29).
func subscription(m ringmq.Message) (on bool, topic []byte, ok bool) {
	b := m.Frame(0)
	if m.Len() != 1 || len(b) == 0 || b[0] > 1 {
		return false, nil, false
	}
	return b[0] == 1, b[1:], true
}

func (l *link) saySubscription(on bool, topic []byte) {
	switch {
	case !l.flags.verbose:
	case on:
		fmt.Fprintf(l.stderr, "first subscription to topic %q\n", topic)
	default:
		fmt.Fprintf(l.stderr, "no subscription to topic %q any more\n", topic)
	}
}

// waitForSubscribers waits for as many as --wait-peers says, and for the first subscription.
func (l *link) waitForSubscribers(ctx context.Context, subscribed <-chan struct{}) error {
	n := l.flags.waitPeers
	switch {
	case n == 0:
		return nil
	case n < 0:
		return l.waitAWhile(ctx, subscribed)
	}
	if err := l.waitForPeers(ctx, n); err != nil {
		return err
	}
	err := l.within(ctx, "waiting for a subscription", func(ctx context.Context) error { return await(ctx, subscribed) })
	if err != nil {
		return err
	}
	return pause(ctx, settle)
}

// waitAWhile is for those who did not ask to wait.
func (l *link) waitAWhile(ctx context.Context, subscribed <-chan struct{}) error {
	bounded, cancel := context.WithTimeoutCause(ctx, subscriberWait, errTimeout)
	defer cancel()
	err := await(bounded, subscribed)
	if errors.Is(err, errTimeout) {
		fmt.Fprintln(l.stderr, "no subscriber yet; publishing all the same (see --wait-peers)")
		return nil
	}
	if err != nil {
		return err
	}
	return pause(ctx, settle)
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sayDropped tells of messages that subscribers did not get because they were too slow.
func (l *link) sayDropped(s *pubsub.XPub) {
	if n := s.Stats().Dropped; n > 0 {
		fmt.Fprintf(l.stderr, "%d message(s) dropped for subscribers at their high-water mark (see --hwm)\n", n)
	}
}
