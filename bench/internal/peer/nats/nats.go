package nats

import (
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

const (
	// maxPending is how many bytes may wait for one subscriber in the server: more than a run has.
	maxPending = 4 << 30
	// patience is how long the server takes to start, and how long it waits for a subscriber that does not read.
	patience = time.Minute
)

// errServer: the server inside the process did not start.
var errServer = errors.New("nats-server did not start")

// Library makes NATS connections.
type Library struct{}

var _ peer.Library = Library{}

// Sender starts a server and connects to it.
func (Library) Sender(c proto.Case) (peer.Sender, string, error) {
	if c.Pattern != proto.PubSub || c.Transport != proto.TCP {
		return nil, "", peer.ErrUnsupported
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		MaxPending: maxPending, WriteDeadline: patience,
	})
	if err != nil {
		return nil, "", err
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		return nil, "", errServer
	}
	nc, err := nats.Connect(s.ClientURL(), nats.NoReconnect())
	return sender{nc}, s.ClientURL(), err
}

// Receiver makes a connection of its own with its subscriptions.
func (Library) Receiver(c proto.Case, topics []string) (peer.Receiver, string, error) {
	if c.Pattern != proto.PubSub || c.Transport != proto.TCP {
		return nil, "", peer.ErrUnsupported
	}
	nc, err := nats.Connect(c.Endpoint, nats.NoReconnect())
	if err != nil {
		return nil, "", err
	}
	if c.Symbols == 0 {
		return oneTopic{nc}, "", nil
	}
	return newManyTopics(nc, topics, c.Warmup+c.Count)
}

// Requester is not measured.
func (Library) Requester(proto.Case) (peer.Requester, error) { return nil, peer.ErrUnsupported }

// Replier is not measured.
func (Library) Replier(proto.Case) (peer.Replier, string, error) {
	return nil, "", peer.ErrUnsupported
}

type sender struct{ nc *nats.Conn }

func (s sender) Send(f *peer.Feed) error {
	for b := f.Next(); b != nil; b = f.Next() {
		if err := s.nc.Publish(f.Topic(), b); err != nil {
			return err
		}
	}
	return s.nc.Flush()
}

// oneTopic has a subscription with a callback.
type oneTopic struct{ nc *nats.Conn }

func (r oneTopic) Receive(t *peer.Tally) error {
	done := make(chan struct{})
	enough := false
	s, err := r.nc.Subscribe(peer.NoTopic, func(m *nats.Msg) {
		if !enough && !t.Take(m.Data) {
			enough = true
			close(done)
		}
	})
	if err != nil {
		return err
	}
	if err := s.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	<-done
	return t.Err()
}

// manyTopics has a subscription for each topic, all with one channel: callbacks of several subscriptions are called in
// no order.
type manyTopics struct{ messages chan *nats.Msg }

// newManyTopics makes the channel as long as everything that can come: messages for which there is no room are lost.
func newManyTopics(nc *nats.Conn, topics []string, most int) (peer.Receiver, string, error) {
	r := manyTopics{make(chan *nats.Msg, most)}
	for _, topic := range topics {
		if _, err := nc.ChanSubscribe(topic, r.messages); err != nil {
			return nil, "", err
		}
	}
	return r, "", nc.Flush()
}

func (r manyTopics) Receive(t *peer.Tally) error {
	for m := range r.messages {
		if !t.Take(m.Data) {
			break
		}
	}
	return t.Err()
}
