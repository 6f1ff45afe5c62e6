package wiretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// What a DISH sends: its groups on each new connection, then every change, as commands to all peers of 3.x.
func TestDishJoinsByCommand(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		for minor := range 2 {
			dish := open(t, radiodish.NewDish)
			require.NoError(t, dish.Join("B"))
			require.NoError(t, dish.Join(""))
			require.NoError(t, dish.Join("A"))
			seen := watch(t, dish)
			at := l.meet(t, dish)
			for range 2 {
				p := at.peer()
				p.shake(minor, "RADIO")
				p.expect(0x04, 0x05, 4, "JOIN")
				p.expect(0x04, 0x06, 4, "JOIN", "A")
				p.expect(0x04, 0x06, 4, "JOIN", "B")
				require.NoError(t, dish.Leave("A"))
				p.expect(0x04, 0x07, 5, "LEAVE", "A")
				longest := text(radiodish.MaxGroup)
				require.NoError(t, dish.Join(longest))
				p.expect(0x06, u64(260), 4, "JOIN", longest)
				require.NoError(t, dish.Leave(longest))
				p.expect(0x06, u64(261), 5, "LEAVE", longest)
				p.sync()
				p.hangUp()
				seen.ended(at, p, cause{typ: socket.Disconnected})
				require.NoError(t, dish.Join("A"))
			}
		}
	})
}

// What a RADIO sends: the group and the body, to those that have joined it, from either version of 3.x.
func TestRadioSendsToItsMembers(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		for minor := range 2 {
			radio := open(t, radiodish.NewRadio)
			p := l.meet(t, radio).peer()
			p.shake(minor, "DISH")
			longest := text(radiodish.MaxGroup)
			p.send(0x04, 0x06, 4, "JOIN", "A", 0x04, 0x05, 4, "JOIN", longFrame(isCmd, 4, "JOIN", longest))
			p.sync()
			for _, group := range []string{"B", "AA", "A", longest[1:], longest, "a", ""} {
				send(t, radio, group, "body of "+group)
			}
			p.expect(0x01, 1, "A", 0x00, 9, "body of A")
			p.expect(0x01, 255, longest, frame(0, "body of ", longest))
			p.expect(0x01, 0, 0x00, 8, "body of ")
			send(t, radio, "A", "")
			send(t, radio, "A", text(70_000))
			p.expect(0x01, 1, "A", 0x00, 0)
			p.expect(0x01, 1, "A", longFrame(0, text(70_000)))
			p.send(0x04, 0x07, 5, "LEAVE", "A", 0x04, 0x06, 5, "LEAVE")
			p.sync()
			send(t, radio, "A", "too late")
			send(t, radio, "", "too late")
			send(t, radio, longest, "still")
			p.expect(message(longest, "still"))
			p.sync()
		}
	})
}

// Groups are a set for each peer, and the sets are apart.
func TestGroupsAreASetForEachPeer(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		radio := open(t, radiodish.NewRadio)
		one, other := l.meet(t, radio).peer(), l.meet(t, radio).peer()
		for _, p := range []*peer{one, other} {
			p.shake(1, "DISH")
			p.send(command("JOIN", "A"), command("JOIN", "A"))
			p.sync()
		}
		send(t, radio, "A", "1")
		one.expect(message("A", "1")) // once
		other.expect(message("A", "1"))
		one.send(command("LEAVE", "A"), command("LEAVE", "A"), command("LEAVE", "never there"))
		one.sync()
		send(t, radio, "A", "2")
		other.expect(message("A", "2"))
		one.sync()
	})
}

// What is no group joins nothing, other commands and messages do not join either, and none of it does any harm.
func TestRadioPassesOverWhatJoinsNothing(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		radio := open(t, radiodish.NewRadio)
		p := l.meet(t, radio).peer()
		p.shake(1, "DISH")
		p.send(command("JOIN", text(256)), command("JOIN", text(70_000)), command("JOIN", "A", 0), command("JOIN", 0))
		p.send(command("SUBSCRIBE", "A"), message("\x01A"), message("A", "body"), message("", "", text(100_000)))
		p.send(command("join", "A"), command("LEAVE", text(300)))
		p.sync()
		send(t, radio, "A", "not joined")
		p.send(command("JOIN", "A"))
		p.sync()
		send(t, radio, "A", "joined")
		p.expect(message("A", "joined"))
		require.Zero(t, radio.Stats().Received)
	})
}

// A JOIN is no SUBSCRIBE.
func TestPublisherIsNotJoined(t *testing.T) {
	pub := open(t, pubsub.NewPub)
	p := links[0].meet(t, pub).peer()
	p.shake(1, "SUB")
	p.send(command("JOIN", "A"))
	p.sync()
	send(t, pub, "A", "not subscribed")
	p.send(command("SUBSCRIBE", "A"), command("LEAVE", "A"))
	p.sync()
	send(t, pub, "A", "subscribed")
	p.expect(message("A", "subscribed"))
}

// A DISH takes a group and a body of a group that it has joined, whatever the radio knows of it.
func TestDishFilters(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		dish := open(t, radiodish.NewDish)
		require.NoError(t, dish.Join("A"))
		p := l.meet(t, dish).peer()
		p.shake(1, "RADIO")
		p.expect(command("JOIN", "A"))
		p.send(message("B", "no"), message("", "no"), message("AA", "no"), message("A\x00", "no"), message("A", "yes"))
		p.send(longFrame(more, "A"), ping(0, "amid"), longFrame(0, "too"), message("A", text(70_000)))
		for _, body := range []string{"yes", "too", text(70_000)} {
			require.Equal(t, []string{"A", body}, recv(t, dish))
		}
		p.expect(pong("amid"))
		p.sync()
		requireNothing(t, dish)
	})
}

// What is not a group and a body ends the connection, and the honest radio's stays.
func TestMessagesThatADishRefuses(t *testing.T) {
	for name, bad := range map[string][]byte{
		"one frame":        message("A"),
		"no group":         message(""),
		"three frames":     message("A", "body", ""),
		"group too long":   message(text(256), "body"),
		"a subscription":   message("\x01A"),
		"many frames":      message("A", "", "", "", "", ""),
		"group is a flood": message(text(100_000), "body"),
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				dish := open(t, radiodish.NewDish, quickly)
				require.NoError(t, dish.Join("A"))
				seen := watch(t, dish)
				at, elsewhere := l.meet(t, dish), l.meet(t, dish)
				hostile, honest := at.peer(), elsewhere.peer()
				for _, p := range []*peer{hostile, honest} {
					p.shake(1, "RADIO")
					p.expect(command("JOIN", "A"))
				}
				hostile.send(message("A", "before"), bad)
				require.Equal(t, []string{"A", "before"}, recv(t, dish))
				hostile.expectEnd()
				seen.ended(at, hostile, cause{
					typ: socket.Disconnected, is: ringmq.ErrProtocol, text: "RADIO must not send to a DISH",
				})
				honest.send(message("A", "honest"))
				require.Equal(t, []string{"A", "honest"}, recv(t, dish))
				requireNothing(t, dish)
			})
		})
	}
}
