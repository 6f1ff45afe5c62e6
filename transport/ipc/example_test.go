package ipc_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/ipc"
)

func Example() {
	ctx := context.Background()
	var tr ipc.Transport
	l, err := tr.Listen(ctx, "*", transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	c, err := tr.Dial(ctx, strings.TrimPrefix(l.Endpoint(), "ipc://"), transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(transport.Endpoint(ipc.Scheme, transport.PeerAddr(c).String()) == l.Endpoint())
	fmt.Println(tr.ValidateConnect("*"))
	// Output:
	// true
	// ringmq: ipc://* "*": * is for binding: a connect needs a path: invalid endpoint
}
