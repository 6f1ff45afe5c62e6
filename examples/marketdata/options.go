package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
)

// Defaults of the flags: a run of five seconds.
const (
	defaultEndpoint = "tcp://127.0.0.1:*"
	defaultSubs     = 4
	defaultCount    = 100_000
	defaultRate     = 20_000
)

// options are the flags.
type options struct {
	endpoint string
	file     string
	loop     int64
	count    int64
	rate     int
	subs     int
	topics   string
	hwm      int
	seed     uint64
	procs    bool
	json     bool
}

var (
	errArguments = errors.New("there are flags only, no arguments")
	errCountFile = errors.New("-count is for the generator; with -file, -loop says how much")
	errLoopFile  = errors.New("-loop is for a -file; the generator goes on for -count")
	errProcs     = errors.New("inproc:// does not reach other processes: with -procs use tcp:// or ipc://")
)

// rangeError: the value of a flag is out of range. It is wrong usage, also where only the file shows it.
type rangeError struct {
	flag               string
	value, least, most int64
}

// Error names the flag, its value and the limit that it is beyond.
func (e *rangeError) Error() string {
	if e.value < e.least {
		return fmt.Sprintf("-%s %d: must be %d or more", e.flag, e.value, e.least)
	}
	return fmt.Sprintf("-%s %d: must be %d or less", e.flag, e.value, e.most)
}

// parse reads the flags. The error is for people; after flag.ErrHelp the help has been written.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("marketdata", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: marketdata [flags]: publish a market data feed, and account for every message")
		fs.PrintDefaults()
	}
	fs.StringVar(&o.endpoint, "endpoint", defaultEndpoint, "where to publish: tcp://, ipc:// or inproc://")
	fs.StringVar(&o.file, "file", "", "LOBSTER message `file` to replay; its name must begin with the symbol and an underscore,\nas in AAPL_2012-06-21.csv; without it the feed is made up")
	fs.Int64Var(&o.loop, "loop", 1, "how many `times` to replay the file")
	fs.Int64Var(&o.count, "count", defaultCount, "how many ticks to make up without a file")
	fs.IntVar(&o.rate, "rate", defaultRate, "ticks per second; 0 is flat out")
	fs.IntVar(&o.subs, "subs", defaultSubs, "how many subscribers")
	fs.StringVar(&o.topics, "topics", feed.TopicsMix,
		`who takes what: "mix" (every fourth takes everything, the others a symbol each), "all", or symbols for
everybody, as in AAPL,MSFT`)
	fs.IntVar(&o.hwm, "hwm", 0, "high-water `mark`: ticks queued for a subscriber before some are dropped; 0 is no limit")
	fs.Uint64Var(&o.seed, "seed", 1, "of the made-up feed: the same seed makes the same feed")
	fs.BoolVar(&o.procs, "procs", false, "run each subscriber in a process of its own")
	fs.BoolVar(&o.json, "json", false, "write the report as JSON")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("%q: %w", fs.Arg(0), errArguments)
	}
	given := make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return o, o.check(given)
}

func (o *options) check(given map[string]bool) error {
	for _, f := range []struct {
		name    string
		value   int64
		atLeast int64
	}{
		{"loop", o.loop, 1},
		{"count", o.count, 0},
		{"rate", int64(o.rate), 0},
		{"subs", int64(o.subs), 1},
		{"hwm", int64(o.hwm), 0},
	} {
		if f.value < f.atLeast {
			return &rangeError{flag: f.name, value: f.value, least: f.atLeast, most: math.MaxInt64}
		}
	}
	switch {
	case o.file != "" && given["count"]:
		return errCountFile
	case o.file == "" && given["loop"]:
		return errLoopFile
	case feed.CheckTopics(o.topics) != nil:
		return fmt.Errorf("-topics %q: %w", o.topics, feed.CheckTopics(o.topics))
	case o.procs && strings.HasPrefix(o.endpoint, "inproc:"):
		return errProcs
	}
	return nil
}
