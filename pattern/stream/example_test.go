package stream_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/stream"
)

// A server of one page: any client of HTTP is a peer.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server, err := stream.NewStream()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	bound, err := server.Bind("tcp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for m, err := range server.Messages(ctx) {
			if err != nil {
				return
			}
			id, bytes := m.Frame(0), string(m.Frame(1))
			if !strings.HasPrefix(bytes, "GET ") {
				continue // a peer has come, or gone
			}
			_ = server.Send(ctx, ringmq.NewMessage(id, []byte("HTTP/1.0 200 OK\r\n\r\nHello\n")))
			_ = server.Send(ctx, ringmq.NewMessage(id, nil)) // that is all: hang up
		}
	}()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	page, err := client.Get("http" + strings.TrimPrefix(bound, "tcp"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Body.Close()
	_, _ = io.Copy(printer{}, page.Body)
	// Output: Hello
}

type printer struct{}

func (printer) Write(b []byte) (int, error) { return fmt.Print(string(b)) }
