package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

const tasks, workers = 1000, 3

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: pipeline [endpoint of the ventilator], such as ipc://*") }
	flag.Parse()
	if err := run(context.Background(), append(flag.Args(), "tcp://127.0.0.1:*")[0], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, out io.Writer) (err error) {
	ventilator, err1 := pipeline.NewPush()
	sink, err2 := pipeline.NewPull()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ventilator.Close(), sink.Close()) }()
	work, err1 := ventilator.Bind(endpoint)
	results, err2 := sink.Bind("inproc://results")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { stop(square(ctx, work, results)) }) // the first to fail stops everything
	}
	wg.Go(func() { // ventilator
		for n := range tasks {
			if err := ventilator.Send(ctx, ringmq.NewString(strconv.Itoa(n))); err != nil {
				stop(err)
				return
			}
		}
	})
	sum, err := collect(ctx, sink)
	if err != nil {
		err = context.Cause(ctx)
	}
	stop(nil)
	wg.Wait()
	fmt.Fprintf(out, "%d squares by %d workers sum to %d\n", tasks, workers, sum)
	return err
}
