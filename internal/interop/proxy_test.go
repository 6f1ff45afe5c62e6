package interop_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
)

// proxied are the shapes of a proxy: our sockets in the middle, libzmq's at the ends, and what passes between those.
var proxied = []struct {
	front, back, from, to string
	make                  func(front, back ringSocket) *proxy.Proxy
	run                   func(t *testing.T, e exchange, from, to peer)
}{
	{"PULL", "PUSH", "PUSH", "PULL", streamer, oneWay},
	{"XSUB", "XPUB", "PUB", "SUB", forwarder, publish},
	{"ROUTER", "DEALER", "REQ", "REP", queue, ask},
	{"ROUTER", "DEALER", "DEALER", "DEALER", queue, converse},
}

func streamer(front, back ringSocket) *proxy.Proxy {
	return proxy.NewStreamer(front.(*pipeline.Pull), back.(*pipeline.Push))
}

func forwarder(front, back ringSocket) *proxy.Proxy {
	return proxy.New(front.(*pubsub.XSub), back.(*pubsub.XPub))
}

func queue(front, back ringSocket) *proxy.Proxy {
	return proxy.New(front.(*reqrep.Router), back.(*reqrep.Dealer))
}

// TestProxy: libzmq's sockets exchange messages of every shape, and then many in order, through a proxy of ours.
func TestProxy(t *testing.T) {
	for _, w := range wirings("libzmq") {
		for _, c := range proxied {
			t.Run(w.String()+"/"+c.from+"-"+c.front+"-"+c.back+"-"+c.to, func(t *testing.T) {
				t.Parallel()
				requireLibzmq(t)
				front, from := w.connect(t, c.front, c.from)
				back, to := w.connect(t, c.back, c.to)
				p := c.make(front.ringSocket, back.ringSocket)
				ended := runProxy(t, p)
				c.run(t, exchange{from: c.from, to: c.to}.fit(w, c.to), from, to)
				ended()
				stats := p.Stats()
				require.Zero(t, stats.Forward.Dropped+stats.Back.Dropped)
				require.Greater(t, stats.Forward.Messages, uint64(askMany))
			})
		}
	}
}

// runProxy runs it until ended is called, or the end of the test.
func runProxy(t *testing.T, p *proxy.Proxy) (ended func()) {
	result := make(chan error, 1)
	go func() { result <- p.Run(context.Background()) }()
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return p.Stop(ctx)
	}
	t.Cleanup(func() { _ = stop() })
	return func() {
		t.Helper()
		require.NoError(t, stop())
		require.NoError(t, <-result)
	}
}

// TestProxyTakesSubscriptionsUp: subscriptions of libzmq's SUB reach libzmq's XPUB through a forwarder of ours, in order
// and each topic once.
func TestProxyTakesSubscriptionsUp(t *testing.T) {
	for _, w := range wirings("libzmq") {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			requireLibzmq(t)
			front, pub := w.connect(t, "XSUB", "XPUB")
			back, sub := w.connect(t, "XPUB", "SUB")
			tap := newOurs(t, "PUSH")
			log := newOurs(t, "PULL").bind("inproc://proxy-" + t.Name())
			tap.connect(log.Endpoint())
			p := proxy.New(front.ringSocket.(*pubsub.XSub), back.ringSocket.(*pubsub.XPub),
				proxy.WithCapture(tap.ringSocket.(*pipeline.Push)))
			defer runProxy(t, p)()
			passes := func(on, topic string) {
				require.Equal(t, expect(text(on+topic)), do(pub, "recv"))
				require.Equal(t, expect(text(on+topic)), do(log, "recv"), "the copy")
			}
			for _, topic := range []string{"a", "a.b", ""} {
				subscribe(t, sub, "SUB", topic)
				passes("\x01", topic)
			}
			subscribe(t, sub, "SUB", "a")
			unsubscribe(t, sub, "SUB", "a")
			unsubscribe(t, sub, "SUB", "a.b")
			passes("\x00", "a.b")
		})
	}
}
