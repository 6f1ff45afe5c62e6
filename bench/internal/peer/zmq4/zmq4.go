package zmq4

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-zeromq/zmq4"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

// Library makes zmq4's sockets.
type Library struct{}

var _ peer.Library = Library{}

var background = context.Background()

// Sender makes a PUSH.
func (Library) Sender(c proto.Case) (peer.Sender, string, error) {
	if c.Pattern != proto.PushPull {
		return nil, "", peer.ErrUnsupported
	}
	s := zmq4.NewPush(background)
	return sender{s, c.Transport == proto.Inproc}, "", s.Dial(c.Endpoint)
}

// Receiver makes a PULL.
func (Library) Receiver(c proto.Case, _ []string) (peer.Receiver, string, error) {
	if c.Pattern != proto.PushPull {
		return nil, "", peer.ErrUnsupported
	}
	s := zmq4.NewPull(background)
	bound, err := listen(s, c)
	return receiver{s}, bound, err
}

// Requester makes a REQ. Not over inproc: there zmq4 delivers no more than messages of one frame of up to 255 bytes.
func (Library) Requester(c proto.Case) (peer.Requester, error) {
	if c.Transport == proto.Inproc {
		return nil, peer.ErrUnsupported
	}
	s := zmq4.NewReq(background)
	return requester{s}, s.Dial(c.Endpoint)
}

// Replier makes a REP.
func (Library) Replier(c proto.Case) (peer.Replier, string, error) {
	s := zmq4.NewRep(background)
	bound, err := listen(s, c)
	return replier{s}, bound, err
}

func listen(s zmq4.Socket, c proto.Case) (bound string, err error) {
	if err := s.Listen(c.Endpoint); err != nil {
		return "", err
	}
	if c.Transport == proto.TCP {
		return "tcp://" + s.Addr().String(), nil
	}
	return c.Endpoint, nil
}

type sender struct {
	s zmq4.Socket
	// keeps: over inproc the bytes are read after Send has returned, so that each message needs its own.
	keeps bool
}

func (s sender) Send(f *peer.Feed) error {
	for b := f.Next(); b != nil; b = f.Next() {
		if s.keeps {
			b = bytes.Clone(b)
		}
		if err := s.s.Send(zmq4.NewMsg(b)); err != nil {
			return err
		}
	}
	return nil
}

type receiver struct{ s zmq4.Socket }

func (r receiver) Receive(t *peer.Tally) error {
	for {
		b, err := recv(r.s)
		if err != nil {
			return err
		}
		if !t.Take(b) {
			return t.Err()
		}
	}
}

// recv returns a message of one frame.
func recv(s zmq4.Socket) ([]byte, error) {
	m, err := s.Recv()
	if err != nil {
		return nil, err
	}
	if len(m.Frames) != 1 {
		return nil, fmt.Errorf("%w: %d frames", peer.ErrMessage, len(m.Frames))
	}
	return m.Frames[0], nil
}

type requester struct{ s zmq4.Socket }

func (r requester) Ask(request []byte) ([]byte, error) {
	if err := r.s.Send(zmq4.NewMsg(request)); err != nil {
		return nil, err
	}
	return recv(r.s)
}

type replier struct{ s zmq4.Socket }

func (r replier) Serve(t *peer.Tally) error {
	for {
		b, err := recv(r.s)
		if err != nil {
			return err
		}
		more := t.Take(b)
		if err := r.s.Send(zmq4.NewMsg(b)); err != nil {
			return err
		}
		if !more {
			return t.Err()
		}
	}
}
