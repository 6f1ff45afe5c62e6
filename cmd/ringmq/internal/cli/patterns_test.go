package cli

import (
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPushPull(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		pull := start(t, "pull", "--bind", bind, "--count", "3")
		run(t, "push", "--connect", pull.endpoint(), "one", "", "three").requireOutput("")
		pull.requireOutput("one\n\nthree\n")
	})
}

func TestPushPullInproc(t *testing.T) {
	push := start(t, "push", "--connect", "inproc://cli-push-pull", "hello")
	start(t, "pull", "--bind", "inproc://cli-push-pull", "--count", "1").requireOutput("hello\n")
	push.requireOutput("")
}

func TestPushReadsLines(t *testing.T) {
	const n = 20_000
	pull := start(t, "pull", "--bind", binds["tcp"], "--count", "20000")
	push := startReading(t, strings.NewReader(lines(n)), "push", "--connect", pull.endpoint())
	push.requireOutput("")
	pull.requireOutput(lines(n))
}

func TestPushCounts(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--count", "7")
	run(t, "push", "--connect", pull.endpoint(), "--count", "5", "a", "b").requireOutput("")
	push := startReading(t, strings.NewReader("c\r\nd\ne\n"), "push", "--connect", pull.endpoint(), "--count", "2")
	push.requireOutput("")
	pull.wait()
	require.ElementsMatch(t, strings.Fields("a b a b a c d"), strings.Fields(pull.stdout.String()))
}

func TestPushWaitsForPeers(t *testing.T) {
	push := start(t, "push", "--bind", binds["tcp"], "--wait-peers", "2", "--interval", "1ms", "x", "x")
	first := start(t, "pull", "--connect", push.endpoint(), "--count", "1")
	second := start(t, "pull", "--connect", push.endpoint(), "--count", "1")
	first.requireOutput("x\n")
	second.requireOutput("x\n")
	push.requireOutput("")
}

func TestManyEndpoints(t *testing.T) {
	path := "ipc://" + filepath.Join(t.TempDir(), "s")
	pull := start(t, "pull", "--bind", binds["tcp"], "--bind", path, "--count", "2")
	run(t, "push", "--connect", pull.endpoint(), "tcp").requireOutput("")
	run(t, "push", "--connect", path, "ipc").requireOutput("")
	pull.wait()
	require.ElementsMatch(t, []string{"tcp", "ipc"}, strings.Fields(pull.stdout.String()))
}

func TestMultipart(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--count", "2", "--format", "json")
	run(t, "push", "--connect", pull.endpoint(), "--separator", `\t`, "a\tb\t", "c").requireOutput("")
	pull.requireOutput("[\"a\",\"b\",\"\"]\n[\"c\"]\n")
}

func TestPubSub(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		sub := start(t, "sub", "--bind", bind, "--count", "2", "--topic", "A", "--topic", "B", "--separator", " ")
		run(t, "pub", "--connect", sub.endpoint(), "--separator", " ", "AAPL 1", "MSFT 2", "BP 3").requireOutput("")
		sub.requireOutput("AAPL 1\nBP 3\n")
	})
}

func TestPubTopic(t *testing.T) {
	sub := start(t, "sub", "--bind", binds["tcp"], "--count", "2")
	run(t, "pub", "--connect", sub.endpoint(), "--topic", "T", "1", "2").requireOutput("")
	sub.requireOutput("T\t1\nT\t2\n")
}

// TestPubWaitsForSubscribers publishes for as long as both subscribers need: of the second subscription a publisher is
// not told.
func TestPubWaitsForSubscribers(t *testing.T) {
	pub := start(t, "pub", "--bind", binds["tcp"], "--wait-peers", "2", "--count", "10000", "--interval", "2ms", "x")
	first := start(t, "sub", "--connect", pub.endpoint(), "--count", "1", "--verbose")
	first.stderr.await(t, regexp.MustCompile("handshake succeeded"))
	require.Empty(t, first.stdout.String())
	start(t, "sub", "--connect", pub.endpoint(), "--count", "1").requireOutput("x\n")
	first.requireOutput("x\n")
}

func TestPubWithoutSubscribers(t *testing.T) {
	run(t, "pub", "--bind", binds["tcp"], "--wait-peers", "0", "x").requireOutput("")
	pub := run(t, "pub", "--bind", binds["tcp"], "x")
	pub.requireOutput("")
	require.Contains(t, pub.stderr.String(), "no subscriber yet")
}

func TestPubSaysSubscriptions(t *testing.T) {
	r, w := io.Pipe()
	pub := startReading(t, r, "pub", "--bind", binds["tcp"], "--verbose")
	sub := start(t, "sub", "--connect", pub.endpoint(), "--topic", "T")
	pub.stderr.await(t, regexp.MustCompile(`first subscription to topic "T"`))
	sub.end(nil)
	pub.stderr.await(t, regexp.MustCompile(`no subscription to topic "T" any more`))
	require.NoError(t, w.Close())
	pub.requireOutput("")
}

func TestReqRep(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		rep := start(t, "rep", "--bind", bind, "--echo", "--count", "2", "--separator", "|")
		run(t, "req", "--connect", rep.endpoint(), "--separator", "|", "one", "two|2").requireOutput("one\ntwo|2\n")
		rep.requireOutput("one\ntwo|2\n")
	})
}

func TestRepReply(t *testing.T) {
	rep := start(t, "rep", "--bind", binds["tcp"], "--format", "json", "--reply", `["yes",{"hex":"ff"}]`, "--count", "2")
	run(t, "req", "--connect", rep.endpoint(), "--format", "hex", "616263", "64").requireOutput("796573 ff\n796573 ff\n")
	rep.requireOutput("[\"abc\"]\n[\"d\"]\n")
}

func TestDealerRouter(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		router := start(t, "router", "--bind", bind, "--echo", "--count", "3", "--separator", " ")
		run(t, "dealer", "--connect", router.endpoint(), "--identity", "Ann", "1", "2").requireOutput("1\n2\n")
		run(t, "req", "--connect", router.endpoint(), "3").requireOutput("3\n")
		router.wait()
		require.Regexp(t, "^Ann 1\nAnn 2\n0x00[0-9a-f]{8}  3\n$", router.stdout.String())
	})
}

func TestRouterJSON(t *testing.T) {
	router := start(t, "router", "--bind", binds["tcp"], "--count", "1", "--format", "json")
	run(t, "dealer", "--connect", router.endpoint(), "--identity", "Ann", "--count", "1", "--timeout", "100ms", "x").
		requireFailure(statusTimeout, "timed out after 100ms waiting for a message")
	router.requireOutput("[\"Ann\",\"x\"]\n")
}

func TestDealerToRep(t *testing.T) {
	rep := start(t, "rep", "--bind", binds["tcp"], "--reply", "ok", "--count", "3")
	dealer := startReading(t, strings.NewReader("1\n2\n3\n"), "dealer", "--connect", rep.endpoint(), "--delimiter")
	dealer.requireOutput("ok\nok\nok\n")
	rep.requireOutput("1\n2\n3\n")
}

// TestDealerCount ends the command, but keeps no argument from being sent.
func TestDealerCount(t *testing.T) {
	router := start(t, "router", "--bind", binds["tcp"], "--count", "3", "--separator", "|", "me|enough")
	run(t, "dealer", "--connect", router.endpoint(), "--identity", "me", "--count", "1", "--interval", "20ms", "1", "2", "3").
		requireOutput("enough\n")
	router.requireOutput("me|1\nme|2\nme|3\n")
}
