package pair_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pair"
)

// Two parts of a program tell each other how far they are.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	control, err := pair.NewPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer control.Close()
	endpoint, err := control.Bind("inproc://example-pair")
	if err != nil {
		fmt.Println(err)
		return
	}
	worker, err := pair.NewPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	if err := worker.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	if err := control.Send(ctx, ringmq.NewString("start")); err != nil {
		fmt.Println(err)
		return
	}
	order, err := worker.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", order.Frame(0))
	if err := worker.Send(ctx, ringmq.NewString("done")); err != nil {
		fmt.Println(err)
		return
	}
	report, err := control.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", report.Frame(0))
	// Output:
	// start
	// done
}
