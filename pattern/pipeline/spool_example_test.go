package pipeline_test

import (
	"context"
	"fmt"
	"os"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// Orders that survive the death of either process. The worker says no to the first delivery, and the order comes again.
func Example_spool() {
	if err := placeAnOrder(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// two teapots, delivery 1
	// two teapots, delivery 2
}

func placeAnOrder() error {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sp, err := spool.Open(dir)
	if err != nil {
		return err
	}
	defer sp.Close()
	push, err := pipeline.NewPush(socket.WithSpool(sp))
	if err != nil {
		return err
	}
	defer push.Close()
	pull, err := pipeline.NewPull(socket.WithAck())
	if err != nil {
		return err
	}
	defer pull.Close()
	bound, err := push.Bind("tcp://127.0.0.1:*")
	if err != nil {
		return err
	}
	if err := pull.Connect(bound); err != nil {
		return err
	}

	ctx := context.Background()
	order := ringmq.NewString("two teapots").WithKey([]byte("customer 7"))
	if err := push.Send(ctx, order); err != nil { // it is on disk when Send returns
		return err
	}
	for m, err := range pull.Messages(ctx) {
		if err != nil {
			return err
		}
		d, _ := m.Delivery()
		fmt.Printf("%s, delivery %d\n", m.Frame(0), d.Count)
		if d.Count == 1 {
			_ = m.Nack(0) // it comes again in any case
			continue
		}
		return m.Ack()
	}
	return nil
}
