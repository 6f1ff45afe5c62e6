package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pubsub"
)

// Every type that receives can be ranged over. The range ends with the context, or with the socket.
func ExampleSub_messages() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pub, err := pubsub.NewPub()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pub.Close()
	sub, err := pubsub.NewSub()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(sub.Subscribe("EUR"), sub.Connect("inproc://rates")); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := pub.Bind("inproc://rates"); err != nil {
		fmt.Println(err)
		return
	}
	if err := pub.WaitPeers(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	for _, rate := range []string{"EURUSD 1.08", "GBPUSD 1.27", "EURCHF 0.94"} {
		if err := pub.SendBytes(ctx, []byte(rate)); err != nil {
			fmt.Println(err)
			return
		}
	}

	for m, err := range sub.Messages(ctx) {
		if errors.Is(err, ringmq.ErrClosed) {
			fmt.Println("closed")
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", m.Frame(0))
		if string(m.Frame(0)) == "EURCHF 0.94" {
			_ = sub.Close() // nothing is queued to be sent
		}
	}
	// Output:
	// EURUSD 1.08
	// EURCHF 0.94
	// closed
}
