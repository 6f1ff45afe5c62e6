package ringmq

import (
	"context"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// Library makes ringmq's sockets.
type Library struct{}

var _ peer.Library = Library{}

// background is the context of calls that nothing interrupts.
var background = context.Background()

// options are those that the case asks for; all others are the library's defaults.
func options(c proto.Case) []socket.Option {
	var opts []socket.Option
	if c.HWM > 0 {
		opts = append(opts, socket.WithSendHWM(c.HWM), socket.WithRecvHWM(c.HWM))
	}
	if c.Batching == "immediate" {
		opts = append(opts, socket.WithBatching(batching.Immediate()))
	}
	if c.Spin > 0 {
		opts = append(opts, socket.WithIdle(socket.Spin(time.Duration(c.Spin)*time.Microsecond)))
	}
	return opts
}

// Sender makes a PUSH or a PUB.
func (Library) Sender(c proto.Case) (peer.Sender, string, error) {
	if c.Pattern == proto.PubSub {
		return newPub(c)
	}
	if c.Sync != "" {
		return newSpooled(c)
	}
	s, err := pipeline.NewPush(options(c)...)
	if err != nil {
		return nil, "", err
	}
	return sender{s.Sender}, "", connect(s.Socket, c)
}

func newPub(c proto.Case) (peer.Sender, string, error) {
	opts := options(c)
	if c.NoDrop {
		opts = append(opts, socket.WithNoDrop())
	}
	s, err := pubsub.NewPub(opts...)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(c.Endpoint)
	return sender{s.Sender}, bound, err
}

// Receiver makes a PULL or a SUB.
func (Library) Receiver(c proto.Case, topics []string) (peer.Receiver, string, error) {
	if c.Pattern == proto.PubSub {
		return newSub(c, topics)
	}
	opts := options(c)
	if c.Sync != "" {
		opts = append(opts, socket.WithAck())
	}
	s, err := pipeline.NewPull(opts...)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(c.Endpoint)
	if c.Sync != "" {
		return acker{s.Receiver}, bound, err
	}
	return receiver{s.Receiver}, bound, err
}

func newSub(c proto.Case, topics []string) (peer.Receiver, string, error) {
	s, err := pubsub.NewSub(options(c)...)
	if err != nil {
		return nil, "", err
	}
	for _, topic := range topics {
		if err := s.Subscribe(topic); err != nil {
			return nil, "", err
		}
	}
	return receiver{s.Receiver}, "", s.Connect(c.Endpoint)
}

// Requester makes a REQ.
func (Library) Requester(c proto.Case) (peer.Requester, error) {
	s, err := reqrep.NewReq(options(c)...)
	if err != nil {
		return nil, err
	}
	return &requester{req: s}, connect(s.Socket, c)
}

// Replier makes a REP.
func (Library) Replier(c proto.Case) (peer.Replier, string, error) {
	s, err := reqrep.NewRep(options(c)...)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(c.Endpoint)
	return replier{s}, bound, err
}

// connect returns when the connection is made. Inproc makes it at once, and reports no event.
func connect(s socket.Socket, c proto.Case) error {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	events := s.Monitor(ctx)
	if err := s.Connect(c.Endpoint); err != nil || c.Transport == proto.Inproc {
		return err
	}
	for e := range events {
		if e.Type == socket.HandshakeSucceeded {
			return nil
		}
	}
	return ringmq.ErrClosed
}

type sender struct{ socket.Sender }

func (s sender) Send(f *peer.Feed) error {
	for b := f.Next(); b != nil; b = f.Next() {
		if err := s.SendBytes(background, b); err != nil {
			return err
		}
	}
	return nil
}

type receiver struct{ socket.Receiver }

func (r receiver) Receive(t *peer.Tally) error {
	for {
		m, err := r.Recv(t.Context())
		if err != nil {
			if t.Resume(err) {
				continue
			}
			return t.Err()
		}
		more := t.Take(m.Frame(0))
		m.Release()
		if !more {
			return t.Err()
		}
	}
}

// requester keeps the last reply until the next call.
type requester struct {
	req   *reqrep.Req
	reply ringmq.Message
}

func (r *requester) Ask(request []byte) ([]byte, error) {
	r.reply.Release()
	if err := r.req.SendBytes(background, request); err != nil {
		return nil, err
	}
	m, err := r.req.Recv(background)
	if err != nil {
		return nil, err
	}
	r.reply = m
	return m.Frame(0), nil
}

type replier struct{ rep *reqrep.Rep }

func (r replier) Serve(t *peer.Tally) error {
	for {
		m, err := r.rep.Recv(background)
		if err != nil {
			return err
		}
		more := t.Take(m.Frame(0))
		if err := r.rep.SendBytes(background, m.Frame(0)); err != nil {
			return err
		}
		m.Release()
		if !more {
			return t.Err()
		}
	}
}
