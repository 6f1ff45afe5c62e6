package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: reqrep [endpoint], such as ipc://*") }
	flag.Parse()
	if err := run(context.Background(), append(flag.Args(), "tcp://127.0.0.1:*")[0], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, out io.Writer) error {
	rep, err1 := reqrep.NewRep()
	req, err2 := reqrep.NewReq()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	bound, err := rep.Bind(endpoint)
	if err == nil {
		err = req.Connect(bound)
	}
	if err == nil {
		go serve(ctx, rep)
		err = ask(ctx, req, out)
	}
	return errors.Join(err, req.Close(), rep.Close())
}

// serve answers every request with the same in capitals, until the socket is closed.
func serve(ctx context.Context, rep *reqrep.Rep) {
	for request, err := range rep.Messages(ctx) {
		if err != nil || rep.Send(ctx, ringmq.NewMessage(bytes.ToUpper(request.Frame(0)))) != nil {
			return
		}
	}
}

func ask(ctx context.Context, req *reqrep.Req, out io.Writer) error {
	for _, question := range []string{"anyone there?", "who?", "still there?"} {
		if err := req.Send(ctx, ringmq.NewString(question)); err != nil {
			return err
		}
		answer, err := req.Recv(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s -> %s\n", question, answer.Frame(0))
	}
	return nil
}
