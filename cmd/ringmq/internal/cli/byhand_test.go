package cli

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// typing is a command whose standard input is written a line at a time.
type typing struct {
	*command
	w *io.PipeWriter
}

func startTyping(t *testing.T, args ...string) typing {
	t.Helper()
	r, w := io.Pipe()
	c := typing{startReading(t, r, args...), w}
	t.Cleanup(func() { _ = w.Close() })
	return c
}

func (c typing) line(text string) {
	c.t.Helper()
	_, err := io.WriteString(c.w, text+"\n")
	require.NoError(c.t, err)
}

func (c typing) eof() { require.NoError(c.t, c.w.Close()) }

// TestRouterSends lines and arguments, to a peer that is there and to one that comes later.
func TestRouterSends(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		for _, c := range []struct {
			stdin string
			args  []string
		}{
			{"me|hello\n", nil},
			{"", []string{"me|hello"}},
		} {
			args := append([]string{"router", "--bind", bind, "--separator", "|", "--timeout", patience.String()}, c.args...)
			router := startReading(t, strings.NewReader(c.stdin), args...)
			run(t, "dealer", "--connect", router.endpoint(), "--identity", "me", "hi").requireOutput("hello\n")
			router.requireOutput("me|hi\n")
		}
	})
}

// TestRouterTalks: it answers by the id that it has printed, as it was printed, also to a REQ.
func TestRouterTalks(t *testing.T) {
	for _, c := range []struct{ format, printed, reply string }{
		{formatText, `(?m)^(0x00[0-9a-f]{8}\t\t)question$`, "answer"},
		{formatJSON, `(?m)^(\["\\u0000.*,"",)"question"\]$`, `"answer"]`},
	} {
		router := startTyping(t, "router", "--bind", binds["tcp"], "--format", c.format)
		req := start(t, "req", "--connect", router.endpoint(), "question")
		router.line(router.stdout.await(t, regexp.MustCompile(c.printed))[1] + c.reply)
		req.requireOutput("answer\n")
		router.eof()
		router.wait()
		require.Zero(t, router.status, "one was sent and one received: %s", router.stderr)
	}
}

// TestRouterTellsWhomItWaitsFor by the id, and ends when --timeout says so.
func TestRouterTellsWhomItWaitsFor(t *testing.T) {
	for _, id := range []string{"nobody", "0x0000000007"} {
		run(t, "router", "--bind", binds["tcp"], "--separator", "|", "--timeout", "30ms", id+"|x").
			requireFailure(statusTimeout, "ringmq router: timed out after 30ms waiting for a", `: no peer has the routing id "`+id+`"`)
	}
	router := start(t, "router", "--bind", binds["tcp"], "--separator", "|", "late|x")
	router.stderr.await(t, regexp.MustCompile(`(?m)^no peer has the routing id "late" yet; waiting for it \(see --timeout\)$`))
	run(t, "dealer", "--connect", router.endpoint(), "--identity", "late", "y").requireOutput("x\n")
	router.requireOutput("late|y\n")
}

// TestRouterRefusesHalves: a message without an id, or without anything else.
func TestRouterRefusesHalves(t *testing.T) {
	for _, text := range []string{"me", "", "|x"} {
		run(t, "router", "--bind", binds["tcp"], "--separator", "|", text).
			requireFailure(statusFailed, "ringmq router: ", errAddress.Error())
	}
}

// TestRouterCount ends the command, but keeps no argument from being sent; a line whose peer is missing is told of.
func TestRouterCount(t *testing.T) {
	router := start(t, "router", "--bind", binds["tcp"], "--count", "2", "--separator", "|", "me|hello", "me|again")
	run(t, "dealer", "--connect", router.endpoint(), "--identity", "me", "1", "2").requireOutput("hello\nagain\n")
	router.requireOutput("me|1\nme|2\n")

	half := start(t, "router", "--bind", binds["tcp"], "--count", "1", "--separator", "|", "me|hello", "half")
	start(t, "dealer", "--connect", half.endpoint(), "--identity", "me", "1")
	half.requireFailure(statusFailed, errAddress.Error())

	typed := startTyping(t, "router", "--bind", binds["tcp"], "--count", "1", "--separator", "|")
	typed.line("nobody|x")
	typed.stderr.await(t, regexp.MustCompile(`no peer has the routing id "nobody" yet`))
	start(t, "dealer", "--connect", typed.endpoint(), "--identity", "me", "1")
	typed.requireOutput("me|1\n")
	require.Contains(t, typed.stderr.String(), `not sent: no peer has the routing id "nobody"`)
}

// TestRouterWithNothingToSend goes on.
func TestRouterWithNothingToSend(t *testing.T) {
	router := start(t, "router", "--bind", binds["tcp"], "--separator", "|")
	for _, text := range []string{"1", "2"} {
		start(t, "dealer", "--connect", router.endpoint(), "--identity", "id"+text, text)
		router.stdout.await(t, regexp.MustCompile("id"+regexp.QuoteMeta(text)+`\|`+text+"\n"))
	}
}

// TestRepByHand: the request is printed before it is replied to, and the last reply ends the command.
func TestRepByHand(t *testing.T) {
	overStreams(t, func(t *testing.T, bind string) {
		rep := startTyping(t, "rep", "--bind", bind)
		for _, text := range []string{"one", "two"} {
			req := start(t, "req", "--connect", rep.endpoint(), text)
			rep.stdout.await(t, regexp.MustCompile("(?m)^"+text+"$"))
			require.Empty(t, req.stdout.String())
			rep.line("re " + text)
			req.requireOutput("re " + text + "\n")
		}
		rep.eof()
		rep.requireOutput("one\ntwo\n")
	})
}

// TestRepReplies: what is there before the requests is for them in turn, and the command ends after the last of it.
func TestRepReplies(t *testing.T) {
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"1\n2\n", nil, "1\n2\n"},
		{"", []string{"1", "2"}, "1\n2\n"},
		{"", []string{"--count", "3", "1", "2"}, "1\n2\n1\n"},
		{"1\n2\n3\n4\n", []string{"--count", "3"}, "1\n2\n3\n"},
	} {
		rep := startReading(t, strings.NewReader(c.stdin), append([]string{"rep", "--bind", binds["tcp"]}, c.args...)...)
		questions := strings.Split("abc", "")[:strings.Count(c.want, "\n")]
		run(t, append([]string{"req", "--connect", rep.endpoint()}, questions...)...).requireOutput(c.want)
		rep.requireOutput(strings.Join(questions, "\n") + "\n")
	}
	start(t, "rep", "--bind", binds["tcp"]).requireOutput("") // there is nothing to reply
}

// TestRepLeftWithoutReply: the end of the input is no failure, and who asked last is not passed over in silence.
func TestRepLeftWithoutReply(t *testing.T) {
	rep := startTyping(t, "rep", "--bind", binds["tcp"])
	start(t, "req", "--connect", rep.endpoint(), "anybody?")
	rep.stdout.await(t, regexp.MustCompile("anybody"))
	rep.eof()
	rep.requireOutput("anybody?\n")
	require.Contains(t, rep.stderr.String(), "no reply to the last request: there is no more input")
}

func TestRepRefusesWhatIsNotInTheFormat(t *testing.T) {
	run(t, "rep", "--bind", binds["tcp"], "--format", "hex", "zz").requireFailure(statusFailed, "message 1: not in the format hex")
}
