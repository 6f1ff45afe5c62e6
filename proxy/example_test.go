package proxy_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
)

// A queue: clients and workers know one address each, and any worker answers any client.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	frontend, err := reqrep.NewRouter()
	check(err)
	defer frontend.Close()
	backend, err := reqrep.NewDealer()
	check(err)
	defer backend.Close()
	forClients, err := frontend.Bind("tcp://127.0.0.1:*")
	check(err)
	forWorkers, err := backend.Bind("ipc://*")
	check(err)
	queue := proxy.New(frontend, backend)
	ended := make(chan error, 1)
	go func() { ended <- queue.Run(ctx) }()

	worker, err := reqrep.NewRep() // usually in another program, as is the client
	check(err)
	defer worker.Close()
	check(worker.Connect(forWorkers))
	client, err := reqrep.NewReq()
	check(err)
	defer client.Close()
	check(client.Connect(forClients))

	check(client.Send(ctx, ringmq.NewString("hello")))
	request, err := worker.Recv(ctx)
	check(err)
	check(worker.Send(ctx, ringmq.NewString("world")))
	reply, err := client.Recv(ctx)
	check(err)
	fmt.Printf("%s, %s\n", request.Frame(0), reply.Frame(0))

	check(queue.Stop(ctx))
	check(<-ended)
	stats := queue.Stats()
	fmt.Println(stats.Forward.Messages, "request,", stats.Back.Messages, "reply")
	// Output:
	// hello, world
	// 1 request, 1 reply
}

// A forwarder with a capture socket: what subscribers get, and the subscriptions that publishers get, is also pushed to
// a log.
func ExampleWithCapture() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	frontend, err := pubsub.NewXSub()
	check(err)
	defer frontend.Close()
	check(frontend.Connect("inproc://feed"))
	backend, err := pubsub.NewXPub()
	check(err)
	defer backend.Close()
	_, err = backend.Bind("inproc://feed-copy")
	check(err)
	tap, err := pipeline.NewPush()
	check(err)
	defer tap.Close()
	_, err = tap.Bind("inproc://log")
	check(err)
	log, err := pipeline.NewPull()
	check(err)
	defer log.Close()
	check(log.Connect("inproc://log"))
	forwarder := proxy.New(frontend, backend, proxy.WithCapture(tap))
	go forwarder.Run(ctx)
	defer forwarder.Stop(ctx)

	feed, err := pubsub.NewXPub()
	check(err)
	defer feed.Close()
	_, err = feed.Bind("inproc://feed")
	check(err)
	sub, err := pubsub.NewSub()
	check(err)
	defer sub.Close()
	check(sub.Connect("inproc://feed-copy"))
	check(sub.Subscribe("AAPL"))
	_, err = feed.Recv(ctx) // the subscription
	check(err)
	check(feed.Send(ctx, ringmq.NewString("AAPL 585.33")))

	for range 2 {
		copied, err := log.Recv(ctx)
		check(err)
		fmt.Printf("%q\n", copied.Frame(0))
	}
	quote, err := sub.Recv(ctx)
	check(err)
	fmt.Printf("%s\n", quote.Frame(0))
	// Output:
	// "\x01AAPL"
	// "AAPL 585.33"
	// AAPL 585.33
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
