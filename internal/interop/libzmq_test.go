package interop_test

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

//go:embed testdata/peer.py
var peerScript string

// findPython returns a python3 that has libzmq, or an error that says why there is none. Debian's package belongs to
// the system's interpreter, which need not be the one of the path.
var findPython = sync.OnceValues(func() (string, error) {
	var tried []string
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		out, err := exec.CommandContext(ctx, python, "-I", "-c", "import zmq").CombinedOutput()
		cancel()
		if err == nil {
			return python, nil
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		tried = append(tried, fmt.Sprintf("%s: %v %s", python, err, lines[len(lines)-1]))
	}
	return "", fmt.Errorf("libzmq is not there (Debian: apt-get install python3-zmq): %s", strings.Join(tried, "; "))
})

// requireLibzmq returns the python3 to run; it skips the test where libzmq is missing, or fails it if the environment
// says that libzmq has to be there.
func requireLibzmq(t testing.TB) string {
	t.Helper()
	python, err := findPython()
	if err != nil && os.Getenv("RINGMQ_REQUIRE_LIBZMQ") == "1" {
		require.NoError(t, err, "RINGMQ_REQUIRE_LIBZMQ is 1")
	}
	if err != nil {
		t.Skip(err)
	}
	return python
}

// process is a libzmq socket in a process of its own.
type process struct {
	t        testing.TB
	name     string
	endpoint string
	cmd      *exec.Cmd
	in       io.WriteCloser
	lines    chan string // closed at the end of its standard output
	errs     bytes.Buffer
	kill     func() // at once, and reaps it
}

// requireTheirs skips the test where there is no such libzmq: "libzmq", or "drafts" for one that has the draft types.
// "zmq4" is always there.
func requireTheirs(t testing.TB, theirs string) {
	t.Helper()
	switch theirs {
	case "drafts":
		requireDrafts(t)
	case "libzmq":
		requireLibzmq(t)
	}
}

// startProcess starts one of them.
func startProcess(t testing.TB, theirs, kind, role, endpoint string, options ...string) *process {
	t.Helper()
	if theirs == "drafts" {
		return libzmqDrafts(t, kind, role, endpoint, options...)
	}
	return libzmq(t, kind, role, endpoint, options...)
}

// libzmq starts a process whose socket is bound to the endpoint or connects to it. It is killed at the end of the test.
func libzmq(t testing.TB, kind, role, endpoint string, options ...string) *process {
	t.Helper()
	python := requireLibzmq(t)
	args := append([]string{"-I", "-c", peerScript, kind, role, endpoint}, options...)
	return launch(t, "libzmq's "+kind, exec.Command(python, args...))
}

// launch starts a peer's process and waits until it is ready.
func launch(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, lines: make(chan string, 64)}
	p.cmd.Stderr = &p.errs
	in, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	p.in = in
	go p.read(out)
	p.kill = sync.OnceFunc(p.end)
	t.Cleanup(p.kill)
	p.endpoint = strings.TrimPrefix(p.answer("start"), "ready ")
	return p
}

func (p *process) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		p.lines <- s.Text()
	}
}

func (p *process) end() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	for range p.lines {
		continue // to the end, which Wait must not come before
	}
	_ = p.in.Close()
	_ = p.cmd.Wait() // says that it was killed
}

func (p *process) Endpoint() string { return p.endpoint }

func (p *process) Start(command string) func() string {
	p.t.Helper()
	_, err := io.WriteString(p.in, command+"\n")
	require.NoErrorf(p.t, err, "%s: %s", p.name, command)
	return func() string {
		p.t.Helper()
		return p.answer(command)
	}
}

func (p *process) answer(command string) string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.kill()
			require.FailNowf(p.t, "peer ended", "%s: %s\n%s", p.name, command, p.errs.String())
		}
		return line
	case <-time.After(patience + time.Second): // it gives up by itself before
		p.kill()
		require.FailNowf(p.t, "no answer", "%s: %s\n%s", p.name, command, p.errs.String())
	}
	return ""
}
