package ringmq

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

var _ peer.Keeper = Library{}

// policies are what the case's sync stands for.
var policies = map[string]spool.Sync{
	proto.SyncMemory: spool.Memory, proto.SyncWritten: spool.Written,
	proto.SyncGroup: spool.GroupCommit, proto.SyncEach: spool.SyncEach,
}

func openSpool(c proto.Case) (*spool.Spool, error) {
	opts := []spool.Option{spool.WithSync(policies[c.Sync])}
	if c.Check {
		opts = append(opts, spool.WithCheck())
	}
	return spool.Open(filepath.Join(c.Dir, "spool"), opts...)
}

// OpenLog opens a spool. What is a backlog has a consumer that has not acknowledged it.
func (Library) OpenLog(c proto.Case) (peer.Log, error) {
	s, err := openSpool(c)
	if err != nil {
		return nil, err
	}
	if c.Backlog > 0 {
		if _, err := s.Consumer("bench", spool.ConsumerOptions{}); err != nil {
			return nil, err
		}
	}
	return log{s, c.Sync}, nil
}

type log struct {
	*spool.Spool
	sync string
}

func (l log) Append(feeds []*peer.Feed) error {
	return peer.Concurrently(feeds, func(b []byte) error {
		_, err := l.Spool.Append(background, spool.Entry{Message: ringmq.NewMessage(b)})
		return err
	})
}

// Holds counts a sync for each write: where the spool syncs before it says that a message is safe, it does so once after
// each write, and writes nothing else but the ends of segments.
func (l log) Holds() peer.Holding {
	s := l.Stats()
	h := peer.Holding{Messages: s.Last + 1 - s.First, Bytes: uint64(s.Bytes)}
	if l.sync == proto.SyncGroup || l.sync == proto.SyncEach {
		h.Syncs = peer.WriteCalls()
	}
	return h
}

func (l log) Replay(skip uint64, take func([]byte) error) error {
	for r, err := range l.Records(spool.FromSequence(skip + 1)) {
		if err != nil {
			return err
		}
		if err := take(r.Message.Frame(0)); err != nil {
			return err
		}
	}
	return nil
}

// spooled is a PUSH with a spool.
type spooled struct {
	sender
	spool *spool.Spool
}

func newSpooled(c proto.Case) (peer.Sender, string, error) {
	sp, err := openSpool(c)
	if err != nil {
		return nil, "", err
	}
	s, err := pipeline.NewPush(append(options(c), socket.WithSpool(sp))...)
	if err != nil {
		return nil, "", err
	}
	return spooled{sender{s.Sender}, sp}, "", connect(s.Socket, c)
}

// lookEvery is how long a sender that has sent all waits between two looks at what is acknowledged.
const lookEvery = 10 * time.Millisecond

// errUnsettled: what was sent is not what was acknowledged.
var errUnsettled = errors.New("the spool has no consumer, or more than one")

// Send returns when the receiver has acknowledged everything.
func (s spooled) Send(f *peer.Feed) error {
	if err := s.sender.Send(f); err != nil {
		return err
	}
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for range ticks.C {
		consumers := s.spool.Consumers()
		if len(consumers) != 1 {
			return errUnsettled
		}
		if consumers[0].Pending == 0 {
			break
		}
	}
	return nil
}

// acker is a PULL that acknowledges each message.
type acker struct{ socket.Receiver }

func (r acker) Receive(t *peer.Tally) error {
	for {
		m, err := r.Recv(background)
		if err != nil {
			return err
		}
		more := t.Take(m.Frame(0))
		if err := m.Ack(); err != nil {
			return err
		}
		m.Release()
		if !more {
			return t.Err()
		}
	}
}
