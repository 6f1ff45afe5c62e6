package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitOK    = 0
	exitError = 1 // also when messages are unaccounted for
	exitUsage = 2
)

// ending are the signals that end the feed.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. The end of ctx ends the feed, not the program: the report is still written.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if arg, ok := childArg(args); ok {
		return status(runChild(arg, stdin, stdout), stderr)
	}
	opts, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "marketdata: %v\n", err)
		return exitUsage
	}
	start := subscribe
	if opts.procs {
		start = spawn
	}
	return status(show(ctx, opts, start, stdout, stderr), stderr)
}

func status(err error, stderr io.Writer) int {
	if err != nil {
		fmt.Fprintf(stderr, "marketdata: %v\n", err)
		if usage := new(rangeError); errors.As(err, &usage) {
			return exitUsage
		}
		return exitError
	}
	return exitOK
}

// show runs the feed and writes the report. A report that does not add up is written too, and is an error.
func show(ctx context.Context, opts options, start starter, stdout, stderr io.Writer) error {
	report, err := runFeed(ctx, opts, start, stderr)
	if err != nil {
		return err
	}
	if opts.json {
		err = report.WriteJSON(stdout)
	} else {
		err = writeReport(stdout, report)
	}
	return errors.Join(err, report.Check())
}
