package tcp_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/tcp"
)

func Example() {
	ctx := context.Background()
	var tr tcp.Transport
	l, err := tr.Listen(ctx, "127.0.0.1:*", transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	c, err := tr.Dial(ctx, strings.TrimPrefix(l.Endpoint(), "tcp://"), transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(transport.Endpoint(tcp.Scheme, transport.PeerAddr(c).String()) == l.Endpoint())
	fmt.Println(tr.ValidateConnect("127.0.0.1:567bad"))
	// Output:
	// true
	// ringmq: tcp://127.0.0.1:567bad "567bad": the port is not a number from 0 to 65535: invalid endpoint
}
