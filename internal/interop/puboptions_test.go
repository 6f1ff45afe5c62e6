package interop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// setting is an option of a socket in both libraries: ours and theirs.
type setting struct {
	ours   []socket.Option
	theirs []string
}

// TestPublisherOptions: libzmq's publisher and ours do the same under the same option, with a subscriber of the other.
func TestPublisherOptions(t *testing.T) {
	invert := setting{[]socket.Option{socket.WithInvertMatching()}, []string{"invert_matching=1"}}
	for name, c := range map[string]struct {
		pub, sub     setting
		kind         string // of the subscriber
		conversation func(t *testing.T, pub, sub peer)
	}{
		"verbose":  {setting{[]socket.Option{socket.WithVerbose()}, []string{"xpub_verbose=1"}}, setting{}, "XSUB", verbose},
		"verboser": {setting{[]socket.Option{socket.WithVerboser()}, []string{"xpub_verboser=1"}}, setting{}, "XSUB", verboser},
		"manual":   {setting{[]socket.Option{socket.WithManual()}, []string{"xpub_manual=1"}}, setting{}, "SUB", manual},
		"invert":   {invert, invert, "SUB", inverted},
		"welcome": {setting{
			[]socket.Option{socket.WithWelcome(ringmq.NewString("Whello"))}, []string{"xpub_welcome_msg=x5768656c6c6f"},
		}, setting{}, "XSUB", welcome},
	} {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(name+"/"+transport+"/our-XPUB", func(t *testing.T) {
				t.Parallel()
				pub := newOurs(t, "XPUB", append(unlimited(), c.pub.ours...)...).bind(endpoint(t, transport))
				c.conversation(t, pub, libzmq(t, c.kind, "connect", pub.Endpoint(), c.sub.theirs...))
			})
			t.Run(name+"/"+transport+"/their-XPUB", func(t *testing.T) {
				t.Parallel()
				pub := libzmq(t, "XPUB", "bind", endpoint(t, transport), append(c.pub.theirs, "sndhwm=0")...)
				sub := newOurs(t, c.kind, append(unlimited(), c.sub.ours...)...)
				c.conversation(t, pub, sub.connect(pub.Endpoint()))
			})
		}
	}
}

func requireTold(t *testing.T, pub peer, note string) {
	t.Helper()
	require.Equal(t, expect(text(note)), do(pub, "recv"))
}

func verbose(t *testing.T, pub, sub peer) {
	for range 3 {
		subscribe(t, sub, "XSUB", "a")
		requireTold(t, pub, "\x01a")
	}
	unsubscribe(t, sub, "XSUB", "a")
	unsubscribe(t, sub, "XSUB", "a")
	unsubscribe(t, sub, "XSUB", "a")
	requireTold(t, pub, "\x00a")
}

func verboser(t *testing.T, pub, sub peer) {
	for range 2 {
		subscribe(t, sub, "XSUB", "a")
		requireTold(t, pub, "\x01a")
	}
	subscribe(t, sub, "XSUB", "b")
	requireTold(t, pub, "\x01b")
	unsubscribe(t, sub, "XSUB", "b")
	requireTold(t, pub, "\x00b")
}

func manual(t *testing.T, pub, sub peer) {
	subscribe(t, sub, "SUB", "A")
	requireTold(t, pub, "\x01A")
	require.Equal(t, "sent", do(pub, "send %s", text("A too early")))
	subscribe(t, pub, "SUB", "A1")
	for _, m := range []string{"A", "A1", "B", "A12"} {
		require.Equal(t, "sent", do(pub, "send %s", text(m)))
	}
	require.Equal(t, expect(text("A1")), do(sub, "recv"))
	require.Equal(t, expect(text("A12")), do(sub, "recv"))
	unsubscribe(t, sub, "SUB", "A")
	requireTold(t, pub, "\x00A")
	unsubscribe(t, pub, "SUB", "A1")
	subscribe(t, sub, "SUB", "")
	requireTold(t, pub, "\x01")
	subscribe(t, pub, "SUB", "end")
	for _, m := range []string{"A1", "end"} {
		require.Equal(t, "sent", do(pub, "send %s", text(m)))
	}
	require.Equal(t, expect(text("end")), do(sub, "recv"))
}

func inverted(t *testing.T, pub, sub peer) {
	subscribe(t, sub, "SUB", "A")
	requireTold(t, pub, "\x01A")
	for _, m := range []string{"A1", "B1", "A", "C"} {
		require.Equal(t, "sent", do(pub, "send %s", text(m)))
	}
	require.Equal(t, expect(text("B1")), do(sub, "recv"))
	require.Equal(t, expect(text("C")), do(sub, "recv"))
}

// welcome: an XSUB does not filter, so that it need not have subscribed before it connects.
func welcome(t *testing.T, pub, sub peer) {
	require.Equal(t, expect(text("Whello")), do(sub, "recv"))
	subscribe(t, sub, "XSUB", "x")
	requireTold(t, pub, "\x01x")
	require.Equal(t, "sent", do(pub, "send %s", text("x")))
	require.Equal(t, expect(text("x")), do(sub, "recv"))
}
