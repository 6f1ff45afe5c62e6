package codec_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

type Quote struct {
	Bid int64 `msgpack:"bid"` // dollars × 10,000
	Ask int64 `msgpack:"ask"`
}

// The wire stands in for a PUB and a SUB socket, which have the same two methods.
func Example() {
	ctx := context.Background()
	wire := newLoop()

	quotes := codec.NewSender[Quote](wire)
	if err := quotes.Send(ctx, "AAPL", Quote{Bid: 5853300, Ask: 5853400}); err != nil {
		fmt.Println(err)
		return
	}
	topic, quote, err := codec.NewReceiver[Quote](wire).Recv(ctx)
	fmt.Println(topic, quote.Bid, quote.Ask, err)
	// Output: AAPL 5853300 5853400 <nil>
}

// A ROUTER answers whoever asked.
func ExampleReceiver_RecvFrom() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	router, err := reqrep.NewRouter()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer router.Close()
	req, err := reqrep.NewReq()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer req.Close()
	if _, err := router.Bind("inproc://example-quotes"); err != nil {
		fmt.Println(err)
		return
	}
	if err := req.Connect("inproc://example-quotes"); err != nil {
		fmt.Println(err)
		return
	}

	if err := codec.NewSender[string](req).Send(ctx, "quote", "AAPL"); err != nil {
		fmt.Println(err)
		return
	}
	from, topic, symbol, err := codec.NewReceiver[string](router).RecvFrom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(topic, symbol)
	answers := codec.NewSender[Quote](router)
	if err := answers.SendTo(ctx, from, topic, Quote{Bid: 5853300, Ask: 5853400}); err != nil {
		fmt.Println(err)
		return
	}
	_, quote, err := codec.NewReceiver[Quote](req).Recv(ctx)
	fmt.Println(quote.Bid, quote.Ask, err)
	// Output:
	// quote AAPL
	// 5853300 5853400 <nil>
}

func ExampleUnmarshal_malformed() {
	m := ringmq.NewString("AAPL", "\x82\xa3bid")
	var q Quote
	_, err := codec.Unmarshal(m, &q)

	var e *codec.Error
	if errors.As(err, &e) && errors.Is(err, codec.ErrMalformed) {
		fmt.Println(e)
	}
	// Output: codec: decode "AAPL" as codec_test.Quote (2 frames, 9 bytes): malformed message: at byte 5: the body ends inside a value
}
