package nats

import (
	"context"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

var _ peer.Keeper = Library{}

// Names of the stream and of what goes into it.
const (
	streamName = "BENCH"
	subject    = "bench"
)

// OpenLog starts a server with a stream in files, which it syncs after each message (sync_interval: always), and connects
// to it without a network.
func (Library) OpenLog(c proto.Case) (peer.Log, error) {
	if c.Sync != proto.SyncGroup || c.Prepared() > 0 {
		return nil, peer.ErrUnsupported
	}
	s, err := server.NewServer(&server.Options{
		DontListen: true, NoLog: true, NoSigs: true, JetStream: true, StoreDir: c.Dir, SyncAlways: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		return nil, errServer
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.NoReconnect())
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subject}, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	return &log{js: js, stream: stream}, nil
}

type log struct {
	js       jetstream.JetStream
	stream   jetstream.Stream
	messages uint64
}

// Append has one connection for all senders: so the server gets what they send together.
func (l *log) Append(feeds []*peer.Feed) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := peer.Concurrently(feeds, func(b []byte) error {
		_, err := l.js.Publish(ctx, subject, b)
		return err
	})
	if err != nil {
		return err
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		return err
	}
	l.messages = info.State.Msgs
	return nil
}

func (l *log) Holds() peer.Holding { return peer.Holding{Messages: l.messages} }

func (l *log) Replay(skip uint64, take func([]byte) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := l.js.OrderedConsumer(ctx, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: skip + 1,
	})
	if err != nil {
		return err
	}
	messages, err := c.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for range l.messages - skip {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := take(m.Data()); err != nil {
			return err
		}
	}
	return nil
}
