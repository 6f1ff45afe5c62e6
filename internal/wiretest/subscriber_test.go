package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/socket"
)

// Trap 1: how a subscription is written depends on the peer's version. Trap 6: SUBSCRIBE's name counts, so that a topic
// of 246 bytes needs LONG.
func TestSubscriptionsThatWeSend(t *testing.T) {
	for _, c := range []struct {
		name              string
		shake             func(*peer)
		subscribe, cancel func(topic string) []byte
	}{
		{
			"3.1", func(p *peer) { p.shake(1, "PUB") },
			func(topic string) []byte { return frame(4, 9, "SUBSCRIBE", topic) },
			func(topic string) []byte { return frame(4, 6, "CANCEL", topic) },
		},
		{
			"3.0", func(p *peer) { p.shake(0, "PUB") },
			func(topic string) []byte { return frame(0, 1, topic) },
			func(topic string) []byte { return frame(0, 0, topic) },
		},
		{
			"2.0", func(p *peer) { p.shakeV2(2, 1) },
			func(topic string) []byte { return frame(0, 1, topic) },
			func(topic string) []byte { return frame(0, 0, topic) },
		},
		{ // libzmq 3.0: a greeting of 2.0 with the framing of 1.0
			"1.0 with a greeting", func(p *peer) { p.shakeV1Greeting(2, 1) },
			func(topic string) []byte { return frameV1(0, 1, topic) },
			func(topic string) []byte { return frameV1(0, 0, topic) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sub := open(t, pubsub.NewSub)
				require.NoError(t, sub.Subscribe("early"))
				p := l.meet(t, sub).peer()
				c.shake(p)
				p.expect(c.subscribe("early"))
				for _, topic := range []string{"", "A", text(244), text(245), text(246), text(254), text(255), text(256)} {
					require.NoError(t, sub.Subscribe(topic))
					p.expect(c.subscribe(topic))
					require.NoError(t, sub.Unsubscribe(topic))
					p.expect(c.cancel(topic))
				}
			})
		})
	}
}

// The same in full bytes, for two topics.
func TestSubscribeIsByteExact(t *testing.T) {
	sub := open(t, pubsub.NewSub)
	p := links[0].meet(t, sub).peer()
	p.shake(1, "PUB")
	require.NoError(t, sub.Subscribe("A"))
	p.expect(0x04, 0x0B, 9, "SUBSCRIBE", "A")
	require.NoError(t, sub.Unsubscribe("A"))
	p.expect(0x04, 0x08, 6, "CANCEL", "A")
	require.NoError(t, sub.Subscribe(text(246)))
	p.expect(0x06, 0, 0, 0, 0, 0, 0, 1, 0, 9, "SUBSCRIBE", text(246))
	p.sync()
}

// A publisher of ZMTP 1.0 without a greeting (libzmq 2) filters nothing and is told nothing; we filter.
func TestSubscriberOfUnversionedPublisher(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sub := open(t, pubsub.NewSub)
		require.NoError(t, sub.Subscribe("A"))
		at := l.meet(t, sub)
		p := at.peer()
		p.shakeV1()
		p.send(frameV1(0, "B1"), frameV1(more, "A1"), frameV1(0, "body"), frameV1(0, "A2"))
		require.Equal(t, []string{"A1", "body"}, recv(t, sub))
		require.Equal(t, []string{"A2"}, recv(t, sub))
		requireNothing(t, sub)
		p.halfClose()
		p.expectEnd()
	})
}

// Trap 4: publishers lag behind, so a SUB filters again; an XSUB does not.
func TestSubscriberFilters(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sub, xsub := open(t, pubsub.NewSub), open(t, pubsub.NewXSub)
		require.NoError(t, sub.Subscribe("A"))
		p, x := l.meet(t, sub).peer(), l.meet(t, xsub).peer()
		p.shake(1, "PUB")
		p.expect(command("SUBSCRIBE", "A"))
		x.shake(1, "XPUB")
		for _, q := range []*peer{p, x} {
			q.send(message("B", "unasked"), message("", "A"), message("A", "asked"), message("AB"))
		}
		require.Equal(t, []string{"A", "asked"}, recv(t, sub))
		require.Equal(t, []string{"AB"}, recv(t, sub))
		require.Equal(t, []string{"B", "unasked"}, recv(t, xsub))
		require.Equal(t, []string{"", "A"}, recv(t, xsub))

		require.NoError(t, sub.Unsubscribe("A"))
		p.expect(command("CANCEL", "A"))
		p.send(message("A", "too late"))
		p.sync()
		requireNothing(t, sub)
	})
}

// Subscribing twice tells the publisher once, and takes two cancellings.
func TestSubscriptionsAreCounted(t *testing.T) {
	sub := open(t, pubsub.NewSub)
	p := links[0].meet(t, sub).peer()
	p.shake(1, "PUB")
	require.NoError(t, sub.Subscribe("A"))
	require.NoError(t, sub.Subscribe("A"))
	require.NoError(t, sub.Unsubscribe("A"))
	p.expect(command("SUBSCRIBE", "A"))
	p.sync()
	require.NoError(t, sub.Unsubscribe("A"))
	p.expect(command("CANCEL", "A"))
	require.NoError(t, sub.Unsubscribe("A"))
	require.NoError(t, sub.Unsubscribe("never there"))
	p.sync()
}

// Trap 3: after a reconnection each distinct topic is sent once, and what was taken back is not.
func TestResubscription(t *testing.T) {
	for _, l := range []link{links[1], links[3]} {
		t.Run(l.String(), func(t *testing.T) {
			sub := open(t, pubsub.NewSub, quickly)
			for _, topic := range []string{"A", "A", "A", "B", "C", text(300)} {
				require.NoError(t, sub.Subscribe(topic))
			}
			require.NoError(t, sub.Unsubscribe("C"))
			at := l.meet(t, sub)
			for range 3 {
				p := at.peer()
				p.shake(1, "PUB")
				var got []string
				for range 3 {
					_, body := p.readFrame()
					got = append(got, body)
				}
				require.ElementsMatch(t, []string{"\x09SUBSCRIBEA", "\x09SUBSCRIBEB", "\x09SUBSCRIBE" + text(300)}, got)
				p.sync()
				p.send(message("B", "data"))
				require.Equal(t, []string{"B", "data"}, recv(t, sub))
				p.hangUp()
			}
		})
	}
}

// An XSUB subscribes by messages. Duplicates are forwarded, an unsubscribe only when it is the last; anything else goes
// out as it is.
func TestXSubSends(t *testing.T) {
	for minor, subscribe := range map[int]func(string) []byte{
		1: func(topic string) []byte { return command("SUBSCRIBE", topic) },
		0: func(topic string) []byte { return message("\x01" + topic) },
	} {
		xsub := open(t, pubsub.NewXSub)
		p := links[0].meet(t, xsub).peer()
		seen := watch(t, xsub)
		p.shake(minor, "XPUB")
		seen.await("handshake", func(e socket.Event) bool { return e.Type == socket.HandshakeSucceeded })
		require.NoError(t, xsub.Send(within(t), ringmq.NewString("\x01A")))
		send(t, xsub, "\x01A")
		send(t, xsub, "\x00A")
		send(t, xsub, "\x00unknown")
		send(t, xsub, "\x02user", "data")
		p.expect(subscribe("A"), subscribe("A"), message("\x02user", "data"))
	}
}
