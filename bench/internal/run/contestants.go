package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ringmq/ringmq/bench/internal/plan"
)

// PeerCommand is the first argument of this program where it is a contestant in Go.
const PeerCommand = "peer"

// compiled are the contestants in C: their source below the harness's folder and what they are linked with.
var compiled = map[string]struct {
	source string
	libs   []string
}{
	plan.Libzmq: {"c/libzmqpeer.c", []string{"-lzmq", "-lpthread"}},
	plan.NNG:    {"c/nngpeer.c", []string{"-lnng", "-lpthread"}},
}

// New makes a runner for the contestants. Those in C are compiled from the sources below dir; missing says which of them
// cannot be, and why. Close removes what the runner has made.
func New(ctx context.Context, dir string, contestants []string) (r *Runner, missing map[string]error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	r = &Runner{commands: map[string][]string{}, lossy: map[string]bool{plan.NNG: true}}
	if r.dir, err = os.MkdirTemp("", "ringmq-bench-"); err != nil {
		return nil, nil, err
	}
	r.logs.dir = r.dir
	missing = map[string]error{}
	for _, name := range contestants {
		if _, ok := compiled[name]; !ok {
			r.commands[name] = []string{self, PeerCommand, name}
		} else if program, err := r.compile(ctx, dir, name); err != nil {
			missing[name] = err
		} else {
			r.commands[name] = []string{program}
		}
	}
	return r, missing, nil
}

// compile returns the program of a contestant in C.
func (r *Runner) compile(ctx context.Context, dir, name string) (string, error) {
	c := compiled[name]
	program := filepath.Join(r.dir, name)
	args := append([]string{"-O2", "-o", program, filepath.Join(dir, c.source)}, c.libs...)
	out, err := exec.CommandContext(ctx, "cc", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cc %s: %w%s", strings.Join(args, " "), err, firstError(out))
	}
	return program, nil
}

// firstError is the line of the compiler's output that says most.
func firstError(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "error") || strings.Contains(line, "cannot find") {
			return ": " + strings.TrimSpace(line)
		}
	}
	return ""
}

// Close removes the runner's files.
func (r *Runner) Close() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return errors.Join(errors.New("temporary files are left"), err)
	}
	return nil
}
