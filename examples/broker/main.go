package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/ringmq/ringmq/pattern/reqrep"
)

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: broker [endpoint of the clients' side], such as ipc://*") }
	flag.Parse()
	if err := run(context.Background(), append(flag.Args(), "tcp://127.0.0.1:*")[0], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the broker, with clients and workers beside it, until every client has its answers.
func run(ctx context.Context, endpoint string, out io.Writer) (err error) {
	front, err1 := reqrep.NewRouter()
	back, err2 := reqrep.NewDealer()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, front.Close(), back.Close()) }()
	asking, err1 := front.Bind(endpoint)
	working, err2 := back.Bind("inproc://workers")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { stop(forward(ctx, front, back)) })
	wg.Go(func() { stop(forward(ctx, back, front)) })
	for id := range workers {
		wg.Go(func() { stop(work(ctx, working, id)) })
	}
	answers := make(chan string)
	for id := range clients {
		wg.Go(func() {
			if err := ask(ctx, asking, id, answers); err != nil {
				stop(err)
			}
		})
	}
	for range clients * requests {
		select {
		case answer := <-answers:
			fmt.Fprintln(out, answer)
		case <-ctx.Done(): // something failed
			err = context.Cause(ctx)
		}
	}
	stop(nil)
	wg.Wait()
	return err
}
