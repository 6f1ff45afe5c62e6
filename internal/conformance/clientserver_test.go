package conformance_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/socket"
)

// asked receives a message with an id in front, and returns the id and the body.
func asked(t *testing.T, s receiver) (id uint32, body string) {
	t.Helper()
	m, err := s.Recv(deadline(t))
	require.NoError(t, err)
	require.Equal(t, 2, m.Len())
	require.Len(t, m.Frame(0), 4)
	id = clientserver.RoutingID(m)
	require.NotZero(t, id)
	return id, string(m.Frame(1))
}

func sendTo(t *testing.T, s sender, id uint32, body string) {
	t.Helper()
	require.NoError(t, s.Send(deadline(t), clientserver.To(id, []byte(body))))
}

// TestRoutingIDsInMessages: they are four bytes in network order.
func TestRoutingIDsInMessages(t *testing.T) {
	m := clientserver.To(0x01020304, []byte("body"))
	require.Equal(t, []string{"\x01\x02\x03\x04", "body"}, text(m))
	require.EqualValues(t, 0x01020304, clientserver.RoutingID(m))
	require.Equal(t, []string{"\xff\xff\xff\xff", ""}, text(clientserver.To(1<<32-1, nil)))
	for _, frames := range [][]string{nil, {""}, {"abc", "body"}, {"abcde", "body"}} {
		require.Zero(t, clientserver.RoutingID(ringmq.NewString(frames...)))
	}
}

// TestServerAnswersWhoAsked: each of several clients gets its own answers, whoever binds, by the id or by the frame.
func TestServerAnswersWhoAsked(t *testing.T) {
	const clients, rounds = 3, 20
	check := func(t *testing.T, server *clientserver.Server, from []*clientserver.Client) {
		for round := range rounds {
			for i, c := range from {
				send(t, c, fmt.Sprint("question ", i))
			}
			ids := map[uint32]bool{}
			for range from {
				m, err := server.Recv(deadline(t))
				require.NoError(t, err)
				ids[clientserver.RoutingID(m)] = true
				answer := append([]byte("re: "), m.Frame(1)...)
				if round%2 == 0 {
					require.NoError(t, server.Send(deadline(t), clientserver.To(clientserver.RoutingID(m), answer)))
				} else {
					require.NoError(t, server.SendBytes(deadline(t), m.Frame(0), answer))
				}
				m.Release()
			}
			require.Len(t, ids, clients)
			for i, c := range from {
				require.Equal(t, []string{fmt.Sprint("re: question ", i)}, recv(t, c))
				requireEmpty(t, c)
			}
		}
	}
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, order := range []string{"server binds", "server connects"} {
			t.Run(order, func(t *testing.T) {
				server := open(t, clientserver.NewServer)
				bound := bind(t, server, fresh())
				var all []*clientserver.Client
				for range clients {
					c := open(t, clientserver.NewClient)
					if all = append(all, c); order == "server binds" {
						join(t, server, c, bound)
					} else {
						link(t, c, server, fresh())
					}
				}
				check(t, server, all)
			})
		}
	})
}

// TestClientTakesAnswersInTurn: while all servers have answers waiting, none is heard twice before the others.
func TestClientTakesAnswersInTurn(t *testing.T) {
	const servers, each = 3, 30
	everywhere(t, func(t *testing.T, fresh func() string) {
		client := open(t, clientserver.NewClient)
		var all []*clientserver.Server
		for range servers {
			all = append(all, open(t, clientserver.NewServer))
			link(t, all[len(all)-1], client, fresh())
		}
		for range servers {
			send(t, client, "question")
		}
		for i, s := range all {
			id, _ := asked(t, s)
			for range each {
				sendTo(t, s, id, fmt.Sprint(i))
			}
		}
		awaitPending(t, client, servers*each)
		for range each {
			round := map[string]bool{}
			for range servers {
				round[recv(t, client)[0]] = true
			}
			require.Len(t, round, servers)
		}
	})
}

func TestClientWaitsForAServer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		client := open(t, clientserver.NewClient)
		require.ErrorIs(t, client.TrySend(ringmq.NewString("m")), ringmq.ErrWouldBlock)
		ctx := deadline(t)
		done := blocked(t, func() error { return client.Send(ctx, ringmq.NewString("m")) })
		server, endpoint := open(t, clientserver.NewServer), fresh()
		require.NoError(t, client.Connect(endpoint)) // messages queue for it from here on
		require.NoError(t, result(t, done))
		bind(t, server, endpoint)
		_, body := asked(t, server)
		require.Equal(t, "m", body)
	})
}

// idSocket is a SERVER or a PEER.
type idSocket struct {
	name     string
	open     func(*testing.T, ...socket.Option) duplex
	openPeer func(*testing.T, ...socket.Option) duplex
}

var idSockets = []idSocket{
	{"SERVER", duplexOf(clientserver.NewServer), duplexOf(clientserver.NewClient)},
	{"PEER", duplexOf(clientserver.NewPeer), duplexOf(clientserver.NewPeer)},
}

// overIDSockets runs body for both, over every transport.
func overIDSockets(t *testing.T, body func(t *testing.T, k idSocket, fresh func() string)) {
	t.Helper()
	for _, k := range idSockets {
		t.Run(k.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) { body(t, k, fresh) })
		})
	}
}

// greetServer has the peer say hello to s, and returns its id there.
func greetServer(t *testing.T, s, peer duplex) (id uint32) {
	t.Helper()
	if p, ok := peer.(*clientserver.Peer); ok {
		sendTo(t, p, 1, "hello") // it has one peer, the first
	} else {
		send(t, peer, "hello")
	}
	id, body := asked(t, s)
	require.Equal(t, "hello", body)
	return id
}

// said is the body of the next message to the other end of an idSocket.
func said(t *testing.T, s duplex) string {
	t.Helper()
	frames := recv(t, s)
	return frames[len(frames)-1]
}

// TestServerHasNoRoute: an id that no peer has, or has no longer, is an error, and the message is the caller's.
func TestServerHasNoRoute(t *testing.T) {
	overIDSockets(t, func(t *testing.T, k idSocket, fresh func() string) {
		s, gone, stays := k.open(t), k.openPeer(t), k.openPeer(t)
		bound := bind(t, s, fresh())
		join(t, s, gone, bound)
		join(t, s, stays, bound)
		id, other := greetServer(t, s, gone), greetServer(t, s, stays)
		require.NotEqual(t, id, other)
		shut(t, gone)
		awaitPeers(t, s, 1)
		for _, unknown := range []uint32{0, 77, 1<<32 - 1, id} {
			m := clientserver.To(unknown, []byte("m"))
			for _, err := range []error{s.Send(deadline(t), m), s.TrySend(m), s.SendBytes(deadline(t), m.Frame(0), nil)} {
				require.ErrorIs(t, err, ringmq.ErrNoRoute)
				require.ErrorContains(t, err, fmt.Sprintf("%q", fmt.Sprint(unknown)))
			}
			require.Equal(t, unknown, clientserver.RoutingID(m))
		}
		n, err := s.SendBatch(deadline(t), []ringmq.Message{
			clientserver.To(other, []byte("1")), clientserver.To(id, []byte("2")), clientserver.To(other, []byte("3")),
		})
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.Equal(t, 1, n)
		require.Equal(t, "1", said(t, stays))
		requireEmpty(t, stays)
	})
}

// TestMessagesThatAreNoIDAndBody are refused, and nothing of them travels.
func TestMessagesThatAreNoIDAndBody(t *testing.T) {
	overIDSockets(t, func(t *testing.T, k idSocket, fresh func() string) {
		s, peer := k.open(t), k.openPeer(t)
		link(t, s, peer, fresh())
		id := string(clientserver.To(greetServer(t, s, peer), nil).Frame(0))
		for _, frames := range [][]string{{id}, {""}, {id, "body", ""}, {"", "body"}, {id[:3], "body"}, {id + "\x00", "body"}} {
			require.ErrorIs(t, s.TrySend(ringmq.NewString(frames...)), ringmq.ErrInvalidMessage, "%q", frames)
		}
		send(t, s, id, "body")
		require.Equal(t, "body", said(t, peer))
		requireEmpty(t, peer)
	})
}

// TestServerWaitsForAFullPeer, with the message in hand, while others are served. It goes on when there is room, and
// has no route any more when the peer leaves.
func TestServerWaitsForAFullPeer(t *testing.T) {
	marks := []socket.Option{socket.WithSendHWM(3), socket.WithRecvHWM(3)}
	overIDSockets(t, func(t *testing.T, k idSocket, fresh func() string) {
		s, slow, quick := k.open(t, marks...), k.openPeer(t, marks...), k.openPeer(t)
		bound := bind(t, s, fresh())
		join(t, s, slow, bound)
		join(t, s, quick, bound)
		id, other := greetServer(t, s, slow), greetServer(t, s, quick)
		sent := fill(t, s, clientserver.To(id, make([]byte, 64<<10)))
		sendTo(t, s, other, "not held up")
		require.Equal(t, "not held up", said(t, quick))
		done := begin(func() error { return s.Send(deadline(t), clientserver.To(id, []byte("last"))) })
		drain(t, slow, sent)
		require.NoError(t, result(t, done))
		require.Equal(t, "last", said(t, slow))
		requireEmpty(t, slow)

		fill(t, s, clientserver.To(id, make([]byte, 64<<10)))
		ctx := deadline(t)
		done = begin(func() error {
			for {
				if err := s.Send(ctx, clientserver.To(id, make([]byte, 64<<10))); err != nil {
					return err
				}
			}
		})
		shut(t, slow)
		require.ErrorIs(t, result(t, done), ringmq.ErrNoRoute)
	})
}

// TestRoutingIDsOfConnections: the bound end sees a peer that comes back as another; the connecting end keeps the id.
func TestRoutingIDsOfConnections(t *testing.T) {
	const rounds = 4
	everywhere(t, func(t *testing.T, fresh func() string) {
		client, endpoint := open(t, clientserver.NewClient), fresh()
		require.NoError(t, client.Connect(endpoint))
		server := open(t, clientserver.NewServer)
		for range rounds {
			bound := bind(t, server, endpoint)
			send(t, client, "m")
			id, _ := asked(t, server)
			sendTo(t, server, id, "answer")
			require.Equal(t, []string{"answer"}, recv(t, client))
			if isLocal(endpoint) {
				return // a name that is unbound leaves the peers
			}
			require.NoError(t, server.Unbind(bound))
			awaitPeers(t, client, 0)
			require.ErrorIs(t, server.TrySend(clientserver.To(id, nil)), ringmq.ErrNoRoute)
		}
	})
	everywhere(t, func(t *testing.T, fresh func() string) {
		server, endpoint := open(t, clientserver.NewServer), fresh()
		require.NoError(t, server.Connect(endpoint))
		var first uint32
		for range rounds {
			client := open(t, clientserver.NewClient)
			bind(t, client, endpoint)
			send(t, client, "m")
			id, _ := asked(t, server)
			if first == 0 {
				first = id
			}
			require.Equal(t, first, id)
			shut(t, client)
			awaitPeers(t, server, 0)
			sendTo(t, server, id, "meanwhile")
			client = open(t, clientserver.NewClient)
			bind(t, client, endpoint)
			require.Equal(t, []string{"meanwhile"}, recv(t, client))
			shut(t, client)
			awaitPeers(t, server, 0)
		}
	})
}

// TestConnectPeer: the id is there with the connection, before the peer is, and stays when the peer comes back.
func TestConnectPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		a, endpoint, other := open(t, clientserver.NewPeer), fresh(), fresh()
		id, err := a.ConnectPeer(endpoint)
		require.NoError(t, err)
		require.NotZero(t, id)
		second, err := a.ConnectPeer(other)
		require.NoError(t, err)
		require.NotEqual(t, id, second)
		for range 3 {
			sendTo(t, a, id, "early")
			b := open(t, clientserver.NewPeer)
			bind(t, b, endpoint)
			from, body := asked(t, b)
			require.Equal(t, "early", body)
			sendTo(t, b, from, "answer")
			got, body := asked(t, a)
			require.Equal(t, "answer", body)
			require.Equal(t, id, got)
			shut(t, b)
			awaitPeers(t, a, 0)
		}
		require.NoError(t, a.Disconnect(endpoint))
		require.ErrorIs(t, a.TrySend(clientserver.To(id, nil)), ringmq.ErrNoRoute)
		sendTo(t, a, second, "the other stays")
	})
	a := open(t, clientserver.NewPeer)
	_, err := a.ConnectPeer("tcp://nowhere")
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	shut(t, a)
	_, err = a.ConnectPeer("tcp://127.0.0.1:1")
	require.ErrorIs(t, err, ringmq.ErrClosed)
}

// TestManyGoroutinesAskAndAnswer: one CLIENT and one SERVER, each used by many at once. Nothing is lost or doubled.
func TestManyGoroutinesAskAndAnswer(t *testing.T) {
	const goroutines, each = 4, 400
	low := []socket.Option{socket.WithSendHWM(7), socket.WithRecvHWM(5)}
	everywhere(t, func(t *testing.T, fresh func() string) {
		client, server := open(t, clientserver.NewClient, low...), open(t, clientserver.NewServer, low...)
		link(t, server, client, fresh())
		ctx, finish := context.WithCancel(deadline(t))
		defer finish()
		all := newTally(goroutines, each)
		var wg sync.WaitGroup
		for i := range goroutines {
			wg.Go(func() {
				for n := range each {
					if err := client.Send(ctx, ringmq.NewMessage(numbered(i, n))); err != nil {
						t.Errorf("sender %d, message %d: %v", i, n, err)
						return
					}
				}
			})
			wg.Go(func() {
				for m, err := range server.Messages(ctx) {
					if err != nil || server.Send(ctx, m) != nil {
						return
					}
				}
			})
			wg.Go(func() { gather(t, ctx, client, all, finish) })
		}
		wg.Wait()
		require.Zero(t, all.left)
	})
}

// gather receives until somebody has had the last one. Who answers may overtake whom: the order is not looked at.
func gather(t *testing.T, ctx context.Context, r receiver, all *tally, finish func()) {
	for {
		m, err := r.Recv(ctx)
		if err != nil {
			return
		}
		done, err := all.add(m, before(len(all.seen)))
		if err != nil {
			t.Error(err)
		}
		if done {
			finish()
		}
	}
}
