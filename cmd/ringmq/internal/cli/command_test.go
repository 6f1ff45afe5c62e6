package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for anything at all.
const patience = 20 * time.Second

// command is a command line that runs in this process.
type command struct {
	t              *testing.T
	args           []string
	stdout, stderr *screen
	end            context.CancelCauseFunc
	ended          chan struct{}
	status         int
}

// start runs a command with no standard input.
func start(t *testing.T, args ...string) *command {
	t.Helper()
	return startReading(t, strings.NewReader(""), args...)
}

func startReading(t *testing.T, stdin io.Reader, args ...string) *command {
	t.Helper()
	ctx, end := context.WithCancelCause(context.Background())
	c := &command{t: t, args: args, stdout: newScreen(), stderr: newScreen(), end: end, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.status = Run(ctx, args, stdin, c.stdout, c.stderr)
	}()
	t.Cleanup(func() {
		end(nil)
		<-c.ended
	})
	return c
}

// run runs a command to its end.
func run(t *testing.T, args ...string) *command {
	t.Helper()
	c := start(t, args...)
	c.wait()
	return c
}

func (c *command) wait() {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.t.Fatalf("ringmq %q does not end; it printed %q, and %q on standard error", c.args, c.stdout, c.stderr)
	}
}

// requireOutput waits for the end, in success, and compares what was printed.
func (c *command) requireOutput(want string) {
	c.t.Helper()
	c.wait()
	require.Equal(c.t, want, c.stdout.String(), "standard error: %s", c.stderr)
	require.Zero(c.t, c.status, "standard error: %s", c.stderr)
}

// requireFailure waits for the end and looks for parts of standard error.
func (c *command) requireFailure(status int, parts ...string) {
	c.t.Helper()
	c.wait()
	for _, part := range parts {
		require.Contains(c.t, c.stderr.String(), part)
	}
	require.Equal(c.t, status, c.status, "standard error: %s", c.stderr)
}

var listening = regexp.MustCompile(`listening at (\S+)\n`)

// endpoint waits until the command is bound, to a wildcard unless it is verbose, and says where.
func (c *command) endpoint() string {
	c.t.Helper()
	return c.stderr.await(c.t, listening)[1]
}

// screen collects what is written to it. Any number of goroutines may use it.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until the text matches and returns the match with its groups.
func (s *screen) await(t *testing.T, re *regexp.Regexp) []string {
	t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		match, changed := re.FindStringSubmatch(s.text.String()), s.changed
		s.mu.Unlock()
		if match != nil {
			return match
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%v never came; there was %q", re, s)
		}
	}
}

// binds are endpoints to bind to: with wildcards, so that the command tells where it is.
var binds = map[string]string{"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*"}

// overStreams runs a test over every transport between processes.
func overStreams(t *testing.T, test func(t *testing.T, bind string)) {
	for name, bind := range binds {
		t.Run(name, func(t *testing.T) { test(t, bind) })
	}
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}
