package interop_test

import (
	"context"
	"flag"
	"io"
	"log"
	"net"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

var zmq4Constructors = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
	"PUSH":   zmq4.NewPush,
	"PULL":   zmq4.NewPull,
	"PUB":    zmq4.NewPub,
	"SUB":    zmq4.NewSub,
	"XPUB":   zmq4.NewXPub,
	"XSUB":   zmq4.NewXSub,
	"REQ":    zmq4.NewReq,
	"REP":    zmq4.NewRep,
	"DEALER": zmq4.NewDealer,
	"ROUTER": zmq4.NewRouter,
	"PAIR":   zmq4.NewPair,
}

// publishersNeeded is the most PUB sockets, and XPUB sockets, that one run of the tests takes.
const publishersNeeded = 32

// publishers are zmq4's PUB and XPUB sockets, made before anything is counted: each starts a goroutine that its Close
// does not end.
var publishers = map[string]chan *zmq4Socket{}

// makePublishers is called before the tests.
func makePublishers() {
	flag.Parse()
	runs, _ := strconv.Atoi(flag.Lookup("test.count").Value.String())
	n := publishersNeeded * max(runs, 1)
	for _, kind := range []string{"PUB", "XPUB"} {
		publishers[kind] = make(chan *zmq4Socket, n)
		for range n {
			publishers[kind] <- makeZMQ4(kind)
		}
	}
}

func makeZMQ4(kind string, opts ...zmq4.Option) *zmq4Socket {
	l := new(life)
	ctx := context.WithValue(context.Background(), lifeKey{}, l)
	return &zmq4Socket{Socket: zmq4Constructors[kind](ctx, append(zmq4Options(), opts...)...), life: l}
}

func zmq4Options() []zmq4.Option {
	return []zmq4.Option{zmq4.WithLogger(log.New(io.Discard, "", 0)), zmq4.WithTimeout(patience)}
}

// zmq4Peer is a socket of go-zeromq/zmq4 as a peer.
type zmq4Peer struct {
	goPeer
	socket *zmq4Socket
	kill   func() // as at the end of its process, and waits until nothing of it is left
}

// newZMQ4 makes a socket that neither is bound nor connects yet. It is killed at the end of the test.
func newZMQ4(t testing.TB, kind string, opts ...zmq4.Option) *zmq4Peer {
	t.Helper()
	var s *zmq4Socket
	if pool, ok := publishers[kind]; ok {
		require.Empty(t, opts, "publishers are made before")
		select {
		case s = <-pool:
		default:
			require.FailNow(t, "out of publishers: raise publishersNeeded")
		}
	} else {
		s = makeZMQ4(kind, opts...)
	}
	p := &zmq4Peer{goPeer: goPeer{t: t, name: "zmq4's " + kind, conn: s}, socket: s}
	p.kill = sync.OnceFunc(func() {
		s.end()
		p.running.Wait()
		s.receiving.Wait()
	})
	t.Cleanup(p.kill)
	return p
}

func (p *zmq4Peer) bind(endpoint string) *zmq4Peer {
	p.t.Helper()
	require.NoError(p.t, p.socket.Listen(mortalScheme+endpoint))
	p.endpoint = endpoint
	if a, ok := p.socket.Addr().(*net.TCPAddr); ok {
		p.endpoint = "tcp://" + a.String()
	}
	return p
}

func (p *zmq4Peer) connect(endpoint string) *zmq4Peer {
	p.t.Helper()
	require.NoError(p.t, p.socket.Dial(mortalScheme+endpoint))
	return p
}

// zmq4Socket gives a zmq4 socket the methods of ours. It is used by one goroutine at a time.
type zmq4Socket struct {
	zmq4.Socket
	life      *life
	receiving sync.WaitGroup
	pending   chan zmq4Result // what a Recv that was given up will return; nil if there is none
}

type zmq4Result struct {
	msg zmq4.Msg
	err error
}

var _ conn = (*zmq4Socket)(nil)

// end ends the connections, then the socket.
func (s *zmq4Socket) end() {
	s.life.end()
	_ = s.Close() // an error says that the connection was closed already
	// A goroutine of zmq4 that has read a message waits for room in its queue, even of a socket that is closed. A Recv of
	// such a socket takes from the queue every other time.
	for range 100 {
		_, _ = s.Socket.Recv()
	}
}

// Send waits for a peer where zmq4 does not: its REQ fails at once without one. And it fails where zmq4 does not: a
// socket that is closed goes on taking messages.
func (s *zmq4Socket) Send(ctx context.Context, m ringmq.Message) error {
	for {
		if s.life.ended() {
			return net.ErrClosed
		}
		err := s.Socket.Send(zmq4.NewMsgFrom(m.Frames()...))
		if err == nil || s.Type() != zmq4.Req || ctx.Err() != nil {
			return err
		}
		runtime.Gosched()
	}
}

func (s *zmq4Socket) SendBytes(ctx context.Context, frames ...[]byte) error {
	return s.Send(ctx, ringmq.NewMessage(frames...))
}

// Recv adds the context, which zmq4 has no room for: what comes after its end is for the next call.
func (s *zmq4Socket) Recv(ctx context.Context) (ringmq.Message, error) {
	if s.pending == nil {
		pending := make(chan zmq4Result, 1)
		s.pending = pending
		s.receiving.Go(func() {
			msg, err := s.Socket.Recv()
			pending <- zmq4Result{msg, err}
		})
	}
	select {
	case r := <-s.pending:
		s.pending = nil
		return ringmq.NewMessage(r.msg.Frames...), r.err
	case <-ctx.Done():
		return ringmq.Message{}, ctx.Err()
	}
}

func (s *zmq4Socket) Subscribe(topic string) error {
	return s.SetOption(zmq4.OptionSubscribe, topic)
}

func (s *zmq4Socket) Unsubscribe(topic string) error {
	return s.SetOption(zmq4.OptionUnsubscribe, topic)
}
