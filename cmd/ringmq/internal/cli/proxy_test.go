package cli

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// side waits until the proxy has bound a side and says where.
func (c *command) side(name string) string {
	c.t.Helper()
	return c.stderr.await(c.t, regexp.MustCompile(name+`: listening at (\S+)\n`))[1]
}

// startProxy starts a proxy with both sides bound. At its end it prints statistics.
func startProxy(t *testing.T, kind, bind string, more ...string) *command {
	t.Helper()
	args := append([]string{"proxy", kind, "--frontend-bind", bind, "--backend-bind", bind, "--stats", "1h"}, more...)
	return start(t, args...)
}

// requireStats ends the proxy as Ctrl-C does and compares what it printed.
func (c *command) requireStats(want string) {
	c.t.Helper()
	c.end(nil)
	c.requireFailure(130)
	require.Equal(c.t, want, c.stdout.String(), "standard error: %s", c.stderr)
}

func TestProxyStreamer(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		proxy := startProxy(t, "streamer", bind)
		pull := start(t, "pull", "--connect", proxy.side("backend"), "--count", "2")
		run(t, "push", "--connect", proxy.side("frontend"), "one", "two").requireOutput("")
		pull.requireOutput("one\ntwo\n")
		proxy.requireStats("forward 2 messages, 6 bytes, 0 dropped; back 0 messages, 0 bytes, 0 dropped\n")
	})
}

func TestProxyQueue(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		proxy := startProxy(t, "queue", bind)
		start(t, "rep", "--connect", proxy.side("backend"), "--echo")
		run(t, "req", "--connect", proxy.side("frontend"), "a", "b").requireOutput("a\nb\n")
		// Each message has a routing id of 5 bytes and an empty frame in front.
		proxy.requireStats("forward 2 messages, 12 bytes, 0 dropped; back 2 messages, 12 bytes, 0 dropped\n")
	})
}

func TestProxyForwarder(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		proxy := startProxy(t, "forwarder", bind, "--capture-bind", bind)
		tap := start(t, "sub", "--connect", proxy.side("capture"), "--count", "2", "--format", "json", "--verbose")
		tap.stderr.await(t, regexp.MustCompile("handshake succeeded"))
		pub := start(t, "pub", "--connect", proxy.side("frontend"), "--wait-peers", "1", "news", "sport", "news")
		sub := start(t, "sub", "--connect", proxy.side("backend"), "--topic", "news", "--count", "2")
		sub.requireOutput("news\nnews\n")
		pub.requireOutput("")
		tap.wait()
		require.Contains(t, tap.stdout.String(), `["news"]`)
	})
}

// TestProxyConnects: the proxy connects on one side, and joins two transports.
func TestProxyConnects(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--count", "2")
	proxy := start(t, "proxy", "streamer", "--frontend-bind", binds["ipc"], "--backend-connect", pull.endpoint())
	run(t, "push", "--connect", proxy.side("frontend"), "one", "two").requireOutput("")
	pull.requireOutput("one\ntwo\n")
	proxy.requireStats("")
}

func TestProxySaysStatistics(t *testing.T) {
	proxy := start(t, "proxy", "streamer", "--frontend-bind", binds["tcp"], "--backend-bind", binds["tcp"],
		"--capture-bind", binds["tcp"], "--stats", "1ms")
	pull := start(t, "pull", "--connect", proxy.side("backend"), "--count", "1")
	run(t, "push", "--connect", proxy.side("frontend"), "one").requireOutput("")
	pull.requireOutput("one\n")
	proxy.stdout.await(t, regexp.MustCompile(
		`forward 1 messages, 3 bytes, 0 dropped; back 0 .*; captured 1 messages, 0 dropped\n`))
}

// TestProxyGivesUp what nobody takes within --linger. At these marks two messages wait at the frontend, so that once the
// third is taken the first is in the proxy's hand.
func TestProxyGivesUp(t *testing.T) {
	const endpoint = "inproc://cli-proxy-gives-up"
	proxy := start(t, "proxy", "streamer", "--frontend-bind", endpoint, "--backend-bind", binds["tcp"],
		"--hwm", "1", "--linger", "20ms", "--stats", "1h")
	run(t, "push", "--connect", endpoint, "--hwm", "1", "one", "two", "three").requireOutput("")
	proxy.end(nil)
	proxy.requireFailure(130, "1 message(s) given up")
	require.Contains(t, proxy.stdout.String(), "forward 0 messages, 0 bytes, 1 dropped")
}

func TestProxyEndpointErrors(t *testing.T) {
	run(t, "proxy", "queue", "--frontend-bind", binds["tcp"], "--backend-connect", "pgm://x").
		requireFailure(statusFailed, "ringmq proxy: ", "DEALER connect pgm://x", "unknown transport")
}
