package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the command line of this process and returns its exit status. The first SIGINT or SIGTERM ends the command
// in good order; a second one has the system's default effect.
func Main() int {
	ctx, stop := notify(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// interrupted is the cause with which a signal cancels the context.
type interrupted struct{ sig os.Signal }

func (e interrupted) Error() string { return fmt.Sprintf("ended by signal: %v", e.sig) }

// Is makes it an end of the context like any other.
func (interrupted) Is(target error) bool { return target == context.Canceled }

// notify returns a context that the first of the signals cancels, with interrupted as the cause.
func notify(parent context.Context, signals ...os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	came := make(chan os.Signal, 1)
	signal.Notify(came, signals...)
	go func() {
		select {
		case s := <-came:
			cancel(interrupted{s})
		case <-ctx.Done():
		}
		signal.Stop(came)
	}()
	return ctx, func() { cancel(nil) }
}
