package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// Datagrams between two sockets of one machine are not lost, nor do they overtake each other, as long as there are few:
// what arrives can be asserted.

// overUDP runs body for IPv4 and IPv6. endpoint is one to bind to.
func overUDP(t *testing.T, body func(t *testing.T, endpoint string)) {
	for name, host := range map[string]string{"IPv4": "127.0.0.1", "IPv6": "[::1]"} {
		t.Run(name, func(t *testing.T) {
			if name == "IPv6" {
				nettest.IPv6(t)
			}
			body(t, "udp://"+host+":*")
		})
	}
}

// TestDatagramsOfGroups: a dish receives its groups and no others, in order, each message whole.
func TestDatagramsOfGroups(t *testing.T) {
	overUDP(t, func(t *testing.T, endpoint string) {
		dish, radio := open(t, radiodish.NewDish), open(t, radiodish.NewRadio)
		longest := longTopic(radiodish.MaxGroup)
		for _, group := range []string{"A", "", longest} {
			require.NoError(t, dish.Join(group))
		}
		require.NoError(t, radio.Connect(bind(t, dish, endpoint)))
		for i := range 100 {
			for _, group := range []string{"B", "A", "AB", longest, longest[1:], ""} {
				send(t, radio, group, fmt.Sprint(group, i))
			}
			require.NoError(t, radio.SendBytes(deadline(t), []byte("A"), fmt.Append(nil, "copied ", i)))
			for _, group := range []string{"A", longest, ""} {
				require.Equal(t, []string{group, fmt.Sprint(group, i)}, recv(t, dish))
			}
			require.Equal(t, []string{"A", fmt.Sprint("copied ", i)}, recv(t, dish))
		}
		require.NoError(t, dish.Leave("A"))
		send(t, radio, "A", "x")
		send(t, radio, "", "last")
		require.Equal(t, []string{"", "last"}, recv(t, dish))
		require.Zero(t, dish.Stats().Dropped+radio.Stats().Dropped)
		eventually(t, "all are sent", func() bool { return radio.Stats().Sent == 702 })
		require.EqualValues(t, 401, dish.Stats().Received)
	})
}

// TestDatagramsAndStreams: one radio serves dishes over both; what a stream's dish has not joined still goes to the
// others.
func TestDatagramsAndStreams(t *testing.T) {
	radio := open(t, radiodish.NewRadio)
	near, far := open(t, radiodish.NewDish), open(t, radiodish.NewDish)
	require.NoError(t, near.Join("near"))
	for _, group := range []string{"near", "far"} {
		require.NoError(t, far.Join(group))
	}
	link(t, radio, near, freshTCP(t))
	require.NoError(t, radio.Connect(bind(t, far, "udp://127.0.0.1:*")))
	tuned(t, radio, near)
	for range 100 {
		send(t, radio, "near", "1")
		send(t, radio, "far", "2")
		require.Equal(t, []string{"near", "1"}, recv(t, near))
		require.Equal(t, []string{"near", "1"}, recv(t, far))
		require.Equal(t, []string{"far", "2"}, recv(t, far))
	}
	require.ErrorIs(t, radio.TrySend(ringmq.NewString("near", longTopic(socket.MaxDatagram))), ringmq.ErrTooLarge)
	endpoint := radio.Peers()[1].Endpoint
	require.NoError(t, radio.Disconnect(endpoint))
	send(t, radio, "near", longTopic(socket.MaxDatagram))
	require.Len(t, recv(t, near)[1], socket.MaxDatagram)
	requireEmpty(t, far)
	require.ErrorIs(t, radio.Disconnect(endpoint), ringmq.ErrNotFound)
}

// TestDatagramSize: the largest one passes, and the error for a larger one names its size and the limit.
func TestDatagramSize(t *testing.T) {
	overUDP(t, func(t *testing.T, endpoint string) {
		dish, radio := open(t, radiodish.NewDish), open(t, radiodish.NewRadio)
		require.NoError(t, dish.Join("group"))
		require.NoError(t, radio.Connect(bind(t, dish, endpoint)))
		most := longTopic(socket.MaxDatagram - len("Lgroup"))
		for _, body := range []string{"", "x", most} {
			send(t, radio, "group", body)
			require.Equal(t, []string{"group", body}, recv(t, dish))
		}
		err := radio.Send(deadline(t), ringmq.NewString("group", most+"x"))
		require.ErrorIs(t, err, ringmq.ErrTooLarge)
		require.ErrorContains(t, err, "8193")
		require.ErrorContains(t, err, "8192")

		a, b := open(t, dgram.NewDgram), open(t, dgram.NewDgram)
		to := address(bind(t, b, endpoint))
		bind(t, a, endpoint)
		most = longTopic(socket.MaxDatagram)
		for _, body := range []string{"", "x", most} {
			send(t, a, to, body)
			require.Equal(t, body, recv(t, b)[1])
		}
		err = a.TrySend(ringmq.NewString(to, most+"x"))
		require.ErrorIs(t, err, ringmq.ErrTooLarge)
		require.ErrorContains(t, err, "DGRAM send")
	})
}

// address is an endpoint without its scheme.
func address(endpoint string) string { return strings.TrimPrefix(endpoint, "udp://") }

// TestDatagramsBeyondTheMark are dropped by the receiving socket, and counted.
func TestDatagramsBeyondTheMark(t *testing.T) {
	const n, mark = 100, 8
	overUDP(t, func(t *testing.T, endpoint string) {
		dish, radio := open(t, radiodish.NewDish, socket.WithRecvHWM(mark)), open(t, radiodish.NewRadio)
		require.NoError(t, dish.Join("A"))
		require.NoError(t, radio.Connect(bind(t, dish, endpoint)))
		for i := range n {
			send(t, radio, "A", fmt.Sprint(i))
		}
		eventually(t, "the rest is dropped", func() bool { return dish.Stats().Dropped == n-mark })
		require.EqualValues(t, mark, dish.Stats().Pending)
		require.EqualValues(t, n-mark, dish.Peers()[0].Dropped)
		for i := range mark {
			require.Equal(t, []string{"A", fmt.Sprint(i)}, recv(t, dish))
		}
		send(t, radio, "A", "there is room again")
		require.Equal(t, []string{"A", "there is room again"}, recv(t, dish))
		eventually(t, "all are sent", func() bool { return radio.Stats().Sent == n+1 })
	})
}

// TestDatagramsTooLargeForTheReceiver are dropped and counted.
func TestDatagramsTooLargeForTheReceiver(t *testing.T) {
	a, b := open(t, dgram.NewDgram), open(t, dgram.NewDgram, socket.WithMaxMessageSize(10))
	bind(t, a, "udp://127.0.0.1:*")
	to := address(bind(t, b, "udp://127.0.0.1:*"))
	send(t, a, to, "too large: 11")
	send(t, a, to, "ten bytes.")
	require.Equal(t, "ten bytes.", recv(t, b)[1])
	require.EqualValues(t, 1, b.Stats().Dropped)
}

// TestDatagramsToNobodyYet: where a host is not known yet, messages wait, up to the mark; a radio drops the rest. Close
// says what was left.
func TestDatagramsToNobodyYet(t *testing.T) {
	const mark = 8
	for name, opts := range map[string][]socket.Option{"drops": nil, "waits": {socket.WithNoDrop()}} {
		t.Run(name, func(t *testing.T) {
			radio := open(t, radiodish.NewRadio, append(opts, socket.WithSendHWM(mark))...)
			require.NoError(t, radio.Connect("udp://ringmq.invalid:5555"))
			for range mark {
				require.NoError(t, radio.TrySend(ringmq.NewString("A", "body")))
			}
			if opts == nil {
				send(t, radio, "A", "one too many")
				require.EqualValues(t, 1, radio.Stats().Dropped)
			} else {
				require.ErrorIs(t, radio.TrySend(ringmq.NewString("A", "body")), ringmq.ErrWouldBlock)
			}
			require.EqualValues(t, mark, radio.Stats().Queued)
			var unsent *ringmq.UnsentError
			require.ErrorAs(t, within(t, "Close", radio.Close), &unsent)
			require.Equal(t, mark, unsent.Messages)
		})
	}
}

// TestDatagramsBothWays: with any program that speaks UDP; a message is answered by its address.
func TestDatagramsBothWays(t *testing.T) {
	overUDP(t, func(t *testing.T, endpoint string) {
		s := open(t, dgram.NewDgram)
		bound := bind(t, s, endpoint)
		for range 3 {
			c, err := net.Dial("udp", address(bound))
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
			for _, body := range []string{"", "hello", longTopic(60_000)} {
				_, err = c.Write([]byte(body))
				require.NoError(t, err)
				require.Equal(t, []string{c.LocalAddr().String(), body}, recv(t, s))
				send(t, s, c.LocalAddr().String(), "answer")
				buf := make([]byte, 100)
				n, err := c.Read(buf)
				require.NoError(t, err)
				require.Equal(t, "answer", string(buf[:n]))
			}
		}
		require.Len(t, s.Peers(), 1, "everybody that sends there is one")
		require.Equal(t, bound, s.Peers()[0].Endpoint)
	})
}

// TestDatagramAddresses that are none are refused; one that the system cannot reach is dropped and counted.
func TestDatagramAddresses(t *testing.T) {
	s := open(t, dgram.NewDgram)
	require.ErrorIs(t, s.TrySend(ringmq.NewString("127.0.0.1:5555", "not bound yet")), ringmq.ErrWouldBlock)
	bind(t, s, "udp://127.0.0.1:*")
	for _, to := range []string{"", "x", "127.0.0.1", "127.0.0.1:0", ":5555", "localhost:5555", "127.0.0.1:65536", "::1:5555", "127.0.0.1:5555\x00"} {
		err := s.TrySend(ringmq.NewString(to, "body"))
		require.ErrorIs(t, err, ringmq.ErrInvalidMessage, "%q", to)
	}
	for _, frames := range [][]string{{"127.0.0.1:5555"}, {"127.0.0.1:5555", "a", "b"}} {
		require.ErrorIs(t, s.TrySend(ringmq.NewString(frames...)), ringmq.ErrInvalidMessage)
	}
	send(t, s, "[::1]:5555", "not from an IPv4 address")
	eventually(t, "it is counted", func() bool { return s.Stats().Dropped == 1 })
	require.Zero(t, s.Stats().Sent)
}

// TestDatagramsThatAreNoMessages are passed over.
func TestDatagramsThatAreNoMessages(t *testing.T) {
	dish := open(t, radiodish.NewDish)
	require.NoError(t, dish.Join("A"))
	c, err := net.Dial("udp", address(bind(t, dish, "udp://127.0.0.1:*")))
	require.NoError(t, err)
	defer c.Close()
	for _, wire := range []string{"", "\x01", "\x02A", "\xff" + longTopic(254), "\x00", "\x01B", "\x01Abody"} {
		_, err := c.Write([]byte(wire))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"A", "body"}, recv(t, dish))
	require.EqualValues(t, 1, dish.Stats().Received)
	require.Zero(t, dish.Stats().Dropped)
}

// TestWhoUsesDatagrams: the others, and the other way round, are a typed error that names the type and the endpoint.
func TestWhoUsesDatagrams(t *testing.T) {
	const endpoint = "udp://127.0.0.1:5555"
	binds, connects := []string{"DISH", "DGRAM"}, []string{"RADIO"}
	for _, s := range everyType(t) {
		if !slices.Contains(binds, s.Type()) {
			_, err := s.Bind(endpoint)
			require.ErrorIs(t, err, ringmq.ErrUnsupported)
			require.ErrorContains(t, err, s.Type()+" bind "+endpoint)
		}
		if !slices.Contains(connects, s.Type()) {
			err := s.Connect(endpoint)
			require.ErrorIs(t, err, ringmq.ErrUnsupported)
			require.ErrorContains(t, err, s.Type()+" connect "+endpoint)
		}
	}
	s := open(t, dgram.NewDgram)
	for _, endpoint := range []string{"tcp://127.0.0.1:5555", "ipc:///tmp/x", "inproc://x"} {
		_, err := s.Bind(endpoint)
		require.ErrorIs(t, err, ringmq.ErrUnsupported)
		require.ErrorIs(t, s.Connect(endpoint), ringmq.ErrUnsupported)
	}
}

// TestDatagramBinds: an address is one socket's until it is unbound, and a DGRAM has one.
func TestDatagramBinds(t *testing.T) {
	for name, build := range map[string]constructor{"DISH": types["DISH"], "DGRAM": types["DGRAM"]} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t, build), open(t, build)
			bound := bind(t, a, "udp://127.0.0.1:*")
			_, err := b.Bind(bound)
			require.ErrorIs(t, err, ringmq.ErrAddrInUse)
			_, err = a.Bind("udp://127.0.0.1:*")
			if name == "DGRAM" {
				require.ErrorIs(t, err, ringmq.ErrState)
			} else {
				require.NoError(t, err)
			}
			events := a.Monitor(deadline(t))
			require.NoError(t, a.Unbind(bound))
			require.Equal(t, socket.ListenerClosed, (<-events).Type)
			require.ErrorIs(t, a.Unbind(bound), ringmq.ErrNotFound)
			eventually(t, "the address is free", func() bool {
				_, err := b.Bind(bound)
				return !errors.Is(err, ringmq.ErrAddrInUse)
			})
			require.Equal(t, bound, b.Peers()[0].Endpoint)
			if name == "DGRAM" {
				eventually(t, "it may be bound anew", func() bool {
					_, err := a.Bind("udp://127.0.0.1:*")
					return !errors.Is(err, ringmq.ErrState)
				})
			}
		})
	}
}

// TestDatagramsAreSentBeforeClose within the linger period.
func TestDatagramsAreSentBeforeClose(t *testing.T) {
	const n = 100
	for range 20 {
		dish := open(t, radiodish.NewDish)
		require.NoError(t, dish.Join("A"))
		radio := open(t, radiodish.NewRadio, socket.WithLinger(patience))
		bound := bind(t, dish, "udp://127.0.0.1:*")
		require.NoError(t, radio.Connect(bound))
		b := open(t, dgram.NewDgram, socket.WithLinger(patience))
		bind(t, b, "udp://127.0.0.1:*")
		for range n / 2 {
			send(t, radio, "A", "body")
			send(t, b, address(bound), "\x01Abody")
		}
		require.NoError(t, within(t, "Close", radio.Close))
		require.NoError(t, within(t, "Close", b.Close))
		drain(t, dish, n)
	}
}

// TestManySendersOfDatagrams: each one's messages keep their order, and none is lost while few are on their way.
func TestManySendersOfDatagrams(t *testing.T) {
	const senders, each, onTheirWay = 4, 200, 50
	a, b := open(t, dgram.NewDgram, socket.WithSendHWM(4)), open(t, dgram.NewDgram, socket.WithRecvHWM(0))
	to := address(bind(t, b, "udp://127.0.0.1:*"))
	bind(t, a, "udp://127.0.0.1:*")
	ctx := deadline(t)
	room := make(chan struct{}, onTheirWay)
	var waits []<-chan error
	for i := range senders {
		waits = append(waits, begin(func() error {
			for k := range each {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
				}
				if err := a.Send(ctx, ringmq.NewString(to, fmt.Sprintf("%d %d", i, k))); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	next := [senders]int{}
	for range senders * each {
		var i, k int
		_, err := fmt.Sscanf(recv(t, b)[1], "%d %d", &i, &k)
		require.NoError(t, err)
		require.Equal(t, next[i], k)
		next[i]++
		<-room
	}
	for _, done := range waits {
		require.NoError(t, result(t, done))
	}
	_, err := b.Recv(soon(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// onLoopback is the interface of most tests; of the others it is what the system's routes say.
const (
	onLoopback = "127.0.0.1;"
	onRoute    = ""
)

// multicast is the endpoint of a group; it skips the test where the interface has no multicast.
func multicast(t *testing.T, nic string, host byte) string {
	t.Helper()
	if nic == onLoopback {
		nettest.Multicast(t, nettest.Loopback(t))
	} else {
		nettest.Multicast(t, nil)
	}
	return fmt.Sprintf("udp://%s239.192.7.%d:%s", nic, host, freePort(t))
}

// freePort is a port that nobody has at the moment.
func freePort(t *testing.T) string {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer c.Close()
	_, port, err := net.SplitHostPort(c.LocalAddr().String())
	require.NoError(t, err)
	return port
}

// TestMulticast: all that are bound to a group receive what any radio sends there.
func TestMulticast(t *testing.T) {
	group := multicast(t, onLoopback, 1)
	var dishes []*radiodish.Dish
	for range 3 {
		dish := open(t, radiodish.NewDish)
		require.NoError(t, dish.Join("A"))
		require.Equal(t, group, bind(t, dish, group))
		dishes = append(dishes, dish)
	}
	for i := range 3 {
		radio := open(t, radiodish.NewRadio, socket.WithMulticastHops(1+i))
		require.NoError(t, radio.Connect(group))
		send(t, radio, "A", fmt.Sprint(i))
		for _, dish := range dishes {
			require.Equal(t, []string{"A", fmt.Sprint(i)}, recv(t, dish))
		}
	}
	require.NoError(t, dishes[0].Unbind(group))
	sender := open(t, dgram.NewDgram)
	bind(t, sender, group)
	nic, to, _ := strings.Cut(address(group), ";")
	require.Equal(t, "127.0.0.1", nic)
	send(t, sender, to, "\x01Aby hand")
	require.Equal(t, []string{"A", "by hand"}, recv(t, dishes[1]))
	require.Equal(t, "\x01Aby hand", recv(t, sender)[1], "it is a member too")
	requireEmpty(t, dishes[0])
}

// TestMulticastLoop: without it nothing comes back to this machine, except over the loopback interface, where
// everything does.
func TestMulticastLoop(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there the receiving socket has the option")
	}
	group := multicast(t, onRoute, 2)
	dish := open(t, radiodish.NewDish)
	require.NoError(t, dish.Join("A"))
	bind(t, dish, group)
	mute := open(t, radiodish.NewRadio, socket.WithMulticastLoop(false))
	require.NoError(t, mute.Connect(group))
	send(t, mute, "A", "nobody hears this")
	eventually(t, "it is sent", func() bool { return mute.Stats().Sent == 1 })
	radio := open(t, radiodish.NewRadio, socket.WithMulticastLoop(true))
	require.NoError(t, radio.Connect(group))
	send(t, radio, "A", "loud")
	require.Equal(t, []string{"A", "loud"}, recv(t, dish))
}

// TestMulticastGroupsAreKeptApart, with one port.
func TestMulticastGroupsAreKeptApart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system may give a socket what others have joined")
	}
	group := multicast(t, onLoopback, 3)
	other := strings.Replace(group, "239.192.7.3", "239.192.7.4", 1)
	dish, unwanted := open(t, radiodish.NewDish), open(t, radiodish.NewDish)
	require.NoError(t, dish.Join("A"))
	bind(t, dish, group)
	bind(t, unwanted, other)
	for _, at := range []string{other, group} {
		radio := open(t, radiodish.NewRadio)
		require.NoError(t, radio.Connect(at))
		send(t, radio, "A", at)
		eventually(t, "it is sent", func() bool { return radio.Stats().Sent == 1 })
	}
	require.Equal(t, []string{"A", group}, recv(t, dish))
}
