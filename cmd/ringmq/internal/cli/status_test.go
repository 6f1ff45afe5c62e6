package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "no command given"},
		{[]string{"pish"}, `unknown command "pish"`},
		{[]string{"push", "x"}, "[bind connect]"},
		{[]string{"push", "--nope"}, "--nope"},
		{[]string{"pull", "--bind", "inproc://u", "x"}, `"x": pull takes no messages`},
		{[]string{"rep", "--echo", "--bind", "inproc://u", "x"}, `"x": rep takes no messages`},
		{[]string{"pull", "--bind", "inproc://u", "--count", "-1"}, "--count"},
		{[]string{"pull", "--bind", "inproc://u", "--format", "xml"}, `--format "xml": must be text, hex or json`},
		{[]string{"pull", "--bind", "inproc://u", "--separator", `\q`}, "--separator"},
		{[]string{"pull", "--bind", "inproc://u", "--hwm", "-1"}, `"-1" for "--hwm" flag: must be 0 or more`},
		{[]string{"pull", "--bind", "inproc://u", "--hwm", "x"}, `"x" for "--hwm" flag`},
		{[]string{"pull", "--bind", "inproc://u", "--timeout", "-1s"}, `"-t, --timeout" flag: must be 0 or more`},
		{[]string{"pull", "--bind", "inproc://u", "--timeout", "1"}, "missing unit"},
		{[]string{"push", "--bind", "inproc://u", "--interval", "-1ns", "m"}, `"--interval" flag: must be 0 or more`},
		{[]string{"push", "--bind", "inproc://u", "--wait-peers", "-1", "m"}, `"--wait-peers" flag: must be 0 or more`},
		{[]string{"pub", "--bind", "inproc://u", "--wait-peers", "-1", "m"}, `"--wait-peers" flag: must be 0 or more`},
		{[]string{"radio", "--bind", "inproc://u", "--wait-peers", "-1", "m"}, `"--wait-peers" flag: must be 0 or more`},
		{[]string{"pull", "--bind", "inproc://u", "--max-message-size", "0"}, "MaxMessageSize"},
		{[]string{"pull", "--bind", "inproc://u", "--heartbeat", "-1s"}, "Heartbeat"},
		{[]string{"dealer", "--bind", "inproc://u", "--identity", strings.Repeat("x", 256), "m"}, "Identity"},
		{[]string{"rep", "--reply", "", "--bind", "inproc://u", "x"}, `"x": rep takes no messages with --echo or --reply`},
		{[]string{"router", "--echo", "--bind", "inproc://u", "x"}, `"x": router takes no messages with --echo`},
		{[]string{"rep", "--bind", "inproc://u", "--echo", "--reply", "x"}, "[echo reply]"},
		{[]string{"rep", "--bind", "inproc://u", "--format", "hex", "--reply", "x"}, "--reply: not in the format hex"},
		{[]string{"proxy", "--frontend-bind", "inproc://u", "--backend-bind", "inproc://v"}, "accepts 1 arg(s)"},
		{[]string{"proxy", "tee", "--frontend-bind", "inproc://u", "--backend-bind", "inproc://v"}, `"tee"`},
		{[]string{"proxy", "queue", "--frontend-bind", "inproc://u"}, "[backend-bind backend-connect]"},
		{[]string{"proxy", "queue", "--frontend-bind", "inproc://u", "--backend-bind", "inproc://v", "--hwm", "-1"}, `"-1"`},
		{[]string{"bench", "--size", "7"}, "size 7: must be 8 to"},
		{[]string{"bench", "--pattern", "pull-push"}, `pattern "pull-push"`},
		{[]string{"bench", "--transport", "udp"}, `transport "udp"`},
		{[]string{"bench", "--count", "1"}, "count 1: must be 100 or more"},
		{[]string{"bench", "--count", "100", "--duration", "1s"}, "[count duration]"},
		{[]string{"bench-peer", "x"}, "takes a case and an endpoint"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			run(t, c.args...).requireFailure(statusUsage, c.want, "--help' for usage")
		})
	}
}

func TestEndpointErrors(t *testing.T) {
	taken := start(t, "pull", "--bind", binds["tcp"]).endpoint()
	for _, c := range []struct {
		args  []string
		parts []string
	}{
		{[]string{"pull", "--bind", "tcp://127.0.0.1"}, []string{"PULL bind tcp://127.0.0.1", "invalid endpoint"}},
		{[]string{"sub", "--connect", "pgm://x"}, []string{"SUB connect pgm://x", "unknown transport"}},
		{[]string{"push", "--connect", "nonsense", "m"}, []string{"PUSH connect nonsense", "invalid endpoint"}},
		{[]string{"rep", "--echo", "--bind", taken}, []string{"REP bind " + taken, "address already in use"}},
		{
			[]string{"push", "--connect", "tcp://127.0.0.1:1", "--linger", "20ms", "m"},
			[]string{"1 message(s) not sent", "tcp://127.0.0.1:1"},
		},
		{
			[]string{"push", "--connect", "tcp://127.0.0.1:1", "--format", "hex", "--linger", "0", "zz"},
			[]string{"message 1: not in the format hex", `"zz"`},
		},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			run(t, c.args...).requireFailure(statusFailed, append(c.parts, "ringmq "+c.args[0]+": ")...)
		})
	}
}

func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"pull"}, "waiting for a message at tcp://127.0.0.1:"},
		{[]string{"sub"}, "waiting for a message"},
		{[]string{"rep", "--echo"}, "waiting for a message"},
		{[]string{"router"}, "waiting for a message"},
		{[]string{"push", "m"}, "waiting for a peer that takes a message"},
		{[]string{"push", "--wait-peers", "1", "m"}, "waiting for 1 peer(s)"},
		{[]string{"pub", "--wait-peers", "3", "m"}, "waiting for 3 peer(s)"},
		{[]string{"req", "m"}, "waiting for a peer that takes a message"},
		{[]string{"dealer", "--count", "1", "m"}, "timed out after 30ms waiting for"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			args := append(c.args, "--timeout", "30ms", "--bind", binds["tcp"])
			cmd := run(t, args...)
			cmd.requireFailure(statusTimeout, "timed out after 30ms", c.want)
			require.Contains(t, cmd.stderr.String(), " at "+cmd.endpoint()+"\n", "where it is bound")
		})
	}
}

func TestReqTimesOutWithoutReply(t *testing.T) {
	router := start(t, "router", "--bind", binds["tcp"])
	run(t, "req", "--connect", router.endpoint(), "--timeout", "100ms", "m").
		requireFailure(statusTimeout, "timed out after 100ms waiting for a message")
}

func TestTimeoutIsPerMessage(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--timeout", "1s")
	run(t, "push", "--connect", pull.endpoint(), "--interval", "400ms", "1", "2", "3", "4").requireOutput("")
	pull.requireFailure(statusTimeout)
	require.Equal(t, "1\n2\n3\n4\n", pull.stdout.String())
}

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  int
	}{
		{interrupted{syscall.SIGINT}, 130},
		{interrupted{syscall.SIGTERM}, 143},
		{nil, 130},
	} {
		for _, args := range [][]string{{"pull"}, {"sub"}, {"rep"}, {"rep", "--echo"}, {"router"}, {"router", "x\ty"}, {"push"}, {"req"}, {"dealer"}} {
			r, w := io.Pipe() // a terminal at which nobody types
			cmd := startReading(t, r, append(args, "--bind", binds["tcp"])...)
			cmd.endpoint()
			cmd.end(c.cause)
			cmd.requireFailure(c.want)
			require.NotContains(t, cmd.stderr.String(), "ringmq "+args[0], "nothing failed")
			require.NoError(t, w.Close())
		}
	}
}

// TestSignalLingers: what was queued when the signal came is still sent to a peer that comes in time.
func TestSignalLingers(t *testing.T) {
	const endpoint = "inproc://cli-signal-lingers"
	r, w := io.Pipe()
	push := startReading(t, r, "push", "--connect", endpoint, "--linger", patience.String())
	for _, text := range []string{"first\nlast\n", "x"} { // once "x" is read, "last" has been taken and so "first" sent
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	push.end(interrupted{syscall.SIGINT}) // before or after "last" is sent
	pull := start(t, "pull", "--bind", endpoint)
	push.requireFailure(130)
	pull.stdout.await(t, regexp.MustCompile("^first\n"))
	require.NoError(t, w.Close())
}

func TestSignalSaysUnsent(t *testing.T) {
	r, w := io.Pipe()
	push := startReading(t, r, "push", "--connect", "tcp://127.0.0.1:1", "--linger", "20ms", "--verbose")
	for _, text := range []string{"a\nb\n", "x"} { // once "x" is read, "b" has been taken and so "a" sent
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	push.stderr.await(t, regexp.MustCompile("connect failed tcp://127.0.0.1:1"))
	push.end(interrupted{syscall.SIGTERM})
	push.requireFailure(143, "message(s) not sent", "tcp://127.0.0.1:1")
	require.NoError(t, w.Close())
}

// TestRealSignal has the tool in a process of its own.
func TestRealSignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent a Ctrl-C there")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "pull", "--bind", binds["tcp"])
	stderr := newScreen()
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	stderr.await(t, listening)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	require.True(t, errors.As(cmd.Wait(), &exit))
	require.Equal(t, 130, exit.ExitCode(), stderr)
}

func TestVerbose(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--verbose", "--count", "1")
	push := run(t, "push", "--connect", pull.endpoint(), "--verbose", "m")
	push.requireOutput("")
	pull.requireOutput("m\n")
	require.Regexp(t, `(?m)^\d\d:\d\d:\d\d\.\d{3} connected `+pull.endpoint(), push.stderr.String())
	for _, event := range []string{"accepted", "handshake succeeded", "listener closed"} {
		require.Contains(t, pull.stderr.String(), " "+event+" "+pull.endpoint())
	}
}

func TestVersion(t *testing.T) {
	cmd := run(t, "version")
	cmd.wait()
	require.Regexp(t, `^ringmq .*, go1\.\d+.*, `+runtime.GOOS+"/"+runtime.GOARCH+"\n$", cmd.stdout.String())
}

func TestDescribeBuild(t *testing.T) {
	info := &debug.BuildInfo{
		Main: debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"},
		},
	}
	tail := ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH
	require.Equal(t, "ringmq v1.2.3 (revision 0123456789ab, modified)"+tail, describeBuild(info))
	require.Equal(t, "ringmq (unknown version)"+tail, describeBuild(new(debug.BuildInfo)))
}

func TestHelp(t *testing.T) {
	cmd := run(t, "help", "pub")
	cmd.wait()
	require.Zero(t, cmd.status)
	for _, part := range []string{"--wait-peers", "Exit status:", "130"} {
		require.Contains(t, cmd.stdout.String(), part)
	}
}

// TestWriteFails: a full disk, or a reader that has gone.
func TestWriteFails(t *testing.T) {
	full, stderr := failingWriter{errors.New("disk full")}, new(bytes.Buffer)
	push := start(t, "push", "--connect", "inproc://cli-write-fails", "m")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	status := Run(ctx, []string{"pull", "--bind", "inproc://cli-write-fails", "--count", "1"}, strings.NewReader(""), full, stderr)
	require.Equal(t, statusFailed, status)
	require.Contains(t, stderr.String(), "disk full")
	push.requireOutput("")
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestNotifyStops(t *testing.T) {
	ctx, stop := notify(t.Context(), os.Interrupt)
	stop()
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Fatal("the context goes on")
	}
	require.ErrorIs(t, context.Cause(ctx), context.Canceled)
}
