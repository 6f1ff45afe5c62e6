package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// ringSocket is what all of our socket types have.
type ringSocket interface {
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Close() error
	Peers() []socket.Peer
	Monitor(ctx context.Context) <-chan socket.Event
}

var constructors = map[string]func(...socket.Option) (ringSocket, error){
	"PUSH":   func(o ...socket.Option) (ringSocket, error) { return pipeline.NewPush(o...) },
	"PULL":   func(o ...socket.Option) (ringSocket, error) { return pipeline.NewPull(o...) },
	"PUB":    func(o ...socket.Option) (ringSocket, error) { return pubsub.NewPub(o...) },
	"SUB":    func(o ...socket.Option) (ringSocket, error) { return pubsub.NewSub(o...) },
	"XPUB":   func(o ...socket.Option) (ringSocket, error) { return pubsub.NewXPub(o...) },
	"XSUB":   func(o ...socket.Option) (ringSocket, error) { return pubsub.NewXSub(o...) },
	"REQ":    func(o ...socket.Option) (ringSocket, error) { return reqrep.NewReq(o...) },
	"REP":    func(o ...socket.Option) (ringSocket, error) { return reqrep.NewRep(o...) },
	"DEALER": func(o ...socket.Option) (ringSocket, error) { return reqrep.NewDealer(o...) },
	"ROUTER": func(o ...socket.Option) (ringSocket, error) { return reqrep.NewRouter(o...) },

	"PAIR":    func(o ...socket.Option) (ringSocket, error) { return pair.NewPair(o...) },
	"CHANNEL": func(o ...socket.Option) (ringSocket, error) { return pair.NewChannel(o...) },
	"CLIENT":  func(o ...socket.Option) (ringSocket, error) { return clientserver.NewClient(o...) },
	"SERVER":  func(o ...socket.Option) (ringSocket, error) { return clientserver.NewServer(o...) },
	"PEER":    func(o ...socket.Option) (ringSocket, error) { return clientserver.NewPeer(o...) },
	"SCATTER": func(o ...socket.Option) (ringSocket, error) { return scattergather.NewScatter(o...) },
	"GATHER":  func(o ...socket.Option) (ringSocket, error) { return scattergather.NewGather(o...) },
	"RADIO":   func(o ...socket.Option) (ringSocket, error) { return radiodish.NewRadio(o...) },
	"DISH":    func(o ...socket.Option) (ringSocket, error) { return radiodish.NewDish(o...) },
	"STREAM":  func(o ...socket.Option) (ringSocket, error) { return stream.NewStream(o...) },
	"DGRAM":   func(o ...socket.Option) (ringSocket, error) { return dgram.NewDgram(o...) },
}

// errNotAllowed is for what the socket type has no method for.
var errNotAllowed = errors.New("not for this socket type")

// ours is a socket of this library as a peer.
type ours struct {
	goPeer
	ringSocket
	events <-chan socket.Event
}

// newOurs makes a socket that neither is bound nor connects yet. It is closed at the end of the test, without linger:
// a test that needs a message waits for it.
func newOurs(t testing.TB, kind string, opts ...socket.Option) *ours {
	t.Helper()
	opts = append([]socket.Option{
		socket.WithLinger(0), socket.WithReconnect(10*time.Millisecond, 100*time.Millisecond),
	}, opts...)
	s, err := constructors[kind](opts...)
	require.NoError(t, err)
	o := &ours{goPeer: goPeer{t: t, name: "our " + kind, conn: anySocket{s}, ours: true}, ringSocket: s}
	if n, ok := addresses[kind]; ok {
		o.conn = oneBody{anySocket{s}, n}
	}
	t.Cleanup(func() {
		var unsent *ringmq.UnsentError // of a stream that the test had enough of
		if err := s.Close(); !errors.As(err, &unsent) {
			require.NoError(t, err)
		}
		o.running.Wait()
	})
	o.events = s.Monitor(t.Context())
	return o
}

// bind binds and remembers where.
func (o *ours) bind(endpoint string) *ours {
	o.t.Helper()
	bound, err := o.Bind(endpoint)
	require.NoError(o.t, err)
	o.endpoint = bound
	return o
}

func (o *ours) connect(endpoint string) *ours {
	o.t.Helper()
	require.NoError(o.t, o.Connect(endpoint))
	return o
}

// await waits for an event of the type, passing over others.
func (o *ours) await(want socket.EventType) socket.Event {
	o.t.Helper()
	tooLate := time.After(patience)
	for {
		select {
		case e, ok := <-o.events:
			require.Truef(o.t, ok, "%s: closed while waiting for %q", o.name, want)
			if e.Type == want {
				return e
			}
		case <-tooLate:
			require.FailNowf(o.t, "no event", "%s: no %q within %v", o.name, want, patience)
		}
	}
}

// anySocket gives a socket the methods that its type does not have, too.
type anySocket struct{ s ringSocket }

func (a anySocket) Send(ctx context.Context, m ringmq.Message) error {
	if s, ok := a.s.(interface {
		Send(context.Context, ringmq.Message) error
	}); ok {
		return s.Send(ctx, m)
	}
	return errNotAllowed
}

func (a anySocket) SendBytes(ctx context.Context, frames ...[]byte) error {
	if s, ok := a.s.(interface {
		SendBytes(context.Context, ...[]byte) error
	}); ok {
		return s.SendBytes(ctx, frames...)
	}
	return errNotAllowed
}

func (a anySocket) Recv(ctx context.Context) (ringmq.Message, error) {
	if s, ok := a.s.(interface {
		Recv(context.Context) (ringmq.Message, error)
	}); ok {
		return s.Recv(ctx)
	}
	return ringmq.Message{}, errNotAllowed
}

func (a anySocket) Subscribe(topic string) error {
	switch s := a.s.(type) {
	case *pubsub.Sub:
		return s.Subscribe(topic)
	case *pubsub.XPub:
		return s.Subscribe(topic)
	case *radiodish.Dish:
		return s.Join(topic)
	}
	return errNotAllowed
}

func (a anySocket) Unsubscribe(topic string) error {
	switch s := a.s.(type) {
	case *pubsub.Sub:
		return s.Unsubscribe(topic)
	case *pubsub.XPub:
		return s.Unsubscribe(topic)
	case *radiodish.Dish:
		return s.Leave(topic)
	}
	return errNotAllowed
}
