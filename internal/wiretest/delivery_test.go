package wiretest

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

func openSpool(t *testing.T) *spool.Spool {
	t.Helper()
	sp, err := spool.Open(t.TempDir(), spool.WithSync(spool.Memory), spool.WithSegmentSize(1<<16))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sp.Close()) })
	return sp
}

// seq is the SEQ command for the first delivery of a message, by a producer that was not announced before.
func seq(producer, sequence uint64) []byte {
	return command("SEQ", 1, binary.AppendUvarint(nil, sequence), binary.LittleEndian.AppendUint64(nil, producer))
}

// unacknowledged waits until so many messages of the spool are.
func unacknowledged(t *testing.T, sp *spool.Spool, n uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return sp.Consumers()[0].Pending == n }, patience, time.Millisecond)
}

// TestDeliveryBytesOfASender: what a PUSH with a spool writes, and what it makes of ACK and NAK.
func TestDeliveryBytesOfASender(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sp := openSpool(t)
		push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithWindow(3))
		p := l.meet(t, push).peer()
		p.shakeAs("PULL", "1 receive", "PUSH", "1 send=3")
		for _, m := range []string{"a", "b", "c", "d"} {
			send(t, push, m)
		}
		p.expect(seq(sp.Producer(), 1), message("a"), message("b"), message("c")) // that is the window
		p.sync()
		p.send(command("NAK", 2, 0), command("ACK", 1))
		p.expect(command("SEQ", 2, 2, 2), message("b"), command("SEQ", 0, 4), message("d")) // as numbers 4 and 5
		p.send(command("ACK", 1, 1, 2))
		unacknowledged(t, sp, 0)
		send(t, push, "e")
		p.expect(message("e"))
		p.hangUp()
		unacknowledged(t, sp, 1)
	})
}

// TestDeliveryBytesOfAReceiver: what a PULL that acknowledges writes, and what it makes of SEQ.
func TestDeliveryBytesOfAReceiver(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, socket.WithAck())
		p := l.meet(t, pull).peer()
		p.shakeAs("PUSH", "1 send=4", "PULL", "1 receive")
		p.send(message("before")) // what comes before the first SEQ is not numbered
		plain, err := pull.Recv(within(t))
		require.NoError(t, err)
		_, numbered := plain.Delivery()
		require.False(t, numbered)
		p.send(seq(9, 1), message("a", "x"), message("b"), command("SEQ", 2, 7, 3), message("c"))
		for i, want := range []ringmq.Delivery{
			{Producer: 9, Sequence: 1, Count: 1}, {Producer: 9, Sequence: 2, Count: 1}, {Producer: 9, Sequence: 7, Count: 3},
		} {
			m, err := pull.Recv(within(t))
			require.NoError(t, err)
			d, ok := m.Delivery()
			require.True(t, ok)
			require.Equal(t, want, d)
			switch i {
			case 0:
				require.NoError(t, m.Ack())
				p.expect(command("ACK", 1))
			case 1:
				require.NoError(t, m.Nack(5*time.Millisecond))
				p.expect(command("NAK", 2, 5), command("ACK", 2))
			}
		}
		p.send(command("SEQ", 0, 1), message("a", "x")) // once more: the program does not see it
		p.expect(command("ACK", 2, 1, 0))
		_, err = pull.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrWouldBlock)
	})
}

// shakeAs goes through the handshake with an offer, and checks that of the socket.
func (p *peer) shakeAs(socketType, offer, theirType, theirs string) {
	p.t.Helper()
	p.send(greeting, ready(socketType, delivery.Property, offer))
	p.expect(greeting, ready(theirType, delivery.Property, theirs))
}

// TestPlainPeersGetNoCommands: a peer that has not announced the extension sees nothing of it but the property.
func TestPlainPeersGetNoCommands(t *testing.T) {
	for name, offer := range map[string][]string{
		"no property": nil, "other version": {delivery.Property, "2 receive send=1"}, "other half": {delivery.Property, "1 send=1"},
	} {
		t.Run(name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) {
				sp := openSpool(t)
				push := open(t, pipeline.NewPush, socket.WithSpool(sp), socket.WithPlainPeers(socket.AckOnWrite), socket.WithWindow(1))
				p := l.meet(t, push).peer()
				p.shake(1, "PULL", offer...)
				for _, m := range []string{"a", "b", "c"} {
					send(t, push, m)
					require.Equal(t, []string{m}, p.readMessage())
				}
				unacknowledged(t, sp, 0)
			})
		})
	}
	overLinks(t, func(t *testing.T, l link) {
		pull := open(t, pipeline.NewPull, socket.WithAck())
		p := l.meet(t, pull).peer()
		p.shake(1, "PUSH")
		p.send(message("a"))
		m, err := pull.Recv(within(t))
		require.NoError(t, err)
		_, ok := m.Delivery()
		require.False(t, ok)
		require.NoError(t, m.Ack())
		p.sync()
	})
}

// TestHostileDelivery: a peer that breaks the protocol loses its connection, and the spool nothing.
func TestHostileDelivery(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"ACK of nothing":        command("ACK", 2),
		"ACK of a later range":  command("ACK", 0, 1, 0),
		"ACK cut short":         command("ACK"),
		"ACK of endless ranges": command("ACK", 0, make([]byte, 1<<16)),
		"NAK of nothing":        command("NAK"),
		"NAK of a later number": command("NAK", 2, 0),
	} {
		t.Run(name, func(t *testing.T) {
			sp := openSpool(t)
			push := open(t, pipeline.NewPush, socket.WithSpool(sp))
			seen := watch(t, push)
			at := links[0].meet(t, push)
			p := at.peer()
			p.shake(1, "PULL", delivery.Property, "1 receive")
			send(t, push, "a")
			p.expect(seq(sp.Producer(), 1), message("a"))
			p.send(bytes)
			p.expectEnd()
			require.ErrorIs(t, seen.of(socket.Disconnected, at).Err, ringmq.ErrProtocol)
			unacknowledged(t, sp, 1)
			p = at.peer()
			p.shake(1, "PULL", delivery.Property, "1 receive")
			p.expect(command("SEQ", 3, 1, binary.LittleEndian.AppendUint64(nil, sp.Producer()), 2), message("a"))
		})
	}
	for name, bytes := range map[string][]byte{
		"no producer":     raw(command("SEQ", 0, 1), message("a")),
		"SEQ cut short":   command("SEQ", 1, 1, 7),
		"SEQ of 0":        command("SEQ", 0, 0),
		"SEQ, other flag": command("SEQ", 4, 1),
	} {
		t.Run(name, func(t *testing.T) {
			pull := open(t, pipeline.NewPull, socket.WithAck())
			seen := watch(t, pull)
			at := links[0].meet(t, pull)
			p := at.peer()
			p.shake(1, "PUSH", delivery.Property, "1 send=1")
			p.send(bytes)
			p.expectEnd()
			require.ErrorIs(t, seen.of(socket.Disconnected, at).Err, ringmq.ErrProtocol)
		})
	}
	t.Run("no spool", func(t *testing.T) { // the commands are unknown ones
		p := links[0].meet(t, open(t, pipeline.NewPull)).peer()
		p.shake(1, "PUSH", delivery.Property, "1 send=1")
		p.send(command("ACK"), command("SEQ"), command("NAK"))
		p.sync()
	})
}

// TestDurableSubscriberBytes: what a durable SUB says, and that it asks for what is past once.
func TestDurableSubscriberBytes(t *testing.T) {
	for _, l := range links[1:2] { // one that dials again
		sub := open(t, pubsub.NewSub, socket.WithDurable("me"), socket.WithReplay(spool.FromSequence(7)),
			socket.WithReconnect(time.Millisecond, time.Millisecond), socket.WithAutoAck())
		require.NoError(t, sub.Subscribe("a"))
		at := l.meet(t, sub)
		for _, place := range []string{"sequence 7", ""} {
			p := at.peer()
			p.send(greeting, ready("PUB", delivery.Property, "1 send=4"))
			p.expect(greeting, ready("SUB", delivery.Property, "1 receive", delivery.PropertySubscriber, "me"))
			p.expect(command("SUBSCRIBE", "a"), command("PLAY", place))
			p.send(seq(1, 7), message("a"))
			if place != "" {
				m, err := sub.Recv(within(t))
				require.NoError(t, err)
				d, _ := m.Delivery()
				require.Equal(t, ringmq.Delivery{Producer: 1, Sequence: 7, Count: 1}, d)
			}
			p.expect(command("ACK", 1)) // the second one has been seen
			p.hangUp()
		}
		p := at.peer()
		p.shake(1, "PUB") // without a spool
		p.expect(command("SUBSCRIBE", "a"))
		p.sync()
	}
}

// TestPublisherToDurableSubscriber: nothing is sent before PLAY, and then what was subscribed to.
func TestPublisherToDurableSubscriber(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sp := openSpool(t)
		pub := open(t, pubsub.NewPub, socket.WithSpool(sp), socket.WithWindow(2))
		seen := watch(t, pub)
		at := l.meet(t, pub)
		p := at.peer()
		p.send(greeting, ready("SUB", delivery.Property, "1 receive", delivery.PropertySubscriber, "me"))
		p.expect(greeting, ready("PUB", delivery.Property, "1 send=2"))
		p.send(command("SUBSCRIBE", "a"))
		p.sync()
		for _, body := range []string{"a1", "b1", "a2", "a3"} {
			send(t, pub, body)
		}
		p.sync()
		p.send(command("PLAY", "oldest"))
		seen.of(socket.DeliveryAcknowledged, at)
		p.expect(seq(sp.Producer(), 1), message("a1"), command("SEQ", 0, 3), message("a2"))
		p.send(command("ACK", 2))
		p.expect(message("a3"))
		p.send(command("ACK", 3))
		unacknowledged(t, sp, 0)
		p.send(command("PLAY", "newest")) // a second one says nothing
		p.sync()
		p.send(message("\x01b")) // a subscription of the old kind is one of a durable subscriber all the same
		p.sync()
		send(t, pub, "b2")
		p.expect(message("b2"))
		p.send(command("ACK", 4))
		unacknowledged(t, sp, 0)
	})
}

// TestHostileSubscribers: a place that is none ends the connection; a name that is none does not make a durable subscriber.
func TestHostileSubscribers(t *testing.T) {
	for name, place := range map[string]string{
		"no place": "later", "no number": "sequence -1", "long": "sequence " + text(64),
	} {
		t.Run(name, func(t *testing.T) {
			pub := open(t, pubsub.NewPub, socket.WithSpool(openSpool(t)))
			p := links[0].meet(t, pub).peer()
			p.shake(1, "SUB", delivery.Property, "1 receive", delivery.PropertySubscriber, "me")
			p.send(command("PLAY", place))
			p.expectEnd()
		})
	}
	for name, called := range map[string]string{"empty": "", "long": text(1000)} {
		t.Run("name "+name, func(t *testing.T) {
			sp := openSpool(t)
			pub := open(t, pubsub.NewPub, socket.WithSpool(sp))
			p := links[0].meet(t, pub).peer()
			p.shake(1, "SUB", delivery.Property, "1 receive", delivery.PropertySubscriber, called)
			p.send(command("SUBSCRIBE", "a"), command("PLAY", ""))
			p.sync()
			send(t, pub, "a")
			require.Equal(t, []string{"a"}, p.readMessage())
			require.Empty(t, sp.Consumers())
		})
	}
}

// TestDeliveryBytesOfARequester: what a REQ with a spool writes, and what ends the request: nothing but the reply.
func TestDeliveryBytesOfARequester(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		sp := openSpool(t)
		req := open(t, reqrep.NewReq, socket.WithSpool(sp))
		p := l.meet(t, req).peer()
		p.send(greeting, ready("REP", delivery.Property, "1 receive"))
		p.expect(greeting, ready("REQ", "Identity", "", delivery.Property, "1 send=1024"))
		send(t, req, "q")
		number := "\x00\x00\x00\x01"
		p.expect(seq(sp.Producer(), 1), message(number, "", "q"))
		p.send(command("ACK", 1))
		p.sync()
		unacknowledged(t, sp, 1)
		p.send(command("NAK", 1, 0), command("ACK", 1))
		p.expect(command("SEQ", 2, 1, 2), message(number, "", "q"))
		p.send(message("", "unnumbered"), message("\x00\x00\x00\x02", "", "another's"), message(number, "", "a"), message(number, "", "again"))
		m, err := req.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, "a", string(m.Frame(0)))
		unacknowledged(t, sp, 1)
		require.NoError(t, m.Ack())
		unacknowledged(t, sp, 0)
		send(t, req, "r")
		p.expect(message("\x00\x00\x00\x02", "", "r"))
		p.send(command("ACK", 4)) // there are three
		p.expectEnd()
	})
}

// TestDeliveryBytesOfAReplier: to a REQ the reply says it all, and a request that comes again is answered again; to a DEALER
// the acknowledgement follows the reply.
func TestDeliveryBytesOfAReplier(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		rep := open(t, reqrep.NewRep, socket.WithAck())
		p := l.meet(t, rep).peer()
		p.shakeAs("REQ", "1 send=1", "REP", "1 receive")
		for count := 1; count <= 3; count++ {
			p.send(command("SEQ", 3, 5, binary.LittleEndian.AppendUint64(nil, 9), count+1), message("1234", "", "q"))
			m, err := rep.Recv(within(t))
			require.NoError(t, err)
			d, _ := m.Delivery()
			require.Equal(t, ringmq.Delivery{Producer: 9, Sequence: 5, Count: count + 1}, d)
			if count == 2 {
				require.NoError(t, m.Nack(0))
				p.expect(command("NAK", 2, 0), command("ACK", 2))
				continue
			}
			require.NoError(t, m.Ack())
			send(t, rep, "a")
			p.expect(message("1234", "", "a"))
			p.sync()
		}
	})
	rep := open(t, reqrep.NewRep, socket.WithAck())
	p := links[0].meet(t, rep).peer()
	p.shakeAs("DEALER", "1 send=1", "REP", "1 receive")
	p.send(seq(9, 1), message("", "q"))
	_, err := rep.Recv(within(t))
	require.NoError(t, err)
	p.sync()
	send(t, rep, "a")
	reply, ack := message("", "a"), command("ACK", 1)
	got := p.read(len(reply) + len(ack))
	require.Contains(t, [][]byte{slices.Concat(reply, ack), slices.Concat(ack, reply)}, got, "the two may be written at once")
}
