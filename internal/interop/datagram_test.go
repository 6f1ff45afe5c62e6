package interop_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/nettest"
)

// freeUDP is a port that nobody has at the moment.
func freeUDP(t *testing.T) (port string) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer c.Close()
	_, port, err = net.SplitHostPort(c.LocalAddr().String())
	require.NoError(t, err)
	return port
}

// TestDatagramsWithLibzmq: groups over UDP, to one host and to a multicast group, with either end ours.
func TestDatagramsWithLibzmq(t *testing.T) {
	for name, at := range map[string]string{
		"unicast":   "udp://127.0.0.1:%s",
		"multicast": "udp://127.0.0.1;239.192.7.77:%s",
	} {
		for _, weRadiate := range []bool{true, false} {
			t.Run(name+map[bool]string{true: "/our-RADIO", false: "/our-DISH"}[weRadiate], func(t *testing.T) {
				requireDrafts(t)
				endpoint := fmt.Sprintf(at, freeUDP(t))
				if name == "multicast" {
					nettest.Multicast(t, nettest.Loopback(t))
				}
				followGroupsOverUDP(t, endpoint, weRadiate)
			})
		}
	}
}

func followGroupsOverUDP(t *testing.T, endpoint string, weRadiate bool) {
	var radio, dish peer
	if weRadiate {
		dish = libzmqDrafts(t, "DISH", "bind", endpoint)
		radio = newOurs(t, "RADIO").connect(endpoint)
	} else {
		dish = newOurs(t, "DISH").bind(endpoint)
		radio = libzmqDrafts(t, "RADIO", "connect", endpoint)
	}
	for _, group := range []string{text("A"), text("AB")} {
		require.Equal(t, "done", do(dish, "subscribe %s", group))
		awaitArrival(t, radio, dish, group+" "+text("begin"), group+" "+text("end"))
	}
	for _, n := range []int{0, 1, 255, 256, 8000} {
		for _, group := range []string{text("B"), text("AB"), text("ABC"), text("A")} {
			require.Equal(t, "sent", do(radio, "send %s %d@1", group, n))
		}
		for _, group := range []string{text("AB"), text("A")} {
			require.Equal(t, expect(fmt.Sprintf("%s %d@1", group, n)), do(dish, "recv"))
		}
	}
}

// TestDgramWithLibzmq: each end answers what it receives.
func TestDgramWithLibzmq(t *testing.T) {
	requireDrafts(t)
	ours, theirs := "127.0.0.1:"+freeUDP(t), "127.0.0.1:"+freeUDP(t)
	o := newOurs(t, "DGRAM").bind("udp://" + ours)
	p := libzmqDrafts(t, "DGRAM", "bind", "udp://"+theirs)
	toThem, toUs := text(theirs), text(ours)
	fromUs := text(ours + "\x00") // libzmq ends the address with a zero byte
	awaitOwn(t, o, p, toThem, fromUs)
	for _, n := range []int{0, 1, 255, 256, 8192} {
		require.Equal(t, "sent", do(o, "send %s %d@1", toThem, n))
		require.Equal(t, expect(fmt.Sprintf("%s %d@1", fromUs, n)), do(p, "recv"))
		require.Equal(t, "sent", do(p, "send %s %d@1", toUs, n))
		require.Equal(t, expect(fmt.Sprintf("%s %d@1", toThem, n)), do(o, "recv"))
	}
}

// awaitOwn sends until something arrives: libzmq binds a little after it has said so.
func awaitOwn(t *testing.T, from, to peer, address, shown string) {
	t.Helper()
	for range 1000 {
		require.Equal(t, "sent", do(from, "send %s %s", address, text("begin")))
		if do(to, "poll 20") == "yes" {
			break
		}
	}
	require.Equal(t, "sent", do(from, "send %s %s", address, text("end")))
	for got := ""; got != expect(shown+" "+text("end")); {
		got = do(to, "recv")
	}
}
