package soak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// transports are the endpoints that each of the servers is bound to.
var transports = []string{"tcp://127.0.0.1:0", "ipc://*"}

const (
	// linger is that of the servers.
	linger = 300 * time.Millisecond
	// mark is the high-water mark of the servers, low enough that it is reached.
	mark = 50
	// buffer is the size in bytes of the kernel's buffers for what the servers send, for the same reason. Much smaller
	// ones have TCP wait for its timers.
	buffer = 64 << 10
	// everybody is the topic of what is published at the beginning of each life.
	everybody = "all"
)

// servers are the three sockets that everybody talks to.
type servers struct {
	t      *testing.T
	pull   *pipeline.Pull
	router *reqrep.Router
	pub    *pubsub.Pub
	bound  map[string][]string // endpoints by socket type, in the order of transports

	toPull, toRouter *ledger

	born, died, pulled, asked, answered, published, heard counter

	allMu sync.Mutex
	all   int // messages to everybody

	connMu sync.Mutex
	conns  map[string]socket.Event // connections that have no end yet, as the monitors have it; connMu
	missed uint64                  // events; connMu

	work sync.WaitGroup
}

// server is what the three have in common.
type server interface {
	Bind(endpoint string) (string, error)
	Close() error
	Peers() []socket.Peer
	Stats() socket.Stats
	Monitor(ctx context.Context) <-chan socket.Event
	Type() string
}

// serve opens the servers, which receive and answer until they are closed.
func serve(t *testing.T) *servers {
	t.Helper()
	opts := []socket.Option{
		socket.WithLinger(linger), socket.WithSendHWM(mark), socket.WithRecvHWM(mark), socket.WithSendBuffer(buffer),
		socket.WithSharedMemory(true),
	}
	s := &servers{t: t, bound: make(map[string][]string), toPull: newLedger(), toRouter: newLedger(), conns: make(map[string]socket.Event)}
	var err error
	s.pull, err = pipeline.NewPull(opts...)
	require.NoError(t, err)
	s.router, err = reqrep.NewRouter(opts...)
	require.NoError(t, err)
	s.pub, err = pubsub.NewPub(opts...)
	require.NoError(t, err)
	for _, sv := range s.each() {
		t.Cleanup(func() { _ = sv.Close() })
		for _, endpoint := range transports {
			bound, err := sv.Bind(endpoint)
			require.NoError(t, err)
			s.bound[sv.Type()] = append(s.bound[sv.Type()], bound)
		}
		s.work.Go(func() { s.watch(sv.Monitor(context.Background()), sv.Type()) })
	}
	s.work.Go(s.takeIn)
	s.work.Go(s.answer)
	return s
}

func (s *servers) each() []server { return []server{s.pull, s.router, s.pub} }

// takeIn receives what is pushed.
func (s *servers) takeIn() {
	for m, err := range s.pull.Messages(context.Background()) {
		if err != nil {
			s.over(err)
			return
		}
		s.pulled.Add(1)
		if err := s.toPull.arrived(m.Frames()); err != nil {
			s.t.Errorf("PULL: %v", err)
		}
		m.Release()
	}
}

// answer sends back what is asked.
func (s *servers) answer() {
	for m, err := range s.router.Messages(context.Background()) {
		if err != nil {
			s.over(err)
			return
		}
		s.asked.Add(1)
		if err := s.toRouter.arrived(m.Frames()[1:]); err != nil {
			s.t.Errorf("ROUTER: %v", err)
		}
		if err := s.router.Send(context.Background(), m); err != nil {
			s.over(err)
			return
		}
		s.answered.Add(1)
	}
}

// over is told why a server receives no more.
func (s *servers) over(err error) {
	if !errors.Is(err, ringmq.ErrClosed) {
		s.t.Error(err)
	}
}

// watch notes connections: each that is accepted has one end.
func (s *servers) watch(events <-chan socket.Event, typ string) {
	for e := range events {
		name := fmt.Sprint(typ, e.PeerID)
		s.connMu.Lock()
		s.missed += e.Missed
		switch e.Type {
		case socket.Accepted:
			s.conns[name] = e
		case socket.HandshakeFailed, socket.Disconnected, socket.Closed:
			delete(s.conns, name)
		case socket.AcceptFailed:
			s.t.Errorf("%s: %v", typ, e.Err)
		}
		s.connMu.Unlock()
	}
}

// endless returns the connections that have had no end, if the monitors have told all.
func (s *servers) endless() (found []socket.Event) {
	s.connMu.Lock()
	defer s.connMu.Unlock()
	if s.missed == 0 {
		found = slices.Collect(maps.Values(s.conns))
	}
	return found
}

// tick publishes something for everybody.
func (s *servers) tick() {
	s.allMu.Lock()
	defer s.allMu.Unlock()
	if err := s.pub.SendBytes(context.Background(), []byte(everybody), header(0, s.all, 100), body(0, s.all, 100)); err != nil {
		s.t.Error(err)
	}
	s.all++
	s.published.Add(1)
}

// eventually waits for what only a count shows.
func (s *servers) eventually(what string, done func() bool) {
	s.t.Helper()
	if !done() {
		require.Eventually(s.t, done, patience, glance, what)
	}
}

// settled waits until all peers have gone, and draws up the balance.
func (s *servers) settled() {
	s.t.Helper()
	for _, sv := range s.each() {
		s.eventually(sv.Type()+" has no peer any more", func() bool { return len(sv.Peers()) == 0 })
		st := sv.Stats()
		require.Zero(s.t, st.Queued, sv.Type())
		require.Empty(s.t, st.Peers, sv.Type())
	}
	s.eventually("all that came is received", func() bool {
		return s.pulled.Load() == s.pull.Stats().Received && s.asked.Load() == s.router.Stats().Received
	})
	s.eventually("all that was asked is answered", func() bool { return s.answered.Load() == s.asked.Load() })
	require.Zero(s.t, s.pull.Stats().Pending+s.pull.Stats().Dropped+s.router.Stats().Pending)
	st := s.router.Stats()
	require.Equal(s.t, s.answered.Load(), st.Sent+st.Dropped, "answers that were sent, or dropped: %+v", st)
	require.GreaterOrEqual(s.t, s.pub.Stats().Sent, s.heard.Load())
	require.Zero(s.t, s.toPull.clear()+s.toRouter.clear(), "lives without a balance")
	s.eventually("each connection has an end", func() bool { return len(s.endless()) == 0 })
	require.False(s.t, s.t.Failed())
}

// closeInTime closes the servers while PUB and ROUTER have peers that do not read: it takes the linger period, and
// what is left is told and counted.
func (s *servers) closeInTime() {
	s.t.Helper()
	for over := range transports {
		s.stuff(over)
	}
	for _, sv := range s.each() {
		before, begin := sv.Stats(), time.Now()
		done := make(chan error, 1)
		go func() { done <- sv.Close() }()
		select {
		case err := <-done:
			s.t.Logf("%s closed after %v: %v", sv.Type(), time.Since(begin).Round(time.Millisecond), err)
			s.requireTold(sv, before, err)
		case <-time.After(linger + patience):
			require.Fail(s.t, sv.Type()+" does not end with its linger period")
		}
	}
	s.work.Wait()
}

// requireTold checks that the error names as many messages as were dropped when the socket was closed.
func (s *servers) requireTold(sv server, before socket.Stats, err error) {
	s.t.Helper()
	after := sv.Stats()
	require.Zero(s.t, after.Queued)
	require.Equal(s.t, before.Sent+before.Queued, after.Sent+after.Dropped-before.Dropped)
	if sv.Type() == socket.PULL {
		require.NoError(s.t, err)
		return
	}
	var unsent *ringmq.UnsentError
	require.ErrorAs(s.t, err, &unsent)
	require.EqualValues(s.t, after.Dropped-before.Dropped, unsent.Messages)
	require.Len(s.t, unsent.ByPeer, len(transports))
}

// stuff has a peer of PUB and one of ROUTER that do not read, and sends to them until there is no room.
func (s *servers) stuff(over int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name := transports[over][:3]
	for _, typ := range []string{socket.SUB, socket.DEALER} {
		l := &life{servers: s, ctx: ctx, over: over}
		w, err := l.wire(typ, name)
		require.NoError(s.t, err)
		s.t.Cleanup(w.close)
		if typ == socket.SUB {
			require.NoError(s.t, w.write(subscribe(name)))
			require.NoError(s.t, s.pub.WaitSubscribers(ctx, 1, name))
		}
	}
	s.eventually("ROUTER has its peers", func() bool { return len(s.router.Peers()) == over+1 })
	page := make([]byte, 4<<10)
	s.eventually("PUB and ROUTER are full", func() bool {
		require.NoError(s.t, s.pub.SendBytes(ctx, []byte(name), page))
		require.NoError(s.t, s.router.SendBytes(ctx, []byte(name), page))
		return full(s.pub.Peers()[over]) && full(s.router.Peers()[over])
	})
}

func full(p socket.Peer) bool { return p.Dropped > 0 }
