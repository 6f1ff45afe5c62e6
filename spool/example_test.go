package spool_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	sp, err := spool.Open(dir, spool.WithSync(spool.GroupCommit))
	if err != nil {
		log.Fatal(err)
	}
	for _, order := range []string{"first", "second"} {
		receipt, err := sp.Append(ctx, spool.Entry{Message: ringmq.NewString(order)})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("appended", receipt.Sequence, "reached", receipt.Reached)
	}
	billing, err := sp.Consumer("billing", spool.ConsumerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		d, err := billing.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("got %s, delivery %d\n", d.Message.Frame(0), d.Deliveries)
	}
	if err := billing.Ack(spool.Range{First: 1, Last: 1}); err != nil {
		log.Fatal(err)
	}
	if err := sp.Close(); err != nil {
		log.Fatal(err)
	}

	// The program begins again: what was not acknowledged comes again.
	if sp, err = spool.Open(dir); err != nil {
		log.Fatal(err)
	}
	defer sp.Close()
	if billing, err = sp.Consumer("billing", spool.ConsumerOptions{}); err != nil {
		log.Fatal(err)
	}
	d, err := billing.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("got %s, delivery %d\n", d.Message.Frame(0), d.Deliveries)
	// Output:
	// appended 1 reached disk
	// appended 2 reached disk
	// got first, delivery 1
	// got second, delivery 1
	// got second, delivery 2
}
