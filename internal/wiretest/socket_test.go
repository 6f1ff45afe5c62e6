package wiretest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/socket"
)

// common, sender and receiver are what the tests need of sockets of any type.
type (
	common interface {
		Bind(endpoint string) (bound string, err error)
		Connect(endpoint string) error
		Disconnect(endpoint string) error
		Close() error
		Stats() socket.Stats
		Peers() []socket.Peer
		Monitor(ctx context.Context) <-chan socket.Event
		Type() string
	}
	sender interface {
		Send(ctx context.Context, m ringmq.Message) error
		TrySend(m ringmq.Message) error
	}
	receiver interface {
		Recv(ctx context.Context) (ringmq.Message, error)
		TryRecv() (ringmq.Message, error)
	}
)

// open makes a socket that the test's end closes.
func open[S common](t *testing.T, make func(...socket.Option) (S, error), opts ...socket.Option) S {
	t.Helper()
	s, err := make(append([]socket.Option{socket.WithLinger(0)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // what a test leaves unsent is its own affair
	return s
}

func opener[S common](make func(...socket.Option) (S, error)) func(*testing.T, ...socket.Option) common {
	return func(t *testing.T, opts ...socket.Option) common {
		t.Helper()
		return open(t, make, opts...)
	}
}

// kinds are all socket types, each with one that it talks to.
var kinds = []struct {
	name, peer string
	open       func(*testing.T, ...socket.Option) common
}{
	{"PUB", "SUB", opener(pubsub.NewPub)},
	{"SUB", "PUB", opener(pubsub.NewSub)},
	{"XPUB", "XSUB", opener(pubsub.NewXPub)},
	{"XSUB", "XPUB", opener(pubsub.NewXSub)},
	{"PUSH", "PULL", opener(pipeline.NewPush)},
	{"PULL", "PUSH", opener(pipeline.NewPull)},
	{"REQ", "REP", opener(reqrep.NewReq)},
	{"REP", "REQ", opener(reqrep.NewRep)},
	{"DEALER", "ROUTER", opener(reqrep.NewDealer)},
	{"ROUTER", "DEALER", opener(reqrep.NewRouter)},
	{"PAIR", "PAIR", opener(pair.NewPair)},
	{"CHANNEL", "CHANNEL", opener(pair.NewChannel)},
	{"CLIENT", "SERVER", opener(clientserver.NewClient)},
	{"SERVER", "CLIENT", opener(clientserver.NewServer)},
	{"PEER", "PEER", opener(clientserver.NewPeer)},
	{"SCATTER", "GATHER", opener(scattergather.NewScatter)},
	{"GATHER", "SCATTER", opener(scattergather.NewGather)},
	{"RADIO", "DISH", opener(radiodish.NewRadio)},
	{"DISH", "RADIO", opener(radiodish.NewDish)},
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func send(t *testing.T, s sender, frames ...string) {
	t.Helper()
	require.NoError(t, s.Send(within(t), ringmq.NewString(frames...)))
}

func recv(t *testing.T, s receiver) (frames []string) {
	t.Helper()
	m, err := s.Recv(within(t))
	require.NoError(t, err)
	return texts(m)
}

func texts(m ringmq.Message) (frames []string) {
	for _, f := range m.Frames() {
		frames = append(frames, string(f))
	}
	return frames
}

// requireNothing checks that no message waits to be received.
func requireNothing(t *testing.T, s receiver) {
	t.Helper()
	m, err := s.TryRecv()
	require.ErrorIs(t, err, ringmq.ErrWouldBlock, "%q", texts(m))
}

// events are what a socket's monitor has told. One goroutine uses it.
type events struct {
	t    *testing.T
	ch   <-chan socket.Event
	seen []socket.Event
}

func watch(t *testing.T, s common) *events {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return &events{t: t, ch: s.Monitor(ctx)}
}

// await takes the first event that matches, waiting for it; the others stay.
func (e *events) await(what string, match func(socket.Event) bool) socket.Event {
	e.t.Helper()
	if i := slices.IndexFunc(e.seen, match); i >= 0 {
		ev := e.seen[i]
		e.seen = slices.Delete(e.seen, i, i+1)
		return ev
	}
	ctx := within(e.t)
	for {
		select {
		case ev, ok := <-e.ch:
			require.True(e.t, ok, "the monitor ended before: %s", what)
			if match(ev) {
				return ev
			}
			e.seen = append(e.seen, ev)
		case <-ctx.Done():
			require.FailNow(e.t, "no event: "+what, "seen: %v", e.seen)
		}
	}
}

// of takes the first event of the type about the place.
func (e *events) of(typ socket.EventType, at *place) socket.Event {
	e.t.Helper()
	return e.await(typ.String()+" "+at.endpoint, func(ev socket.Event) bool {
		return ev.Type == typ && ev.Endpoint == at.endpoint
	})
}

// ready waits for n handshakes at the place.
func (e *events) ready(at *place, n int) {
	e.t.Helper()
	for range n {
		e.of(socket.HandshakeSucceeded, at)
	}
}

// seenOf counts the events of the type about the place that nobody has taken, of those that have come.
func (e *events) seenOf(typ socket.EventType, at *place) (n int) {
	for {
		select {
		case ev, ok := <-e.ch:
			if ok {
				e.seen = append(e.seen, ev)
				continue
			}
		default:
		}
		break
	}
	for _, ev := range e.seen {
		if ev.Type == typ && ev.Endpoint == at.endpoint {
			n++
		}
	}
	return n
}

// cause is what an event is expected to say of the end of a connection.
type cause struct {
	typ  socket.EventType
	is   error  // what the error wraps; nil: not looked at
	code string // of the handshake's error; "": not looked at
	text string // a part of the error's text

	status int  // of an ERROR that does not let us in, see RFC 27; 0: not looked at
	orLate bool // a peer that did not begin like one of today may have been kept waiting for longer than NudgeAfter
}

// ended waits for the event that p was lost, and checks that it names endpoint, peer and cause.
func (e *events) ended(at *place, p *peer, want cause) {
	e.t.Helper()
	ev := e.of(want.typ, at)
	if p.name != "" {
		require.Equal(e.t, p.name, ev.Peer)
	}
	require.NotEmpty(e.t, ev.Peer)
	var named *ringmq.Error
	require.ErrorAs(e.t, ev.Err, &named)
	require.Equal(e.t, at.endpoint, named.Endpoint)
	require.Equal(e.t, ev.Peer, named.Peer)
	var refused *session.HandshakeError
	if want.orLate && errors.As(ev.Err, &refused) && refused.Code == session.CodeUnsupportedVersion {
		want.code, want.is = refused.Code, ringmq.ErrProtocol
	}
	require.ErrorContains(e.t, ev.Err, want.text)
	if want.is != nil {
		require.ErrorIs(e.t, ev.Err, want.is)
	}
	if want.code != "" {
		require.True(e.t, errors.As(ev.Err, &refused), "%v", ev.Err)
		require.Equal(e.t, want.code, refused.Code)
	}
	if want.status != 0 {
		var notLetIn *socket.HandshakeError
		require.ErrorAs(e.t, ev.Err, &notLetIn)
		require.Equal(e.t, []any{socket.CauseAuth, want.status}, []any{notLetIn.Cause, notLetIn.Status})
	}
}
