package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// talker is a socket that sends and receives.
type talker interface {
	sock
	sender
	receiver
}

func talkers[S talker](build func(...socket.Option) (S, error)) func(*testing.T, ...socket.Option) talker {
	return func(t *testing.T, opts ...socket.Option) talker {
		t.Helper()
		return open(t, build, opts...)
	}
}

var (
	newDealer = talkers(reqrep.NewDealer)
	newRouter = talkers(reqrep.NewRouter)
	newClient = talkers(clientserver.NewClient)
	newServer = talkers(clientserver.NewServer)
	newPeer   = talkers(clientserver.NewPeer)
)

// body is a received message without the id in front.
func body(t *testing.T, r receiver) string {
	t.Helper()
	m := recv(t, r)
	return m[len(m)-1]
}

// TestHello: the first message on each connection, of whoever has it, ahead of what was queued.
func TestHello(t *testing.T) {
	pairs := map[string][2]func(*testing.T, ...socket.Option) talker{
		"DEALER-ROUTER": {newDealer, newRouter},
		"ROUTER-DEALER": {newRouter, newDealer},
		"CLIENT-SERVER": {newClient, newServer},
		"SERVER-CLIENT": {newServer, newClient},
		"PEER-PEER":     {newPeer, newPeer},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				at := fresh()
				client := pair[0](t, socket.WithHello([]byte("hello from the client")))
				require.NoError(t, client.Connect(at))
				if name == "DEALER-ROUTER" {
					send(t, client, "queued")
				}
				for i := range 3 {
					server := pair[1](t, socket.WithHello([]byte(strings.Repeat("hello", 100))))
					bind(t, server, at)
					require.Equal(t, "hello from the client", body(t, server))
					require.Equal(t, strings.Repeat("hello", 100), body(t, client))
					if i == 0 && name == "DEALER-ROUTER" {
						require.Equal(t, "queued", body(t, server))
					}
					requireEmpty(t, server)
					requireEmpty(t, client)
					shut(t, server)
					awaitPeers(t, client, 0)
				}
				require.EqualValues(t, 0, client.Stats().Dropped)
			})
		})
	}
}

// TestNoHelloToRequesters: a REQ would end the connection, a REP has no use for it.
func TestNoHelloToRequesters(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router, req := open(t, reqrep.NewRouter, socket.WithHello([]byte("hello"))), open(t, reqrep.NewReq)
		link(t, router, req, fresh())
		send(t, req, "request")
		m := recv(t, router)
		send(t, router, append(m[:2], "reply")...)
		require.Equal(t, []string{"reply"}, recv(t, req))
		dealer, rep := open(t, reqrep.NewDealer, socket.WithHello([]byte("\x00"))), open(t, reqrep.NewRep)
		link(t, rep, dealer, fresh())
		send(t, dealer, "", "request")
		require.Equal(t, []string{"request"}, recv(t, rep))
	})
}

// TestDisconnectMessage: behind the last message of a peer that was accepted.
func TestDisconnectMessage(t *testing.T) {
	for name, pair := range map[string][2]func(*testing.T, ...socket.Option) talker{
		"ROUTER": {newRouter, newDealer}, "SERVER": {newServer, newClient}, "PEER": {newPeer, newPeer},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				server := pair[0](t, socket.WithDisconnectMessage([]byte("gone")), socket.WithMandatory())
				bound := bind(t, server, fresh())
				for i := range 3 {
					client := pair[1](t)
					if name == "PEER" {
						id, err := client.(*clientserver.Peer).ConnectPeer(bound)
						require.NoError(t, err)
						require.NoError(t, client.Send(deadline(t), clientserver.To(id, fmt.Append(nil, i))))
					} else {
						require.NoError(t, client.Connect(bound))
						send(t, client, fmt.Sprint(i))
					}
					awaitPeers(t, client, 1)
					shut(t, client)
					m, gone := recv(t, server), recv(t, server)
					require.Equal(t, []string{m[0], fmt.Sprint(i)}, m)
					require.Equal(t, []string{m[0], "gone"}, gone)
					require.ErrorIs(t, server.TrySend(ringmq.NewString(m[0], "x")), ringmq.ErrNoRoute)
				}
				requireEmpty(t, server)
			})
		})
	}
}

// TestHiccupMessage: behind the last message on a connection that Connect made, each time it is lost.
func TestHiccupMessage(t *testing.T) {
	for name, pair := range map[string][2]func(*testing.T, ...socket.Option) talker{
		"DEALER": {newDealer, newDealer}, "CLIENT": {newClient, newServer}, "PEER": {newPeer, newPeer},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				at := fresh()
				client := pair[0](t, socket.WithHiccupMessage([]byte("hiccup")))
				require.NoError(t, client.Connect(at))
				for range 3 {
					server := pair[1](t, socket.WithHello([]byte("hello")))
					bind(t, server, at)
					awaitPending(t, client, 1)
					shut(t, server)
					require.Equal(t, "hello", body(t, client))
					require.Equal(t, "hiccup", body(t, client))
					awaitPeers(t, client, 0)
				}
				requireEmpty(t, client)
				require.NoError(t, client.Disconnect(at))
				requireEmpty(t, client)
			})
		})
	}
}

// TestOnlyTheirOwnSide: a bound socket has no hiccups, a connected one no disconnect messages, and types that do not
// have a message never send it.
func TestOnlyTheirOwnSide(t *testing.T) {
	all := []socket.Option{
		socket.WithHello([]byte("hello")), socket.WithDisconnectMessage([]byte("gone")), socket.WithHiccupMessage([]byte("hiccup")),
		socket.WithProbeRouter(), socket.WithRouterNotify(socket.NotifyConnect | socket.NotifyDisconnect),
	}
	everywhere(t, func(t *testing.T, fresh func() string) {
		dealer := open(t, reqrep.NewDealer, socket.WithHiccupMessage([]byte("hiccup")))
		bound := bind(t, dealer, fresh())
		other := open(t, reqrep.NewDealer)
		join(t, dealer, other, bound)
		shut(t, other)
		awaitPeers(t, dealer, 0)
		requireEmpty(t, dealer)

		router, at := open(t, reqrep.NewRouter, socket.WithDisconnectMessage([]byte("gone"))), fresh()
		other = open(t, reqrep.NewDealer)
		link(t, other, router, at)
		shut(t, other)
		awaitPeers(t, router, 0)
		requireEmpty(t, router)

		rep, req := open(t, reqrep.NewRep, all...), open(t, reqrep.NewReq, all...)
		link(t, rep, req, fresh())
		send(t, req, "request")
		serve(t, rep, "rep", 1)
		require.Equal(t, []string{"rep", "request"}, recv(t, req))
		shut(t, req)
		awaitPeers(t, rep, 0)
		requireEmpty(t, rep)
	})
}

// TestComingsAndGoings: peers that come, go and are cut off in the midst of coming leave whole stories: a notification
// of each that has come, its hello at most once, and a notification of its end.
func TestComingsAndGoings(t *testing.T) {
	const peers = 150
	everywhere(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		router := open(t, reqrep.NewRouter, socket.WithRouterNotify(socket.NotifyConnect|socket.NotifyDisconnect),
			socket.WithReconnect(time.Microsecond, time.Millisecond), socket.WithHello([]byte("and to you")))
		require.NoError(t, router.Connect(at))
		ctx := deadline(t)
		done := begin(func() error { return bindInTurn(ctx, at, peers) })
		there, last := false, false
		for !last {
			m := recv(t, router)
			require.Equal(t, "id", m[0])
			switch m[1] {
			case "":
				there = !there
			case "last":
				last = true
				fallthrough
			default:
				require.True(t, there, "%q of a peer that is not there", m[1])
			}
		}
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"id", ""}, recv(t, router))
		awaitPeers(t, router, 0)
		requireEmpty(t, router)
	})
}

// bindInTurn binds one socket after the other to the endpoint, and closes each at once but for the last, which has
// something to say before.
func bindInTurn(ctx context.Context, at string, peers int) error {
	for i := range peers {
		s, err := reqrep.NewDealer(socket.WithIdentity("id"), socket.WithHello([]byte("hello")), socket.WithLinger(patience))
		if err != nil {
			return err
		}
		for err = ringmq.ErrAddrInUse; errors.Is(err, ringmq.ErrAddrInUse); {
			_, err = s.Bind(at) // the one before may take a moment to let go of it
		}
		if err == nil && i%3 == 0 {
			_ = s.TrySend(ringmq.NewString("quick"))
		}
		if err == nil && i == peers-1 {
			err = s.Send(ctx, ringmq.NewString("last"))
		}
		if err := errors.Join(err, s.Close()); err != nil {
			return err
		}
	}
	return nil
}
