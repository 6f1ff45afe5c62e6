package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// life is one peer's. One goroutine lives it.
type life struct {
	*servers
	ctx  context.Context
	id   uint64
	over int // which of transports
	rand *rand.Rand

	progress func() // to be told of each message: ctx ends if there is none for long
}

// kinds are the ways to live.
var kinds = []struct {
	name string
	live func(*life) error
}{
	{"PUSH that closes when all is sent", (*life).push},
	{"SUB that keeps up", (*life).sub},
	{"DEALER that awaits its answers", (*life).dealer},
	{"bare PUSH that vanishes", (*life).barePush},
	{"PUSH that does not linger", (*life).hastyPush},
	{"SUB that is slow", (*life).slowSub},
	{"DEALER that does not read", (*life).deafDealer},
	{"bare SUB that vanishes", (*life).bareSub},
	{"bare DEALER that vanishes", (*life).bareDealer},
}

// opts are those of a peer; what it is called is seen at the other side.
func (l *life) opts(more ...socket.Option) []socket.Option {
	return append([]socket.Option{
		socket.WithLinger(patience), socket.WithMetadata("X-Life", strconv.FormatUint(l.id, 10)),
		socket.WithSharedMemory(l.rand.IntN(2) == 0),
	}, more...)
}

// size is that of the next message: most are small.
func (l *life) size() int {
	if l.rand.IntN(50) == 0 {
		return l.rand.IntN(100_000)
	}
	return l.rand.IntN(2000)
}

// sender is a socket of a peer that sends.
type sender interface {
	Connect(endpoint string) error
	SendBytes(ctx context.Context, frames ...[]byte) error
	Send(ctx context.Context, m ringmq.Message) error
	Close() error
	Stats() socket.Stats
}

// send sends n messages to a server, after connecting to it.
func (l *life) send(s sender, server string, n int) error {
	if err := s.Connect(l.bound[server][l.over]); err != nil {
		return err
	}
	for seq := range n {
		size := l.size()
		err := s.SendBytes(l.ctx, header(l.id, seq, size), body(l.id, seq, size))
		if err != nil {
			return fmt.Errorf("message %d of %d: %w", seq, n, err)
		}
		l.progress()
	}
	return nil
}

// push sends, and closes when all is written: all arrives.
func (l *life) push() error {
	s, err := pipeline.NewPush(l.opts()...)
	if err != nil {
		return err
	}
	n := 1 + l.rand.IntN(200)
	l.toPull.open(l.id)
	if err := errors.Join(l.send(s, socket.PULL, n), s.Close()); err != nil {
		return err
	}
	return l.toPull.settle(l, n)
}

// hastyPush closes at once: what it counts as sent arrives, the rest it counts as dropped, and says so.
func (l *life) hastyPush() error {
	s, err := pipeline.NewPush(l.opts(socket.WithLinger(0))...)
	if err != nil {
		return err
	}
	n := l.rand.IntN(200)
	l.toPull.open(l.id)
	err = l.send(s, socket.PULL, n)
	closed, st := s.Close(), s.Stats()
	var unsent *ringmq.UnsentError
	switch {
	case err != nil:
		return err
	case closed != nil && !errors.As(closed, &unsent):
		return closed
	case st.Queued != 0, st.Sent+st.Dropped != uint64(n):
		return fmt.Errorf("of %d messages, %d were sent, %d dropped and %d queued", n, st.Sent, st.Dropped, st.Queued)
	case st.Dropped > 0 && (unsent == nil || uint64(unsent.Messages) != st.Dropped):
		return fmt.Errorf("%d messages were dropped, and Close returned: %v", st.Dropped, closed)
	}
	return l.toPull.settle(l, int(st.Sent))
}

// dealer asks, and waits for all answers.
func (l *life) dealer() error {
	s, err := reqrep.NewDealer(l.opts()...)
	if err != nil {
		return err
	}
	defer s.Close()
	n := 1 + l.rand.IntN(mark) // as many may wait for it
	l.toRouter.open(l.id)
	if err := l.send(s, socket.ROUTER, n); err != nil {
		return err
	}
	for want := range n {
		m, err := s.Recv(l.ctx)
		if err != nil {
			return fmt.Errorf("answer %d of %d: %w", want, n, err)
		}
		id, seq, err := parse(m.Frames())
		if err != nil || id != l.id || seq != want {
			return fmt.Errorf("answer %d of life %d, not %d: %w", seq, id, want, err)
		}
		m.Release()
		l.progress()
	}
	return l.toRouter.settle(l, n)
}

// deafDealer asks, and closes without reading an answer. All that it asks arrives.
func (l *life) deafDealer() error {
	s, err := reqrep.NewDealer(l.opts(socket.WithRecvHWM(1 + l.rand.IntN(mark)))...)
	if err != nil {
		return err
	}
	n := l.rand.IntN(200)
	l.toRouter.open(l.id)
	if err := errors.Join(l.send(s, socket.ROUTER, n), s.Close()); err != nil {
		return err
	}
	return l.toRouter.settle(l, n)
}

// sub hears what it has published for itself alone, and what is for everybody.
func (l *life) sub() error {
	const n = 10
	s, topic, err := l.listen(everybody)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := l.publish(topic, n, l.size); err != nil {
		return err
	}
	own, gaps, next := 0, uint64(0), -1
	for own < n && uint64(own)+l.missedOut() < n {
		id, seq, err := l.hear(s)
		switch {
		case err != nil:
			return fmt.Errorf("after %d of %d: %w", own, n, err)
		case id == l.id:
			own++
		case next >= 0 && seq < next:
			return fmt.Errorf("message %d to everybody, again", seq)
		default:
			if next >= 0 {
				gaps += uint64(seq - next)
			}
			next = seq + 1
		}
	}
	if dropped := l.missedOut(); dropped < gaps {
		return fmt.Errorf("%d messages to everybody did not come, of which %d were dropped", gaps, dropped)
	}
	return nil
}

// slowSub begins to read when there is no room any more. What does not come was dropped for it.
func (l *life) slowSub() error {
	n := 100 + l.rand.IntN(400)
	s, topic, err := l.listen()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := l.publish(topic, n, func() int { return 2000 }); err != nil {
		return err
	}
	dropped, last := int(l.missedOut()), -1
	for range n - dropped {
		_, seq, err := l.hear(s)
		if err == nil && seq <= last {
			err = fmt.Errorf("message %d came after %d", seq, last)
		}
		if err != nil {
			return fmt.Errorf("%d of %d were dropped, %d was last: %w", dropped, n, last, err)
		}
		last = seq
	}
	if st := s.Stats(); st.Received != uint64(n-dropped) || st.Pending != 0 {
		return fmt.Errorf("of %d messages %d were dropped, %d came and %d wait", n, dropped, st.Received, st.Pending)
	}
	return nil
}

// listen makes a SUB with a topic of its own, and others, and waits until the PUB knows of it.
func (l *life) listen(topics ...string) (s *pubsub.Sub, topic string, err error) {
	s, err = pubsub.NewSub(l.opts(socket.WithRecvHWM(1 + l.rand.IntN(mark)))...)
	if err != nil {
		return nil, "", err
	}
	topic = fmt.Sprintf("life %d.", l.id) // which is no prefix of another
	for _, of := range append(topics, topic) {
		if err == nil {
			err = s.Subscribe(of)
		}
	}
	if err == nil {
		err = s.Connect(l.bound[socket.PUB][l.over])
	}
	if err == nil {
		err = l.pub.WaitSubscribers(l.ctx, 1, topic)
	}
	if err != nil {
		return nil, "", errors.Join(err, s.Close())
	}
	return s, topic, nil
}

func (l *life) publish(topic string, n int, size func() int) error {
	for seq := range n {
		size := size()
		if err := l.pub.SendBytes(l.ctx, []byte(topic), header(l.id, seq, size), body(l.id, seq, size)); err != nil {
			return err
		}
		l.published.Add(1)
	}
	return nil
}

func (l *life) hear(s *pubsub.Sub) (id uint64, seq int, err error) {
	m, err := s.Recv(l.ctx)
	if err != nil {
		return 0, 0, err
	}
	l.heard.Add(1)
	l.progress()
	id, seq, err = parse(m.Frames()[1:])
	m.Release()
	return id, seq, err
}

// missedOut is the number of messages that the PUB has dropped for this life.
func (l *life) missedOut() (dropped uint64) {
	name := strconv.FormatUint(l.id, 10)
	for _, p := range l.pub.Peers() {
		if p.Properties["X-Life"] == name {
			dropped = p.Dropped
		}
	}
	return dropped
}
