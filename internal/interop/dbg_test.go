package interop_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringmq/ringmq/pattern/pubsub"
)

func TestDbg(t *testing.T) {
	p := libzmq(t, "SUB", "bind", endpoint(t, "tcp"))
	o := newOurs(t, "XPUB")
	o.connect(p.Endpoint())
	for i, topic := range []string{"", "a", "a.b"} {
		subscribe(t, p, "SUB", topic)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		m, err := o.ringSocket.(*pubsub.XPub).Recv(ctx)
		cancel()
		fmt.Println(i, m.Frames(), err)
		if err != nil {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			m, err := o.ringSocket.(*pubsub.XPub).Recv(ctx)
			cancel()
			fmt.Println("again", i, m.Frames(), err)
			fmt.Printf("%+v\n", o.Peers())
			for len(o.events) > 0 {
				fmt.Printf("%+v\n", <-o.events)
			}
		}
	}
}
