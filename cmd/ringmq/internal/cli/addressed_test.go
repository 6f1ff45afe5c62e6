package cli

import (
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScatterGather(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		gather := start(t, "gather", "--bind", bind, "--count", "3")
		run(t, "scatter", "--connect", gather.endpoint(), "one", "", "three").requireOutput("")
		gather.requireOutput("one\n\nthree\n")
	})
	run(t, "scatter", "--connect", "inproc://cli-scatter", "--separator", " ", "two frames").
		requireFailure(statusFailed, "SCATTER send", "2 frames")
}

// TestPairs: either end sends first, and each ends when it has as many messages as it has sent.
func TestPairs(t *testing.T) {
	for _, kind := range []string{"pair", "channel"} {
		overStreams(t, func(t *testing.T, bind string) {
			bound := start(t, kind, "--bind", bind, "1", "2")
			run(t, kind, "--connect", bound.endpoint(), "a", "b").requireOutput("1\n2\n")
			bound.requireOutput("a\nb\n")
		})
	}
}

func TestClientServer(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		server := start(t, "server", "--bind", bind, "--echo", "--count", "2", "--separator", " ")
		run(t, "client", "--connect", server.endpoint(), "1", "2").requireOutput("1\n2\n")
		server.requireOutput("0x00000001 1\n0x00000001 2\n")
	})
}

func TestPeers(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		bound := start(t, "peer", "--bind", bind, "--echo", "--count", "2", "--format", "json")
		run(t, "peer", "--connect", bound.endpoint(), "1", "2").requireOutput("1\n2\n")
		bound.wait()
		require.Regexp(t, `^\["\\u0000\\u0000\\u0000\\u0001","1"\]\n\[.*,"2"\]\n$`, bound.stdout.String())
	})
	run(t, "peer", "--bind", binds["tcp"], "to whom?").requireFailure(statusUsage, "somebody to be sent to")
}

// TestStream: an echo server and its client, both of this program and not.
func TestStream(t *testing.T) {
	server := start(t, "stream", "--bind", binds["tcp"], "--echo", "--separator", " ")
	run(t, "stream", "--connect", server.endpoint(), "hello").requireOutput("hello\n")
	server.stdout.await(t, regexp.MustCompile("^0x0000000001 hello\n"))
	c, err := net.Dial("tcp", strings.TrimPrefix(server.endpoint(), "tcp://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "by hand")
	require.NoError(t, err)
	buf := make([]byte, len("by hand"))
	_, err = io.ReadFull(c, buf)
	require.NoError(t, err)
	require.Equal(t, "by hand", string(buf))
}

func TestDgram(t *testing.T) {
	server := start(t, "dgram", "--bind", "udp://127.0.0.1:*", "--echo", "--count", "2", "--separator", " ")
	to := strings.TrimPrefix(server.endpoint(), "udp://")
	run(t, "dgram", "--bind", "udp://127.0.0.1:*", "--to", to, "1", "2").requireOutput("1\n2\n")
	server.wait()
	require.Regexp(t, `^127\.0\.0\.1:\d+ 1\n127\.0\.0\.1:\d+ 2\n$`, server.stdout.String())
	run(t, "dgram", "--connect", "udp://127.0.0.1:5555", "x").requireFailure(statusFailed, "DGRAM connect udp://127.0.0.1:5555")
	run(t, "dgram", "--bind", "udp://127.0.0.1:*", "--to", "nowhere", "x").requireFailure(statusFailed, "nowhere")
}

func TestRadioDish(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		dish := start(t, "dish", "--bind", bind, "--group", "A", "--group", "B", "--count", "2", "--separator", " ")
		run(t, "radio", "--connect", dish.endpoint(), "--separator", " ", "A 1", "C 2", "B 3").requireOutput("")
		dish.requireOutput("A 1\nB 3\n")
	})
	radio := start(t, "radio", "--bind", binds["tcp"], "--wait-peers", "1", "--group", "A", "1")
	start(t, "dish", "--connect", radio.endpoint(), "--group", "A", "--count", "1").requireOutput("A\t1\n")
	radio.requireOutput("")
}

func TestRadioDishOverUDP(t *testing.T) {
	dish := start(t, "dish", "--bind", "udp://127.0.0.1:*", "--group", "A", "--count", "2")
	run(t, "radio", "--connect", dish.endpoint(), "--group", "A", "1", "2").requireOutput("")
	dish.requireOutput("A\t1\nA\t2\n")
	run(t, "radio", "--bind", "udp://127.0.0.1:*", "x").requireFailure(statusFailed, "RADIO bind")
}

func TestRadioWithoutDishes(t *testing.T) {
	run(t, "radio", "--bind", binds["tcp"], "--wait-peers", "0", "--group", "A", "x").requireOutput("")
	radio := run(t, "radio", "--bind", binds["tcp"], "--group", "A", "x")
	radio.requireOutput("")
	require.Contains(t, radio.stderr.String(), "no peer yet")
	run(t, "dish", "--bind", binds["tcp"]).requireFailure(statusUsage, "group")
	run(t, "dish", "--bind", binds["tcp"], "--group", "a", "--group", "a").requireFailure(statusUsage, "DISH join")
}
