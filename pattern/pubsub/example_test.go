package pubsub_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq/pattern/pubsub"
)

// A publisher and a subscriber. Put them into different programs and nothing changes but the endpoint.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	pub, err := pubsub.NewPub()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pub.Close()
	endpoint, err := pub.Bind("tcp://127.0.0.1:*") // or ipc://, inproc://: nothing else changes
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { // a publisher does not wait for subscribers: who joins receives from then on
		for range time.Tick(time.Millisecond) {
			if pub.SendBytes(ctx, []byte("AAPL"), []byte("585.33")) != nil {
				return
			}
		}
	}()

	sub, err := pubsub.NewSub()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sub.Close()
	if err := sub.Subscribe("AAPL"); err != nil {
		fmt.Println(err)
		return
	}
	if err := sub.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}
	msg, err := sub.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s\n", msg.Frame(0), msg.Frame(1))
	// Output: AAPL 585.33
}

// An XPUB receives subscriptions, so a program can wait for a subscriber before it sends.
func ExampleXPub() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pub, err := pubsub.NewXPub()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pub.Close()
	endpoint, err := pub.Bind("inproc://example-xpub")
	if err != nil {
		fmt.Println(err)
		return
	}
	sub, err := pubsub.NewSub()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sub.Close()
	if err := sub.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}
	if err := sub.Subscribe("AAPL"); err != nil {
		fmt.Println(err)
		return
	}

	note, err := pub.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", note.Frame(0))
	if err := pub.SendBytes(ctx, []byte("AAPL"), []byte("585.33")); err != nil {
		fmt.Println(err)
		return
	}
	msg, err := sub.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s\n", msg.Frame(0), msg.Frame(1))
	// Output:
	// "\x01AAPL"
	// AAPL 585.33
}
