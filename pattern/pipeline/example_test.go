package pipeline_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

// Tasks go to a worker; over several workers they would be handed out in turn.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	push, err := pipeline.NewPush()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer push.Close()
	endpoint, err := push.Bind("ipc://*")
	if err != nil {
		fmt.Println(err)
		return
	}
	pull, err := pipeline.NewPull()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pull.Close()
	if err := pull.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	for i := range 3 {
		if err := push.Send(ctx, ringmq.NewString(fmt.Sprintf("task %d", i))); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 3 {
		task, err := pull.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", task.Frame(0))
	}
	// Output:
	// task 0
	// task 1
	// task 2
}
