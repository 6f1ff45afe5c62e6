package clientserver_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
)

// A server answers as often as it likes, and a client asks as often as it likes.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server, err := clientserver.NewServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	endpoint, err := server.Bind("tcp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := clientserver.NewClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}

	if err := client.Send(ctx, ringmq.NewString("count to two")); err != nil {
		fmt.Println(err)
		return
	}
	m, err := server.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", m.Frame(1))
	for _, answer := range []string{"one", "two"} {
		if err := server.Send(ctx, clientserver.To(clientserver.RoutingID(m), []byte(answer))); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		answer, err := client.Recv(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", answer.Frame(0))
	}
	// Output:
	// count to two
	// one
	// two
}

// A peer may speak first to one that it has connected to, and answers whoever speaks to it.
func ExamplePeer_ConnectPeer() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	alice, err := clientserver.NewPeer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer alice.Close()
	bob, err := clientserver.NewPeer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bob.Close()
	endpoint, err := bob.Bind("inproc://example-bob")
	if err != nil {
		fmt.Println(err)
		return
	}

	id, err := alice.ConnectPeer(endpoint)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := alice.Send(ctx, clientserver.To(id, []byte("hello, Bob"))); err != nil {
		fmt.Println(err)
		return
	}
	m, err := bob.Recv(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", m.Frame(1))
	// Output: hello, Bob
}
