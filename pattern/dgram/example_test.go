package dgram_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ringmq/ringmq/pattern/dgram"
)

// An echo server: any program that sends datagrams is a peer.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server, err := dgram.NewDgram()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	bound, err := server.Bind("udp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for m, err := range server.Messages(ctx) {
			if err != nil || server.Send(ctx, m) != nil {
				return
			}
		}
	}()
	client, err := net.Dial("udp", strings.TrimPrefix(bound, "udp://"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if _, err := client.Write([]byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	answer := make([]byte, 100)
	n, err := client.Read(answer)
	fmt.Println(string(answer[:n]), err)
	// Output: hello <nil>
}
