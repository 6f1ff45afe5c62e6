package proxy_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
	"github.com/ringmq/ringmq/socket"
)

// many is the number of messages in a stream.
const many = 2_000

func TestStreamer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, fresh(), front, push)
		link(t, fresh(), back, pull)
		r := start(t, proxy.NewStreamer(front, back))
		sent := async(t, func() error { return produce(deadline(t), push, many) })
		require.NoError(t, consume(deadline(t), pull, many))
		sent()
		r.stop()
		require.Equal(t, proxy.Stats{Forward: proxy.Flow{Messages: many, Bytes: sizeOf(many)}}, r.proxy.Stats())
	})
}

// TestStreamerSpreads: workers get the messages of all ventilators in turn.
func TestStreamerSpreads(t *testing.T) {
	const n = 50
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		in := []*pipeline.Push{open(t, pipeline.NewPush), open(t, pipeline.NewPush)}
		out := []*pipeline.Pull{open(t, pipeline.NewPull), open(t, pipeline.NewPull)}
		link(t, fresh(), front, in[0], in[1])
		link(t, fresh(), back, out[0], out[1])
		start(t, proxy.NewStreamer(front, back))
		var want, got []string
		for i := range 2 * n {
			text := fmt.Sprint(i)
			send(t, in[i%2], text)
			want = append(want, text)
		}
		for i := range 2 * n {
			got = append(got, recv(t, out[i%2])...)
		}
		require.ElementsMatch(t, want, got)
	})
}

func TestQueue(t *testing.T) {
	const clients, workers, rounds = 3, 2, 200
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, reqrep.NewRouter), open(t, reqrep.NewDealer)
		var reqs, reps []sock
		for range clients {
			reqs = append(reqs, open(t, reqrep.NewReq))
		}
		for range workers {
			reps = append(reps, open(t, reqrep.NewRep))
		}
		link(t, fresh(), front, reqs...)
		link(t, fresh(), back, reps...)
		r := start(t, proxy.New(front, back))

		ctx, cancel := context.WithCancel(deadline(t))
		var answered, asked []func()
		for _, s := range reps {
			answered = append(answered, async(t, func() error { return answer(ctx, s.(*reqrep.Rep)) }))
		}
		for i, s := range reqs {
			asked = append(asked, async(t, func() error { return ask(deadline(t), s.(*reqrep.Req), i, rounds) }))
		}
		for _, wait := range asked {
			wait()
		}
		r.stop()
		cancel()
		for _, wait := range answered {
			wait()
		}
		stats := r.proxy.Stats()
		require.EqualValues(t, clients*rounds, stats.Forward.Messages)
		require.EqualValues(t, clients*rounds, stats.Back.Messages)
		require.Zero(t, stats.Forward.Dropped+stats.Back.Dropped)
		require.Equal(t, 2*stats.Forward.Messages+stats.Forward.Bytes, stats.Back.Bytes, "each reply is 2 bytes longer")
	})
}

// ask sends requests and checks the replies.
func ask(ctx context.Context, s *reqrep.Req, client, rounds int) error {
	for i := range rounds {
		text := fmt.Sprintf("%d from %d", i, client)
		if err := s.SendBytes(ctx, []byte(text), nil); err != nil {
			return err
		}
		m, err := s.Recv(ctx)
		if err != nil {
			return err
		}
		if m.Len() != 3 || string(m.Frame(0)) != text || string(m.Frame(2)) != "ok" {
			return fmt.Errorf("%q is answered by %q", text, m.Frames())
		}
	}
	return nil
}

// answer sends requests back with a frame more, until ctx ends.
func answer(ctx context.Context, s *reqrep.Rep) error {
	for {
		m, err := s.Recv(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(ctx, ringmq.NewMessage(append(m.Frames(), []byte("ok"))...)); err != nil {
			return err
		}
	}
}

// TestForwarder: a subscription goes up through the proxy, the messages that match it come down, and its end goes up.
func TestForwarder(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, pubsub.NewXSub), open(t, pubsub.NewXPub)
		pub, sub := open(t, pubsub.NewXPub), open(t, pubsub.NewSub)
		link(t, fresh(), front, pub)
		link(t, fresh(), back, sub)
		r := start(t, proxy.New(front, back))

		require.NoError(t, sub.Subscribe("news"))
		require.Equal(t, []string{"\x01news"}, recv(t, pub))
		sent := async(t, func() error {
			for i := range many {
				if err := pub.SendBytes(deadline(t), []byte("old"), payload(i), nil); err != nil {
					return err
				}
				if err := pub.SendBytes(deadline(t), []byte("newspaper"), payload(i), nil); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, consume(deadline(t), sub, many, []byte("newspaper")))
		sent()
		require.NoError(t, sub.Unsubscribe("news"))
		require.Equal(t, []string{"\x00news"}, recv(t, pub))
		r.stop()
		require.Equal(t, proxy.Stats{
			Forward: proxy.Flow{Messages: many, Bytes: sizeOf(many) + many*uint64(len("newspaper"))},
			Back:    proxy.Flow{Messages: 2, Bytes: 10},
		}, r.proxy.Stats(), "what nobody subscribes to does not reach the proxy")
	})
}

// TestForwarderKeepsSubscriptions: a publisher that comes after the subscriptions is told of them, and the program's own
// messages go up as well.
func TestForwarderKeepsSubscriptions(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, pubsub.NewXSub), open(t, pubsub.NewXPub)
		sub := open(t, pubsub.NewXSub)
		link(t, fresh(), back, sub)
		at, err := front.Bind(fresh())
		require.NoError(t, err)
		r := start(t, proxy.New(front, back))
		send(t, sub, "\x01a")
		send(t, sub, "\x01b")
		eventually(t, "subscriptions", func() bool { return r.proxy.Stats().Back.Messages == 2 })

		pub := open(t, pubsub.NewXPub)
		require.NoError(t, pub.Connect(at))
		topics := slices.Concat(recv(t, pub), recv(t, pub))
		require.ElementsMatch(t, []string{"\x01a", "\x01b"}, topics)
		send(t, sub, "hello", "publisher")
		require.Equal(t, []string{"hello", "publisher"}, recv(t, pub))
	})
}

// TestSelf: one socket on both sides returns to each peer what it sends, and there is one direction only.
func TestSelf(t *testing.T) {
	type both interface {
		sock
		proxy.Socket
	}
	for name, build := range map[string]func(...socket.Option) (both, error){
		"ROUTER": func(o ...socket.Option) (both, error) { return reqrep.NewRouter(o...) },
		"DEALER": func(o ...socket.Option) (both, error) { return reqrep.NewDealer(o...) },
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				middle, peer := open(t, build), open(t, reqrep.NewDealer)
				link(t, fresh(), middle, peer)
				r := start(t, proxy.New(middle, middle))
				sent := async(t, func() error { return produce(deadline(t), peer, many) })
				require.NoError(t, consume(deadline(t), peer, many))
				sent()
				r.stop()
				require.EqualValues(t, many, r.proxy.Stats().Forward.Messages)
				require.Zero(t, r.proxy.Stats().Back)
			})
		})
	}
}

// TestUnsendable: a message of two frames cannot go to a CLIENT; it is dropped, and those around it pass.
func TestUnsendable(t *testing.T) {
	front, back := open(t, pair.NewPair), open(t, clientserver.NewClient)
	near, server := open(t, pair.NewPair), open(t, clientserver.NewServer)
	link(t, fresh("inproc"), front, near)
	link(t, fresh("inproc"), back, server)
	for _, frames := range [][]string{{"one"}, {"one", "two"}, {"three"}} {
		send(t, near, frames...)
	}
	r := start(t, proxy.NewStreamer(front, back))
	eventually(t, "messages", func() bool { return r.proxy.Stats().Forward.Messages == 2 })
	require.Equal(t, proxy.Flow{Messages: 2, Bytes: 8, Dropped: 1}, r.proxy.Stats().Forward)
}

// TestRouteGone: a reply for a client that has left is dropped and counted, and the others go on.
func TestRouteGone(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, reqrep.NewRouter, socket.WithMandatory()), open(t, reqrep.NewDealer)
		client, worker := open(t, reqrep.NewDealer, socket.WithIdentity("c")), open(t, reqrep.NewDealer)
		link(t, fresh(), front, client)
		link(t, fresh(), back, worker)
		r := start(t, proxy.New(front, back))
		send(t, client, "hello")
		require.Equal(t, []string{"c", "hello"}, recv(t, worker))
		send(t, worker, "gone", "reply")
		send(t, worker, "c", "reply")
		require.Equal(t, []string{"reply"}, recv(t, client))
		r.stop()
		require.Equal(t, proxy.Flow{Messages: 1, Bytes: 6, Dropped: 1}, r.proxy.Stats().Back)
	})
}
