package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestMarkOfAnEndpoint: the mark of one peer is that which its endpoint was given, those of others stay.
func TestMarkOfAnEndpoint(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(5))
		require.NoError(t, push.ConnectWith(fresh(), socket.WithSendHWM(2)))
		took := func() (n int) {
			for push.TrySend(ringmq.NewString("x")) == nil {
				n++
			}
			return n
		}
		require.Equal(t, 2, took())
		require.NoError(t, push.Connect(fresh()))
		require.Equal(t, 5, took())
		require.NoError(t, push.ConnectWith(fresh(), socket.WithSendHWM(7)))
		require.Equal(t, 7, took())
	})
}

// TestMarkOfABoundEndpoint over inproc, where the queue of two sockets holds exactly the sum of their marks.
func TestMarkOfABoundEndpoint(t *testing.T) {
	onInproc(t, func(t *testing.T, fresh func() string) {
		for _, own := range []int{1, 9} {
			pull, push := open(t, pipeline.NewPull, socket.WithRecvHWM(4)), open(t, pipeline.NewPush, socket.WithSendHWM(3))
			bound, err := pull.BindWith(fresh(), socket.WithRecvHWM(own))
			require.NoError(t, err)
			join(t, pull, push, bound)
			for range own + 3 {
				require.NoError(t, push.TrySend(ringmq.NewString("x")))
			}
			require.ErrorIs(t, push.TrySend(ringmq.NewString("x")), ringmq.ErrWouldBlock)
		}
	})
}

// TestIdentityOfAnEndpoint: a DEALER goes by another name at each ROUTER, and says more of itself to one.
func TestIdentityOfAnEndpoint(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		dealer := open(t, reqrep.NewDealer, socket.WithIdentity("own"), socket.WithMetadata("X-Of", "all"))
		for _, other := range []struct {
			opts []socket.Option
			id   string
			desk string
		}{
			{[]socket.Option{socket.WithIdentity("other"), socket.WithMetadata("X-Desk", "7")}, "other", "7"},
			{nil, "own", ""},
			{[]socket.Option{socket.WithIdentity("third"), socket.WithMetadata("X-Desk", "9")}, "third", "9"},
		} {
			router := open(t, reqrep.NewRouter)
			bound := bind(t, router, fresh())
			require.NoError(t, dealer.ConnectWith(bound, other.opts...))
			awaitPeers(t, router, 1)
			peer := router.Peers()[0]
			require.Equal(t, other.id, peer.Identity)
			require.Equal(t, "all", peer.Properties["X-Of"])
			require.Equal(t, other.desk, peer.Properties["X-Desk"])
			send(t, router, other.id, "hello")
			require.Equal(t, []string{"hello"}, recv(t, dealer))
		}
	})
}

// TestLimitOfAnEndpoint: what is too large at one endpoint passes at another.
func TestLimitOfAnEndpoint(t *testing.T) {
	large := strings.Repeat("x", 1000)
	onStreams(t, func(t *testing.T, fresh func() string) {
		pull := open(t, pipeline.NewPull)
		narrow, err := pull.BindWith(fresh(), socket.WithMaxMessageSize(100))
		require.NoError(t, err)
		wide := bind(t, pull, fresh())
		events := pull.Monitor(deadline(t))
		out, in := open(t, pipeline.NewPush), open(t, pipeline.NewPush)
		join(t, pull, out, narrow)
		join(t, pull, in, wide)
		send(t, out, large)
		for e := range events {
			if e.Type == socket.Disconnected {
				require.Equal(t, narrow, e.Endpoint)
				require.ErrorIs(t, e.Err, ringmq.ErrTooLarge)
				break
			}
		}
		send(t, in, large)
		require.Equal(t, []string{large}, recv(t, pull))
	})
}

// TestReconnectOfAnEndpoint: one is tried once, the other until somebody is there.
func TestReconnectOfAnEndpoint(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		push, once, again := open(t, pipeline.NewPush), fresh(), fresh()
		events := push.Monitor(deadline(t))
		require.NoError(t, push.Connect(again))
		require.NoError(t, push.ConnectWith(once, socket.WithNoReconnect()))
		for e := range events {
			if e.Type == socket.ConnectStopped {
				require.Equal(t, once, e.Endpoint)
				break
			}
		}
		require.ErrorIs(t, push.Disconnect(once), ringmq.ErrNotFound)
		pull := open(t, pipeline.NewPull)
		bind(t, pull, again)
		awaitPeers(t, push, 1)
	})
}

// TestOptionsThatAreNoEndpoints: the error says which option, where it belongs, and for which endpoint it was meant.
func TestOptionsThatAreNoEndpoints(t *testing.T) {
	const endpoint = "inproc://options-of-endpoints"
	for name, c := range map[string]struct {
		bind, connect string // parts of the errors; "": there is none
		option        socket.Option
	}{
		"of the socket": {"option Linger: invalid option: must be given to the constructor", "option Linger: invalid option: must be given to the constructor", socket.WithLinger(time.Second)},
		"for connect":   {"option Reconnect: invalid option: must be given to ConnectWith", "", socket.WithReconnect(time.Second, time.Second)},
		"for bind":      {"", "option TCPAcceptFilter: invalid option: must be given to BindWith", socket.WithTCPAcceptFilter("::1")},
		"out of range":  {`"-1": option SendHWM: invalid option: must be 0`, `"-1": option SendHWM: invalid option: must be 0`, socket.WithSendHWM(-1)},
		"no option":     {"zero Option", "zero Option", socket.Option{}},
		"right":         {"", "", socket.WithSendHWM(3)},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, pipeline.NewPull)
			bound, err := s.BindWith(endpoint, c.option)
			requireOptionError(t, endpoint, c.bind, err)
			require.Equal(t, err == nil, bound != "")
			requireOptionError(t, endpoint, c.connect, s.ConnectWith(endpoint, c.option))
			if c.connect != "" {
				require.ErrorIs(t, s.Disconnect(endpoint), ringmq.ErrNotFound)
			}
		})
	}
}

func requireOptionError(t *testing.T, endpoint, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, ringmq.ErrInvalidOption)
	require.ErrorContains(t, err, want)
	require.ErrorContains(t, err, endpoint)
}
