package reqrep_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// A request that outlives the process that made it: the next one finds it, and gets the reply.
func Example_spool() {
	dir, err := os.MkdirTemp("", "requests")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(ask(dir), goOn(dir)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// asked: what does a teapot cost?
	// the reply: it depends on what a teapot costs
}

// ask makes a request while nobody is there to reply, and ends.
func ask(dir string) error {
	sp, err := spool.Open(dir)
	if err != nil {
		return err
	}
	defer sp.Close()
	req, err := reqrep.NewReq(socket.WithSpool(sp))
	if err != nil {
		return err
	}
	defer req.Close()
	return req.Send(context.Background(), ringmq.NewString("what does a teapot cost?"))
}

// goOn receives the reply to the request that was left.
func goOn(dir string) error {
	sp, err := spool.Open(dir)
	if err != nil {
		return err
	}
	defer sp.Close()
	req, err := reqrep.NewReq(socket.WithSpool(sp))
	if err != nil {
		return err
	}
	defer req.Close()
	rep, err := reqrep.NewRep(socket.WithAck())
	if err != nil {
		return err
	}
	defer rep.Close()
	bound, err := rep.Bind("tcp://127.0.0.1:*")
	if err != nil {
		return err
	}
	if err := req.Connect(bound); err != nil {
		return err
	}
	if request, ok := req.Unanswered(); ok {
		fmt.Printf("asked: %s\n", request.Frame(0))
	}
	ctx := context.Background()
	if _, err := rep.Recv(ctx); err != nil { // it may come more than once, which its Delivery tells
		return err
	}
	if err := rep.Send(ctx, ringmq.NewString("it depends on what a teapot costs")); err != nil {
		return err
	}
	reply, err := req.Recv(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("the reply: %s\n", reply.Frame(0))
	return reply.Ack() // the request is done with
}
