package radiodish_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq/pattern/radiodish"
)

// A radio and a dish that listens to one of its groups.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	radio, err := radiodish.NewRadio()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer radio.Close()
	endpoint, err := radio.Bind("tcp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { // a radio does not wait for dishes: who joins receives from then on
		for range time.Tick(time.Millisecond) {
			if radio.SendBytes(ctx, []byte("news"), []byte("headline")) != nil ||
				radio.SendBytes(ctx, []byte("newsroom"), []byte("gossip")) != nil {
				return
			}
		}
	}()

	dish, err := radiodish.NewDish()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dish.Close()
	if err := dish.Join("news"); err != nil {
		fmt.Println(err)
		return
	}
	if err := dish.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		msg, err := dish.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s\n", msg.Frame(0), msg.Frame(1))
	}
	// Output:
	// news: headline
	// news: headline
}
