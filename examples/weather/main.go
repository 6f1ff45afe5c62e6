package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/ringmq/ringmq/pattern/pubsub"
)

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: weather [endpoint], such as ipc://*") }
	flag.Parse()
	if err := run(context.Background(), append(flag.Args(), "tcp://127.0.0.1:*")[0], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, out io.Writer) error {
	pub, err1 := pubsub.NewPub()
	sub, err2 := pubsub.NewSub()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	bound, err := pub.Bind(endpoint)
	if err == nil {
		err = errors.Join(sub.Subscribe("Oslo"), sub.Connect(bound))
	}
	if err == nil {
		go publish(ctx, pub)
		err = average(ctx, sub, 100, out)
	}
	return errors.Join(err, sub.Close(), pub.Close())
}

// publish goes on until the socket is closed, whether or not anybody listens.
func publish(ctx context.Context, pub *pubsub.Pub) {
	towns := []string{"Oslo", "Lima", "Cairo", "Kyoto"}
	for now := time.Tick(time.Millisecond); ; <-now {
		if pub.SendBytes(ctx, []byte(towns[rand.IntN(4)]), []byte{byte(rand.IntN(30))}) != nil {
			return
		}
	}
}

func average(ctx context.Context, sub *pubsub.Sub, n int, out io.Writer) error {
	sum := 0
	for range n {
		msg, err := sub.Recv(ctx)
		if err != nil {
			return err
		}
		sum += int(msg.Frame(1)[0])
	}
	_, err := fmt.Fprintf(out, "Oslo: %.1f °C on average over %d updates\n", float64(sum)/float64(n), n)
	return err
}
