package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

// childFlag, with an assignment as JSON, makes this program one subscriber. It is for spawn alone.
const childFlag = "-subscriber"

// errOrphan: the process that started this one is gone.
var errOrphan = errors.New("the publisher's process has ended")

// spawn is subscribe in a process of its own, which writes its result to a pipe.
func spawn(ctx context.Context, a assignment) (res result, err error) {
	exe, err := os.Executable()
	if err != nil {
		return res, err
	}
	arg, err := json.Marshal(a)
	if err != nil {
		return res, err
	}
	cmd := exec.CommandContext(ctx, exe, childFlag, string(arg))
	// The child ends when this pipe does, so it does not outlive us.
	if _, err := cmd.StdinPipe(); err != nil {
		return res, err
	}
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return res, fmt.Errorf("process: %w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return res, fmt.Errorf("process: %w", err)
	}
	if err := json.Unmarshal(out, &res); err != nil {
		return res, fmt.Errorf("result of the process: %w", err)
	}
	return res, nil
}

// childArg returns the assignment if this is a process started by spawn.
func childArg(args []string) (string, bool) {
	if len(args) == 2 && args[0] == childFlag {
		return args[1], true
	}
	return "", false
}

// runChild is the whole of a process started by spawn. An interrupt at the terminal, or the end of a service, goes to
// every process; here it is the publisher's business alone.
func runChild(arg string, stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(ending...)
	var a assignment
	if err := json.Unmarshal([]byte(arg), &a); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		_, err := io.Copy(io.Discard, stdin) // until the other end is closed
		cancel(errors.Join(errOrphan, err))
	}()
	res, err := subscribe(ctx, a)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(res)
}
