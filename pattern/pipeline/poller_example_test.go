package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// Two sockets and a ticker on one goroutine: what [socket.Poller.Ready] returns goes into a select.
func ExamplePull_poller() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	orders, err := pipeline.NewPull()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer orders.Close()
	cancels, err := pipeline.NewPull()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cancels.Close()
	if err := feed(ctx, orders, "inproc://orders", "buy"); err != nil {
		fmt.Println(err)
		return
	}
	if err := feed(ctx, cancels, "inproc://cancels", "cancel"); err != nil {
		fmt.Println(err)
		return
	}

	p := socket.NewPoller()
	defer p.Close()
	if err := errors.Join(p.Add(orders, socket.Readable), p.Add(cancels, socket.Readable)); err != nil {
		fmt.Println(err)
		return
	}
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	ready := make([]socket.Ready, 8)
	for open := 2; open > 0; {
		select {
		case <-p.Ready():
			for _, r := range ready[:p.Poll(ready)] {
				m, err := r.Socket.(*pipeline.Pull).TryRecv()
				if err != nil {
					continue // somebody else was faster
				}
				fmt.Printf("%s\n", m.Frame(0))
				open--
			}
		case <-ticker.C:
			fmt.Println("a minute is over")
		}
	}
	// Output:
	// buy
	// cancel
}

// feed binds pull and sends it a message.
func feed(ctx context.Context, pull *pipeline.Pull, endpoint, text string) error {
	bound, err := pull.Bind(endpoint)
	if err != nil {
		return err
	}
	push, err := pipeline.NewPush()
	if err != nil {
		return err
	}
	defer push.Close()
	if err := push.Connect(bound); err != nil {
		return err
	}
	return push.SendBytes(ctx, []byte(text))
}
