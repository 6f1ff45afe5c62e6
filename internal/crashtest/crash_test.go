package crashtest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/nettest"
)

// patience is how long the flow may stand still.
const patience = 30 * time.Second

// setting is a number out of the environment.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	require.NoError(t, err, name)
	return n
}

// actor is a process of a role, which can be ended and started again.
type actor struct {
	t     *testing.T
	role  string
	args  []string
	cmd   *exec.Cmd
	stdin io.Closer
}

func start(t *testing.T, role string, args ...string) *actor {
	t.Helper()
	a := &actor{t: t, role: role, args: args}
	a.run(io.Discard)
	t.Cleanup(func() { a.kill() })
	return a
}

func (a *actor) run(stdout io.Writer) {
	a.t.Helper()
	a.cmd = exec.Command(os.Args[0], a.args...)
	a.cmd.Env = append(os.Environ(), roleVar+"="+a.role)
	a.cmd.Stdout, a.cmd.Stderr = stdout, os.Stderr
	stdin, err := a.cmd.StdinPipe()
	require.NoError(a.t, err)
	a.stdin = stdin
	require.NoError(a.t, a.cmd.Start())
}

// kill ends the process in the middle of whatever it does.
func (a *actor) kill() {
	_ = a.cmd.Process.Kill() // it may have ended by itself, which Wait tells
	_ = a.cmd.Wait()
}

func (a *actor) restart() {
	a.t.Helper()
	a.kill()
	a.run(io.Discard)
}

// retire lets the process finish what it does, and starts it again.
func (a *actor) retire() {
	a.t.Helper()
	require.NoError(a.t, a.stdin.Close())
	require.NoError(a.t, a.cmd.Wait(), a.role)
	a.run(io.Discard)
}

// startChecker returns a connection to a checker, and its address.
func startChecker(t *testing.T) (*list, string) {
	t.Helper()
	r, w := io.Pipe()
	a := &actor{t: t, role: "checker"}
	a.run(w)
	t.Cleanup(func() {
		a.kill()
		_ = w.Close()
	})
	address, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err)
	address = strings.TrimSpace(address)
	l, err := dialChecker(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.nc.Close() })
	return l, address
}

// await waits until the checker's list says that it is done.
func await(t *testing.T, l *list, done func(status) bool) status {
	t.Helper()
	deadline := time.Now().Add(patience)
	var before status
	for {
		st, err := l.ask("status")
		require.NoError(t, err)
		require.Empty(t, st.Trouble)
		if done(st) {
			return st
		}
		if st.Arrived > before.Arrived {
			before, deadline = st, time.Now().Add(patience)
		}
		require.True(t, time.Now().Before(deadline), "the flow stands still: %+v", st)
		<-time.After(2 * time.Millisecond)
	}
}

// endpoints are where senders are bound.
var endpoints = map[string]func(t *testing.T) string{
	"tcp": func(t *testing.T) string { return "tcp://" + nettest.TCP(t) },
	"ipc": func(t *testing.T) string {
		dir, err := os.MkdirTemp("", "rq") // t.TempDir is too long for a socket's address
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return "ipc://" + filepath.Join(dir, "s")
	},
}

// story kills while the messages flow, evenly over them, and waits for the end.
func story(t *testing.T, l *list, messages, kills int, kill func()) status {
	t.Helper()
	for i := range kills {
		at := uint64((i+1)*messages/(kills+1) + rand.IntN(messages/(2*kills)))
		await(t, l, func(st status) bool { return st.Arrived >= at })
		kill()
	}
	await(t, l, func(st status) bool { return st.Arrived >= uint64(messages) && st.Sent == uint64(messages) })
	st, err := l.ask("audit")
	require.NoError(t, err)
	return st
}

// TestKill kills the sender and two receivers at random. Every message arrives, and of a key in order; what was in the
// hands of a process that was killed may come again.
func TestKill(t *testing.T) {
	kills, messages := setting(t, "RINGMQ_CRASH_KILLS", 12), setting(t, "RINGMQ_CRASH_MESSAGES", 12_000)
	for name, endpoint := range endpoints {
		t.Run(name, func(t *testing.T) {
			l, checker := startChecker(t)
			at := endpoint(t)
			actors := []*actor{
				start(t, "sender", t.TempDir(), at, fmt.Sprint(messages), checker),
				start(t, "receiver", at, checker, ""),
				start(t, "receiver", at, checker, ""),
			}
			st := story(t, l, messages, kills, func() { actors[rand.IntN(len(actors))].restart() })
			require.Zero(t, st.Missing)
			require.Equal(t, uint64(messages), st.Arrived)
			require.LessOrEqual(t, st.MostOften, uint64(1+kills), "a message comes once more a kill at the most")
			t.Logf("%+v", st)
		})
	}
}

// TestKillWithMemory kills the sender, and has a receiver with a spool end and start again: nothing arrives twice.
func TestKillWithMemory(t *testing.T) {
	kills, messages := setting(t, "RINGMQ_CRASH_KILLS", 12), setting(t, "RINGMQ_CRASH_MESSAGES", 12_000)
	for name, endpoint := range endpoints {
		t.Run(name, func(t *testing.T) {
			l, checker := startChecker(t)
			at := endpoint(t)
			sender := start(t, "sender", t.TempDir(), at, fmt.Sprint(messages), checker)
			receiver := start(t, "receiver", at, checker, t.TempDir())
			st := story(t, l, messages, kills, func() {
				if rand.IntN(3) == 0 {
					receiver.retire()
				} else {
					sender.restart()
				}
			})
			require.Equal(t, status{Sent: uint64(messages), Arrived: uint64(messages), MostOften: 1}, st)
		})
	}
}
