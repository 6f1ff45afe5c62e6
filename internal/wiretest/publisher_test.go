package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pubsub"
)

// publisher is a PUB or an XPUB.
type publisher interface {
	common
	sender
}

func overPublishers(t *testing.T, test func(t *testing.T, l link, pub publisher)) {
	overLinks(t, func(t *testing.T, l link) {
		t.Run("PUB", func(t *testing.T) { test(t, l, open(t, pubsub.NewPub)) })
		t.Run("XPUB", func(t *testing.T) { test(t, l, open(t, pubsub.NewXPub)) })
	})
}

// Both encodings of a subscription are taken from peers of 3.x, whichever is theirs. Trap 5: an application's XSUB
// sends 01 and the topic as a message even to 3.1.
func TestSubscriptionsThatWeTake(t *testing.T) {
	for name, c := range map[string]struct{ subscribe, cancel func(...any) []byte }{
		"commands": {
			func(topic ...any) []byte { return command("SUBSCRIBE", topic...) },
			func(topic ...any) []byte { return command("CANCEL", topic...) },
		},
		"messages": {
			func(topic ...any) []byte { return frame(0, 1, raw(topic...)) },
			func(topic ...any) []byte { return frame(0, 0, raw(topic...)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			overPublishers(t, func(t *testing.T, l link, pub publisher) {
				for minor, as := range []string{"SUB", "XSUB"} {
					p := l.meet(t, pub).peer()
					p.shake(minor, as)
					p.send(c.subscribe("A"), c.subscribe(text(300)))
					p.sync()
					send(t, pub, "B", "unasked")
					send(t, pub, "A", "asked")
					send(t, pub, text(299))
					send(t, pub, text(301))
					p.expect(message("A", "asked"), message(text(301)))
					p.send(c.cancel("A"))
					p.sync()
					send(t, pub, "A", "too late")
					send(t, pub, text(300))
					p.expect(message(text(300)))
					p.send(c.cancel(text(300)))
					p.sync()
				}
			})
		})
	}
}

// Trap 2: libzmq's SUB sends a SUBSCRIBE for each call and a single CANCEL, so publishers keep a set for each peer. The
// sets of peers are apart.
func TestSubscriptionsAreASetForEachPeer(t *testing.T) {
	overPublishers(t, func(t *testing.T, l link, pub publisher) {
		one, other := l.meet(t, pub).peer(), l.meet(t, pub).peer()
		for _, p := range []*peer{one, other} {
			p.shake(1, "SUB")
			p.send(command("SUBSCRIBE", "A"), frame(0, 1, "A"), command("SUBSCRIBE", "A"))
			p.sync()
		}
		send(t, pub, "A1")
		one.expect(message("A1")) // once
		other.expect(message("A1"))
		one.send(command("CANCEL", "A"), command("CANCEL", "A"), command("CANCEL", "never there"))
		one.sync()
		send(t, pub, "A2")
		other.expect(message("A2"))
		one.sync()
	})
}

// Topics that overlap bring a message once.
func TestOverlappingSubscriptions(t *testing.T) {
	overPublishers(t, func(t *testing.T, l link, pub publisher) {
		p := l.meet(t, pub).peer()
		p.shake(1, "SUB")
		p.send(command("SUBSCRIBE"), command("SUBSCRIBE", "A"), command("SUBSCRIBE", "AB"))
		p.sync()
		send(t, pub, "ABC", "A")
		send(t, pub, "", "A")
		p.expect(message("ABC", "A"), message("", "A"))
		p.sync()
	})
}

// A subscriber of ZMTP 1.0 without a greeting (libzmq 2) gets everything: it filters by itself.
func TestPublisherToUnversionedSubscriber(t *testing.T) {
	overPublishers(t, func(t *testing.T, l link, pub publisher) {
		seen := watch(t, pub)
		at := l.meet(t, pub)
		p := at.peer()
		p.shakeV1()
		seen.ready(at, 1)
		send(t, pub, "A", "body")
		send(t, pub, "")
		send(t, pub, text(300))
		p.expect(frameV1(more, "A"), frameV1(0, "body"), frameV1(0), frameV1(0, text(300)))
	})
}

// One of ZMTP 2.0, or with the greeting of 2.0 and the framing of 1.0 (libzmq 3.0), subscribes by messages and gets
// what it has asked for.
func TestPublisherToOldSubscriber(t *testing.T) {
	for name, c := range map[string]struct {
		shake func(p *peer, ours, theirs int)
		frame func(flags int, parts ...any) []byte
	}{
		"2.0":                 {(*peer).shakeV2, frame},
		"1.0 with a greeting": {(*peer).shakeV1Greeting, frameV1},
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				xpub := open(t, pubsub.NewXPub)
				p := l.meet(t, xpub).peer()
				c.shake(p, 9, 2)
				p.send(c.frame(0, 1, "A"))
				require.Equal(t, []string{"\x01A"}, recv(t, xpub))
				send(t, xpub, "B", "unasked")
				send(t, xpub, "A", "asked")
				p.expect(c.frame(more, "A"), c.frame(0, "asked"))
				p.send(c.frame(0, 0, "A"))
				require.Equal(t, []string{"\x00A"}, recv(t, xpub))
				send(t, xpub, "A", "too late")
				p.send(c.frame(0, 1))
				require.Equal(t, []string{"\x01"}, recv(t, xpub))
				send(t, xpub, "anything")
				p.expect(c.frame(0, "anything"))
			})
		})
	}
}

// What the program of an XPUB is told: the first subscription and the end of the last, over all peers, in whatever
// encoding; the end of one that there never was; the subscriptions of a peer that is gone; and user messages.
func TestXPubTellsSubscriptions(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		xpub := open(t, pubsub.NewXPub)
		one, other := l.meet(t, xpub).peer(), l.meet(t, xpub).peer()
		one.shake(1, "SUB")
		other.shake(0, "XSUB")
		one.send(command("SUBSCRIBE", "A"), command("SUBSCRIBE", "A"))
		one.sync()
		other.send(frame(0, 1, "A"), frame(0, 1, "B"))
		require.Equal(t, []string{"\x01A"}, recv(t, xpub))
		require.Equal(t, []string{"\x01B"}, recv(t, xpub))
		one.send(command("CANCEL", "A"), command("CANCEL", "none"))
		require.Equal(t, []string{"\x00none"}, recv(t, xpub))
		other.send(message("\x02user", "\x01A"), message("\x01A", "beside a subscription"))
		require.Equal(t, []string{"\x02user", "\x01A"}, recv(t, xpub))
		require.Equal(t, []string{"beside a subscription"}, recv(t, xpub)) // as libzmq has it
		other.hangUp()
		require.ElementsMatch(t, [][]string{{"\x00A"}, {"\x00B"}}, [][]string{recv(t, xpub), recv(t, xpub)})
	})
}

// A PUB throws away what is no subscription.
func TestPubDiscardsUserMessages(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pub := open(t, pubsub.NewPub)
		p := l.meet(t, pub).peer()
		p.shake(1, "XSUB")
		p.send(message("\x02user", "data"), message(""), message("data", "\x01A"), frame(0, 1, "B"))
		p.sync()
		send(t, pub, "A")
		send(t, pub, "B")
		p.expect(message("B"))
	})
}
