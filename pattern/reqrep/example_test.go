package reqrep_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

// A REQ asks, a REP answers, and both keep turns.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rep, err := reqrep.NewRep()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rep.Close()
	endpoint, err := rep.Bind("tcp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	req, err := reqrep.NewReq()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer req.Close()
	if err := req.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	if err := req.Send(ctx, ringmq.NewString("who is there?")); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(errors.Is(req.Send(ctx, ringmq.NewString("out of turn")), ringmq.ErrState))

	request, err := rep.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", request.Frame(0))
	if err := rep.Send(ctx, ringmq.NewString("a REP")); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := req.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", answer.Frame(0))
	// Output:
	// true
	// who is there?
	// a REP
}

// A request whose server takes too long is given up, and the next one is made with the same socket.
func ExampleReq_Request() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rep, err := reqrep.NewRep()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rep.Close()
	if _, err := rep.Bind("inproc://example-request"); err != nil {
		fmt.Println(err)
		return
	}
	req, err := reqrep.NewReq()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer req.Close()
	if err := req.Connect("inproc://example-request"); err != nil {
		fmt.Println(err)
		return
	}

	impatient, stop := context.WithTimeout(ctx, time.Millisecond)
	defer stop()
	_, err = req.Request(impatient, ringmq.NewString("first"))
	fmt.Println(errors.Is(err, context.DeadlineExceeded))

	go func() {
		for m, err := range rep.Messages(ctx) {
			if err != nil || rep.Send(ctx, m) != nil {
				return
			}
		}
	}()
	answer, err := req.Request(ctx, ringmq.NewString("second"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", answer.Frame(0))
	// Output:
	// true
	// second
}

// A ROUTER sees who asks, as the first frame, and answers by it; a DEALER does not wait for one answer before it asks
// again.
func ExampleRouter() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	router, err := reqrep.NewRouter()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer router.Close()
	endpoint, err := router.Bind("inproc://example-router")
	if err != nil {
		fmt.Println(err)
		return
	}
	dealer, err := reqrep.NewDealer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dealer.Close()
	if err := dealer.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	for _, question := range []string{"first", "second"} {
		if err := dealer.Send(ctx, ringmq.NewString(question)); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		m, err := router.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		reply := ringmq.NewMessage(m.Frame(0), append([]byte("re: "), m.Frame(1)...))
		if err := router.Send(ctx, reply); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		answer, err := dealer.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", answer.Frame(0))
	}
	// Output:
	// re: first
	// re: second
}
