package scattergather_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/scattergather"
)

// Tasks go to a worker; over several workers they would be handed out in turn.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	scatter, err := scattergather.NewScatter()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer scatter.Close()
	endpoint, err := scatter.Bind("inproc://example-scatter")
	if err != nil {
		fmt.Println(err)
		return
	}
	gather, err := scattergather.NewGather()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer gather.Close()
	if err := gather.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	for i := range 2 {
		if err := scatter.Send(ctx, ringmq.NewString(fmt.Sprintf("task %d", i))); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		task, err := gather.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", task.Frame(0))
	}
	// Output:
	// task 0
	// task 1
}
