package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/cmd/ringmq/internal/bench"
)

// Exit statuses. A command that a signal ended has 128 and the number of the signal, as shells have it.
const (
	statusOK      = 0
	statusFailed  = 1
	statusUsage   = 2
	statusTimeout = 3
	statusSignal  = 128
)

const statusHelp = `Exit status:
  0    done
  1    failed; standard error says at which endpoint and why
  2    wrong usage
  3    --timeout passed while waiting
  130  ended by Ctrl-C (SIGINT); 143 by SIGTERM. Queued messages are still sent, for as long as --linger says;
       a second signal ends the command at once.`

// Run runs one command line, without the program's name, and returns its exit status. The end of ctx ends the command
// in good order, as a signal does.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: &lockedWriter{w: stderr}}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return a.status(ctx, cmd, err)
}

// app is one run of the tool.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	running        bool // a command's body was reached: errors are not about usage any more
}

// body marks where usage has been checked and work begins.
func (a *app) body(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.running = true
		return run(cmd, args)
	}
}

// errTimeout: nothing could be sent or received within --timeout.
var errTimeout = errors.New("timed out")

// status says what went wrong on standard error and picks the exit status. That a signal has ended the command is not
// said; what could not be sent then is.
func (a *app) status(ctx context.Context, cmd *cobra.Command, err error) int {
	ended := a.running && ctx.Err() != nil
	unsent, lost := new(ringmq.UnsentError), new(lostError)
	switch {
	case err == nil:
	case ended && errors.As(err, &unsent):
		a.complain(cmd, unsent)
	case ended && errors.As(err, &lost):
		a.complain(cmd, lost)
	case !ended || !errors.Is(err, context.Canceled):
		a.complain(cmd, err)
	}
	switch {
	case ended:
		return signalStatus(ctx)
	case err == nil:
		return statusOK
	case !a.running, isUsage(err):
		fmt.Fprintf(a.stderr, "Run '%s --help' for usage.\n", cmd.CommandPath())
		return statusUsage
	case errors.Is(err, errTimeout):
		return statusTimeout
	}
	return statusFailed
}

func isUsage(err error) bool {
	return errors.Is(err, errUsage) || errors.Is(err, ringmq.ErrInvalidOption) || errors.Is(err, bench.ErrConfig)
}

// complain prints an error on one line; joined errors have several. Every peer that has messages unsent is named.
func (a *app) complain(cmd *cobra.Command, err error) {
	text := plain(err)
	unsent := new(ringmq.UnsentError)
	if errors.As(err, &unsent) {
		sep := ": "
		if len(unsent.Reasons) > 0 {
			sep = ", " // these are named
		}
		for _, peer := range slices.Sorted(maps.Keys(unsent.ByPeer)) {
			if unsent.Reasons[peer] == nil {
				text += sep + peer
				sep = ", "
			}
		}
	}
	fmt.Fprintf(a.stderr, "%s: %s\n", cmd.CommandPath(), text)
}

// signalStatus takes any other end of the context for a Ctrl-C.
func signalStatus(ctx context.Context) int {
	var by interrupted
	if errors.As(context.Cause(ctx), &by) {
		if sig, ok := by.sig.(syscall.Signal); ok {
			return statusSignal + int(sig)
		}
	}
	return statusSignal + int(syscall.SIGINT)
}
