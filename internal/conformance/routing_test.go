package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// once keeps a socket whose connection is lost from coming back within a test.
var once = socket.WithReconnect(time.Hour, time.Hour)

// TestHandover: the newcomer gets the messages for the id; what the first has sent is still received, and it does not
// come between any more. With notifications there is no end of the id in between.
func TestHandover(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithMandatory(), socket.WithHandover(),
			socket.WithRouterNotify(socket.NotifyConnect|socket.NotifyDisconnect))
		bound := bind(t, router, fresh())
		first := open(t, reqrep.NewDealer, socket.WithIdentity("id"), once)
		join(t, router, first, bound)
		send(t, first, "from the first")
		awaitPending(t, router, 2)
		second := open(t, reqrep.NewDealer, socket.WithIdentity("id"), once)
		require.NoError(t, second.Connect(bound))
		awaitPeers(t, first, 0)
		awaitPeers(t, router, 1)
		for i := range 20 {
			send(t, router, "id", fmt.Sprint(i))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, second))
		}
		send(t, second, "from the second")
		var got [][]string
		for range 4 {
			got = append(got, recv(t, router))
		}
		require.ElementsMatch(t, [][]string{{"id", ""}, {"id", "from the first"}, {"id", ""}, {"id", "from the second"}}, got)
		shut(t, second)
		require.Equal(t, []string{"id", ""}, recv(t, router))
		requireEmpty(t, router)
		require.ErrorIs(t, router.TrySend(ringmq.NewString("id", "x")), ringmq.ErrNoRoute)
	})
}

// TestHandoverLeavesWhatHasArrived: over inproc what was sent to the first is in its queue: it receives that, and it does
// not count as dropped, whoever has bound.
func TestHandoverLeavesWhatHasArrived(t *testing.T) {
	onInproc(t, func(t *testing.T, fresh func() string) {
		for _, weBind := range []bool{true, false} {
			router := open(t, reqrep.NewRouter, socket.WithMandatory(), socket.WithHandover())
			first, at := open(t, reqrep.NewDealer, socket.WithIdentity("id"), once), fresh()
			if weBind {
				link(t, router, first, at)
			} else {
				link(t, first, router, at)
			}
			for i := range 3 {
				send(t, router, "id", fmt.Sprint(i))
			}
			second := open(t, reqrep.NewDealer, socket.WithIdentity("id"), once)
			require.NoError(t, second.Connect(bind(t, router, fresh())))
			awaitPeers(t, first, 0)
			awaitPeers(t, router, 1)
			require.Zero(t, router.Stats().Dropped)
			require.EqualValues(t, 3, router.Stats().Sent)
			for i := range 3 {
				require.Equal(t, []string{fmt.Sprint(i)}, recv(t, first))
			}
			requireEmpty(t, first)
		}
	})
}

// TestHandoverFromAConnectedPeer: the one that leaves is one that we have connected to, with a connection or without.
func TestHandoverFromAConnectedPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, there := range []bool{true, false} {
			router := open(t, reqrep.NewRouter, socket.WithHandover())
			at := fresh()
			if there {
				first := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
				link(t, first, router, at)
			} else {
				require.NoError(t, router.ConnectWithID(at, "id"))
				send(t, router, "id", "queued for the first")
			}
			second := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
			require.NoError(t, second.Connect(bind(t, router, fresh())))
			eventually(t, "only the second is there", func() bool {
				peers := router.Peers()
				return len(peers) == 1 && peers[0].Connected && peers[0].Endpoint != at
			})
			send(t, router, "id", "to the second")
			require.Equal(t, []string{"to the second"}, recv(t, second))
			require.ErrorIs(t, router.Disconnect(at), ringmq.ErrNotFound)
			require.EqualValues(t, b2i(!there), router.Stats().Dropped)
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRouterNotify: before the first message of a peer and behind its last, each if it is wanted.
func TestRouterNotify(t *testing.T) {
	note := []string{"id", ""}
	for name, of := range map[string]socket.RouterNotify{
		"none": 0, "connect": socket.NotifyConnect, "disconnect": socket.NotifyDisconnect,
		"both": socket.NotifyConnect | socket.NotifyDisconnect,
	} {
		for _, weBind := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/bound %v", name, weBind), func(t *testing.T) {
				everywhere(t, func(t *testing.T, fresh func() string) {
					router, at := open(t, reqrep.NewRouter, socket.WithRouterNotify(of)), fresh()
					if weBind {
						bind(t, router, at)
					} else {
						require.NoError(t, router.Connect(at))
					}
					for i := range 3 {
						dealer := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
						if weBind {
							require.NoError(t, dealer.Connect(at))
						} else {
							bind(t, dealer, at)
						}
						send(t, dealer, fmt.Sprint(i))
						awaitPeers(t, dealer, 1)
						shut(t, dealer)
						var want [][]string
						if of&socket.NotifyConnect != 0 {
							want = append(want, note)
						}
						want = append(want, []string{"id", fmt.Sprint(i)})
						if of&socket.NotifyDisconnect != 0 {
							want = append(want, note)
						}
						for _, m := range want {
							require.Equal(t, m, recv(t, router))
						}
						awaitPeers(t, router, 0)
						requireEmpty(t, router)
					}
				})
			})
		}
	}
}

// TestNotificationKnowsThePeer as a message of the peer would.
func TestNotificationKnowsThePeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithRouterNotify(socket.NotifyConnect))
		dealer := open(t, reqrep.NewDealer, socket.WithIdentity("id"), socket.WithMetadata("X-Room", "12"))
		link(t, dealer, router, fresh())
		m, err := router.Recv(deadline(t))
		require.NoError(t, err)
		room, _ := m.Property("X-Room")
		require.Equal(t, "12", room)
		m.Release()
	})
}

// TestNoNotificationOfADuplicate: a peer that does not get the id it announces is none.
func TestNoNotificationOfADuplicate(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		router := open(t, reqrep.NewRouter, socket.WithRouterNotify(socket.NotifyConnect|socket.NotifyDisconnect))
		bound := bind(t, router, fresh())
		first := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
		join(t, router, first, bound)
		second := open(t, reqrep.NewDealer, socket.WithIdentity("id"))
		join(t, router, second, bound)
		shut(t, second)
		awaitPeers(t, router, 1)
		send(t, first, "honest")
		require.Equal(t, []string{"id", ""}, recv(t, router))
		require.Equal(t, []string{"id", "honest"}, recv(t, router))
		requireEmpty(t, router)
	})
}

// TestProbeRouter: a ROUTER learns of a peer that has nothing to say yet; no other type is probed.
func TestProbeRouter(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, weBind := range []bool{true, false} {
			for name, prober := range map[string]sock{
				"DEALER": open(t, reqrep.NewDealer, socket.WithProbeRouter(), socket.WithIdentity("id")),
				"REQ":    open(t, reqrep.NewReq, socket.WithProbeRouter(), socket.WithIdentity("id")),
				"ROUTER": open(t, reqrep.NewRouter, socket.WithProbeRouter(), socket.WithIdentity("id")),
			} {
				router := open(t, reqrep.NewRouter)
				if weBind {
					link(t, router, prober, fresh())
				} else {
					link(t, prober, router, fresh())
				}
				require.Equal(t, []string{"id", ""}, recv(t, router), name)
			}
		}
		a, b := open(t, reqrep.NewDealer, socket.WithProbeRouter()), open(t, reqrep.NewDealer, socket.WithProbeRouter())
		link(t, a, b, fresh())
		send(t, a, "first")
		require.Equal(t, []string{"first"}, recv(t, b))
		router, req := open(t, reqrep.NewRouter, socket.WithProbeRouter()), open(t, reqrep.NewReq)
		link(t, router, req, fresh())
		send(t, req, "asks in peace")
		recv(t, router)
	})
}

// TestConnectWithID: the id holds from the start, whatever the peer announces, and as long as the connection is wanted.
func TestConnectWithID(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		at, other := fresh(), fresh()
		router := open(t, reqrep.NewRouter, socket.WithMandatory())
		require.NoError(t, router.ConnectWithID(at, "ours"))
		send(t, router, "ours", "queued")
		for i := range 3 {
			dealer := open(t, reqrep.NewDealer, socket.WithIdentity("theirs"))
			bind(t, dealer, at)
			if i == 0 {
				require.Equal(t, []string{"queued"}, recv(t, dealer))
			}
			send(t, dealer, fmt.Sprint(i))
			require.Equal(t, []string{"ours", fmt.Sprint(i)}, recv(t, router))
			send(t, router, "ours", "back")
			require.Equal(t, []string{"back"}, recv(t, dealer))
			require.ErrorIs(t, router.TrySend(ringmq.NewString("theirs", "x")), ringmq.ErrNoRoute)
			shut(t, dealer)
			awaitPeers(t, router, 0)
		}
		err := router.ConnectWithID(other, "ours")
		require.ErrorIs(t, err, ringmq.ErrAddrInUse)
		require.ErrorIs(t, router.Disconnect(other), ringmq.ErrNotFound)
		require.NoError(t, router.Disconnect(at))
		require.NoError(t, router.ConnectWithID(other, "ours"), "it is free again")

		for _, id := range []string{"", "\x00x", string(make([]byte, 256))} {
			err := router.ConnectWithID(other, id)
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
			var e *ringmq.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, ringmq.Error{Socket: "ROUTER", Op: "connect", Endpoint: other, Value: id, Err: e.Err}, *e)
		}
		require.ErrorIs(t, router.ConnectWithID("nowhere", "x"), ringmq.ErrInvalidEndpoint)
		hasty := open(t, reqrep.NewRouter, socket.WithImmediate())
		require.ErrorIs(t, hasty.ConnectWithID(at, "x"), ringmq.ErrState)
	})
}
